/**
 * Each update beside the result, layer by layer: where a member went its own way, and in which layers. Host arithmetic:
 * reports are for reading, nobody attests them. In: factors and the result. Out: norms and cosines of ΔW by module.
 */
import { deltaOf, type MergedModule, type MergedUpdate } from '../export/index.ts'
import { type Factors, readFactors, type ReportModule, type ReportSubject } from './subject.ts'

export interface LayerFigures {
  /** A module, or a parameter that was trained whole. */
  readonly module: string
  /** ‖ΔW‖ of the result in this module. */
  readonly norm: number
  /** In the order of the members. */
  readonly members: readonly {
    readonly norm: number
    /** To the result's ΔW of this module; 0 when either is 0. */
    readonly cosine: number
  }[]
}

/** @param onModule — told after each module */
export async function layerFigures(
  { modules, inputs }: ReportSubject,
  result: MergedUpdate,
  onModule: (done: number, total: number) => void,
): Promise<readonly LayerFigures[]> {
  const layers = new Map<string, Squares>()
  const mergedOf = openMerged(result)
  for (const [index, module] of modules.entries()) {
    const merged = await mergedOf(module)
    const members: MemberSquares[] = []
    for (const input of inputs) {
      const factors = await readFactors(input, index, module)
      const own = Math.max(0, innerOfFactors(factors, factors, module))
      members.push({ own, inner: innerWithResult(factors, merged, module) })
    }
    const squares = { whole: innerWithSelf(merged), members }
    layers.set(module.name, sumOf(layers.get(module.name), squares))
    onModule(index + 1, modules.length)
  }
  return [...layers].map(([module, { whole, members }]) => {
    const norm = Math.sqrt(whole)
    return {
      module,
      norm,
      members: members.map(({ own: square, inner }) => {
        const own = Math.sqrt(square)
        return { norm: own, cosine: own === 0 || norm === 0 ? 0 : clamp(inner / (own * norm)) }
      }),
    }
  })
}

interface MemberSquares {
  readonly own: number
  readonly inner: number
}

interface Squares {
  readonly whole: number
  readonly members: readonly MemberSquares[]
}

/** Blocks of one dense part are one layer. */
const sumOf = (before: Squares | undefined, { whole, members }: Squares): Squares => ({
  whole: whole + (before?.whole ?? 0),
  members: members.map(({ own, inner }, i) => ({
    own: own + (before?.members[i]?.own ?? 0),
    inner: inner + (before?.members[i]?.inner ?? 0),
  })),
})

/** What the result has for a module, or for a block of a dense part. */
function openMerged(result: MergedUpdate): (module: ReportModule) => Promise<MergedModule> {
  // The blocks of a part come one after the other: it is read once.
  let last: { readonly name: string; readonly whole: Float32Array } | null = null
  return async ({ name, block, in: width, out }) => {
    if (block === undefined) return result.read(result.modules.findIndex((each) => each.name === name))
    if (last?.name !== name) {
      const place = result.dense.findIndex((each) => each.name === name)
      last = { name, whole: await result.readDense(place) }
    }
    const delta = last.whole.subarray(block.first, block.first + width)
    return { kind: 'dense', name, in: width, out, delta }
  }
}

const clamp = (cosine: number): number => Math.min(1, Math.max(-1, cosine))

function innerWithSelf(merged: MergedModule): number {
  if (merged.kind === 'dense') return merged.delta.reduce((sum, value) => sum + value * value, 0)
  return Math.max(0, innerOfFactors(merged, merged, merged))
}

function innerWithResult(factors: Factors, merged: MergedModule, module: ReportModule): number {
  if (merged.kind === 'stacked') return innerOfFactors(factors, merged, module)
  const own = deltaOf({ kind: 'stacked', ...module, ...factors })
  return own.reduce((sum, value, i) => sum + value * (merged.delta[i] ?? 0), 0)
}

/** ⟨s₁B₁A₁, s₂B₂A₂⟩ = s₁s₂ Σ (B₁ᵀB₂ ∘ A₁A₂ᵀ), without a dense matrix. */
function innerOfFactors(
  x: Factors,
  y: Factors,
  { in: width, out }: Pick<ReportModule, 'in' | 'out'>,
): number {
  let sum = 0
  for (let k = 0; k < x.rank; k++) {
    for (let l = 0; l < y.rank; l++) {
      let a = 0
      let b = 0
      for (let i = 0; i < width; i++) a += (x.a[k * width + i] ?? 0) * (y.a[l * width + i] ?? 0)
      for (let o = 0; o < out; o++) b += (x.b[o * x.rank + k] ?? 0) * (y.b[o * y.rank + l] ?? 0)
      sum += a * b
    }
  }
  return x.scale * y.scale * sum
}
