/**
 * The pull towards the base: (λ/2)·‖ΔW‖² beside the mean loss, where ΔW is how far the weights are from the base's. Members
 * whose data differ then stay closer to each other, since all of them start from the same base.
 *
 * LoRA: ΔW = s·B·A of each module; ∂/∂B = λs²·B·(A·Aᵀ), ∂/∂A = λs²·(Bᵀ·B)·A, in r²·(in + out) products, without ever making
 * ΔW. Trained whole: ∂/∂W = λ·(W − W₀). Unlike weight decay it is a part of the gradient: it is clipped, and scaled by the optimiser.
 * Computed on the host, in f64. Pure.
 * Source: Li et al. 2018, "Federated Optimization in Heterogeneous Networks" (FedProx, arXiv:1812.06127), §3.2.
 */
import { assert } from '../core/errors.ts'
import { factorsOf } from '../model/lora.ts'
import type { ParameterSlot } from './gradient/parameters.ts'
import type { Trainable } from './gradient/training-graph.ts'

export interface Pull {
  /** (λ/2)·‖ΔW‖² */
  readonly penalty: (parameters: Float32Array) => number
  /** Adds `factor` times the penalty's gradient to `gradient`. */
  readonly addGradient: (parameters: Float32Array, gradient: Float32Array, factor: number) => void
}

export interface PullOptions {
  readonly trainable: Trainable
  readonly slots: readonly ParameterSlot[]
  /** The first parameters: W₀ of what is trained whole. */
  readonly initial: Float32Array
  /** λ > 0. */
  readonly strength: number
}

export function createPull({ trainable, slots, initial, strength }: PullOptions): Pull {
  if (trainable.kind === 'full') return pullToStart(initial, strength, 0)
  const factors = pullOfFactors(trainable, slots, strength)
  // What is trained whole lies behind all factors.
  const [first] = trainable.whole ?? []
  const from = slots.find(({ name }) => name === first?.slot)?.offset
  return from === undefined ? factors : sumOf(factors, pullToStart(initial, strength, from))
}

const sumOf = (one: Pull, other: Pull): Pull => ({
  penalty: (parameters) => one.penalty(parameters) + other.penalty(parameters),
  addGradient: (parameters, gradient, factor) => {
    one.addGradient(parameters, gradient, factor)
    other.addGradient(parameters, gradient, factor)
  },
})

/** @param from — of the first parameter that is pulled */
function pullToStart(start: Float32Array, strength: number, from: number): Pull {
  return {
    penalty: (parameters) =>
      (strength / 2) *
      parameters.subarray(from).reduce((sum, value, i) => sum + (value - (start[from + i] ?? 0)) ** 2, 0),
    addGradient: (parameters, gradient, factor) => {
      for (let i = from; i < gradient.length; i++) {
        const difference = (parameters[i] ?? 0) - (start[i] ?? 0)
        gradient[i] = (gradient[i] ?? 0) + factor * strength * difference
      }
    },
  }
}

/** A module's factors in the flat vector; A may be frozen beside it. */
interface Factors {
  readonly rank: number
  readonly inSize: number
  readonly outSize: number
  readonly scale: number
  readonly offsetA: number | null
  readonly offsetB: number
  readonly frozenA: Float32Array | null
}

function pullOfFactors(
  { sites }: Extract<Trainable, { kind: 'lora' }>,
  slots: readonly ParameterSlot[],
  strength: number,
): Pull {
  const offsets = new Map(slots.map(({ name, offset }) => [name, offset]))
  // A module that runs in several places of the graph has one adapter.
  const byName = new Map(sites.map((site) => [site.module.name, site]))
  const all = [...byName.values()].map(({ module, rank, scale, frozenA }): Factors => {
    const { a, b } = factorsOf(module, rank)
    const offsetB = offsets.get(b.name)
    assert(offsetB !== undefined, `${b.name} is trained`)
    const { inSize, outSize } = module
    const offsetA = offsets.get(a.name) ?? null
    return { rank, inSize, outSize, scale, offsetA, offsetB, frozenA: frozenA ?? null }
  })
  return {
    penalty: (parameters) => {
      const squares = all.map((factors) => {
        const { gramA, gramB } = gramsOf(factors, parameters)
        // ‖B·A‖² = trace(Aᵀ·Bᵀ·B·A) = Σ (Bᵀ·B) ∘ (A·Aᵀ).
        return factors.scale ** 2 * gramB.reduce((sum, value, i) => sum + value * (gramA[i] ?? 0), 0)
      })
      return (strength / 2) * squares.reduce((sum, square) => sum + square, 0)
    },
    addGradient: (parameters, gradient, factor) => {
      for (const factors of all) addFactorGradient(factors, parameters, gradient, factor * strength)
    },
  }
}

function viewsOf(
  { rank, inSize, outSize, offsetA, offsetB, frozenA }: Factors,
  flat: Float32Array,
): { readonly a: Float32Array; readonly b: Float32Array } {
  const a = offsetA === null ? frozenA : flat.subarray(offsetA, offsetA + rank * inSize)
  assert(a !== null, 'A is trained or frozen')
  return { a, b: flat.subarray(offsetB, offsetB + outSize * rank) }
}

/** A·Aᵀ and Bᵀ·B, both [rank, rank]. */
function gramsOf(
  factors: Factors,
  parameters: Float32Array,
): { readonly gramA: Float64Array; readonly gramB: Float64Array } {
  const { rank, inSize, outSize } = factors
  const { a, b } = viewsOf(factors, parameters)
  const gramA = new Float64Array(rank * rank)
  const gramB = new Float64Array(rank * rank)
  for (let i = 0; i < rank; i++) {
    for (let j = 0; j < rank; j++) {
      let [sumA, sumB] = [0, 0]
      for (let k = 0; k < inSize; k++) sumA += (a[i * inSize + k] ?? 0) * (a[j * inSize + k] ?? 0)
      for (let k = 0; k < outSize; k++) sumB += (b[k * rank + i] ?? 0) * (b[k * rank + j] ?? 0)
      gramA[i * rank + j] = sumA
      gramB[i * rank + j] = sumB
    }
  }
  return { gramA, gramB }
}

function addFactorGradient(
  factors: Factors,
  parameters: Float32Array,
  gradient: Float32Array,
  strength: number,
): void {
  const { rank, inSize, outSize, scale, offsetA, offsetB } = factors
  const { a, b } = viewsOf(factors, parameters)
  const { gramA, gramB } = gramsOf(factors, parameters)
  const weight = strength * scale ** 2
  for (let row = 0; row < outSize; row++) {
    for (let j = 0; j < rank; j++) {
      let sum = 0
      for (let i = 0; i < rank; i++) sum += (b[row * rank + i] ?? 0) * (gramA[i * rank + j] ?? 0)
      const at = offsetB + row * rank + j
      gradient[at] = (gradient[at] ?? 0) + weight * sum
    }
  }
  if (offsetA === null) return
  for (let i = 0; i < rank; i++) {
    for (let column = 0; column < inSize; column++) {
      let sum = 0
      for (let j = 0; j < rank; j++) sum += (gramB[i * rank + j] ?? 0) * (a[j * inSize + column] ?? 0)
      const at = offsetA + i * inSize + column
      gradient[at] = (gradient[at] ?? 0) + weight * sum
    }
  }
}
