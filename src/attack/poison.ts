/**
 * Poisoned updates: adapters that pass every admission check and are meant to spoil the merged model. For the local
 * consortium, simulations and benchmarks; nothing in src/node/ can reach it.
 *
 * The poisoner knows everything: what it would have sent itself and what all honest members will send. A real one knows
 * less (commit before reveal), so these are upper bounds. In: adapters. Out: the adapter to publish instead. Pure.
 */
import type { AdapterModule } from '../model/peft.ts'
import { factorise } from './factorise.ts'

export const POISONS = ['sign-flip', 'scale', 'alie'] as const
export type Poison = (typeof POISONS)[number]

/** One member's update, modules in the same order everywhere. */
export type Modules = readonly AdapterModule[]

export interface PoisonKnowledge {
  /** What the poisoner trained itself. */
  readonly own: Modules
  /** What the honest members will send. */
  readonly honest: readonly Modules[]
}

/** Ten times the own update: large enough to rule a plain mean of five, small enough for usual admission bounds. */
const SCALE = 10
/**
 * z of ALIE for few members: Baruch et al. 2019 (arXiv:1902.06156), Algorithm 3: s = ⌊n/2+1⌋ − b supporters,
 * z = Φ⁻¹((n−b−s)/(n−b)); for n = 5, b = 1 that is Φ⁻¹(0.5) = 0, no attack at all, so a fixed 1.5 is used.
 */
const ALIE_Z = 1.5

export function poison(kind: Poison, knowledge: PoisonKnowledge): Modules {
  switch (kind) {
    case 'sign-flip':
      return signFlip(knowledge)
    case 'scale':
      return times(knowledge.own, SCALE)
    case 'alie':
      return alie(knowledge)
  }
}

/** The negative of what was learned, at the norm that honest updates have in the middle: no norm check can see it. */
function signFlip({ own, honest }: PoisonKnowledge): Modules {
  const norms = honest.map(normOf).sort((x, y) => x - y)
  const upper = norms[norms.length >> 1] ?? 0
  const median = norms.length % 2 === 1 ? upper : ((norms[(norms.length >> 1) - 1] ?? 0) + upper) / 2
  const norm = normOf(own)
  return times(own, norm === 0 ? -1 : -median / norm)
}

/** "A little is enough": z standard deviations off the honest mean in every coordinate of ΔW, at the own ranks. */
function alie({ own, honest }: PoisonKnowledge): Modules {
  return own.map((module, index) => {
    const deltas = honest.flatMap((modules) => {
      const other = modules[index]
      return other === undefined ? [] : [deltaOf(other)]
    })
    const target = new Float64Array(module.out * module.in)
    for (let at = 0; at < target.length; at++) {
      const values = deltas.map((delta) => delta[at] ?? 0)
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
      target[at] = mean - ALIE_Z * Math.sqrt(variance)
    }
    const { a, b } = factorise(target, module.out, module.in, module.rank)
    return { ...module, a, b: b.map((value) => value / module.scale) }
  })
}

/** Multiplies ΔW: B times `factor`. */
function times(modules: Modules, factor: number): Modules {
  return modules.map((module) => ({ ...module, b: module.b.map((value) => factor * value) }))
}

/** ‖ΔW‖ over all modules: √Σ s²·sum((BᵀB) ∘ (AAᵀ)). */
export function normOf(modules: Modules): number {
  let square = 0
  for (const { a, b, rank, scale, in: width, out } of modules) {
    for (let k = 0; k < rank; k++) {
      for (let l = 0; l < rank; l++) {
        let ab = 0
        let bb = 0
        for (let i = 0; i < width; i++) ab += (a[k * width + i] ?? 0) * (a[l * width + i] ?? 0)
        for (let o = 0; o < out; o++) bb += (b[o * rank + k] ?? 0) * (b[o * rank + l] ?? 0)
        square += scale * scale * ab * bb
      }
    }
  }
  return Math.sqrt(Math.max(0, square))
}

/** ΔW [out, in] in f64. */
function deltaOf({ a, b, rank, scale, in: width, out }: AdapterModule): Float64Array {
  const delta = new Float64Array(out * width)
  for (let o = 0; o < out; o++) {
    for (let k = 0; k < rank; k++) {
      const weight = scale * (b[o * rank + k] ?? 0)
      for (let i = 0; i < width; i++) {
        delta[o * width + i] = (delta[o * width + i] ?? 0) + weight * (a[k * width + i] ?? 0)
      }
    }
  }
  return delta
}
