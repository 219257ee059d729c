/**
 * Attacks that only low-rank factors allow. The same ΔW has many factors, and a rule or a bound that looks at the factors
 * can be played with; ours look at ΔW, and admission bounds both.
 */
import { type Attack, together } from './attack.ts'
import { type Modules, normOf, times } from './dense.ts'

/** Entries of A then come near the largest that admission usually allows (2^15) for factors of size 1. */
const LOPSIDED = 2 ** 12

/** (cA, B/c): the same ΔW. A rule on factors sees a huge A. */
export const lopsidedFactors: Attack = {
  id: 'lopsided-factors',
  does: `sends its flipped update with A times ${LOPSIDED} and B divided by it`,
  source: 'this project; the scale symmetry of LoRA (Hu et al. 2021, arXiv:2106.09685)',
  strength: null,
  poison: (knowledge) =>
    together(
      times(knowledge.own, -1).map((module) => ({
        ...module,
        a: module.a.map((value) => value * LOPSIDED),
        b: module.b.map((value) => value / LOPSIDED),
      })),
      knowledge,
    ),
}

/** (M⁻¹A, BM) with a random well-conditioned M: the same ΔW, other factors. Harmless where rules look at ΔW. */
export const refactored: Attack = {
  id: 'refactored',
  does: 'sends its own honest update in other factors, (M⁻¹A, BM)',
  source: 'this project: (A, B) and (M⁻¹A, BM) are one and the same model',
  strength: null,
  poison: (knowledge) => {
    const { own, rng } = knowledge
    const mixed = own.map((module) => {
      let { a, b } = { a: Float64Array.from(module.a), b: Float64Array.from(module.b) }
      // A product of shears: each has the inverse shear beside it, so that no inversion is needed.
      for (let k = 0; k + 1 < module.rank; k++) {
        const shear = rng.float() * 2 - 1
        a = sheared(a, module.rank, module.in, k, k + 1, -shear)
        b = shearedColumns(b, module.rank, module.out, k, k + 1, shear)
      }
      return { ...module, a: Float32Array.from(a), b: Float32Array.from(b) }
    })
    return together(mixed, knowledge)
  },
}

/** Row k += factor · row l of [rank, width]. */
function sheared(
  a: Float64Array,
  rank: number,
  width: number,
  k: number,
  l: number,
  factor: number,
): Float64Array<ArrayBuffer> {
  const result = Float64Array.from(a)
  if (l < rank)
    for (let i = 0; i < width; i++)
      result[k * width + i] = (a[k * width + i] ?? 0) + factor * (a[l * width + i] ?? 0)
  return result
}

/** Column l += factor · column k of [out, rank]. */
function shearedColumns(
  b: Float64Array,
  rank: number,
  out: number,
  k: number,
  l: number,
  factor: number,
): Float64Array<ArrayBuffer> {
  const result = Float64Array.from(b)
  if (l < rank)
    for (let o = 0; o < out; o++)
      result[o * rank + l] = (b[o * rank + l] ?? 0) + factor * (b[o * rank + k] ?? 0)
  return result
}

/** The whole norm of an update in one module: within any bound on ‖ΔW‖, far outside what that module ever gets. */
export const oneModule: Attack = {
  id: 'one-module',
  does: 'puts the honest median norm of a whole update into its last module, flipped; the others are 0',
  source: 'this project; why admission bounds each module apart',
  strength: 1,
  poison: (knowledge, strength) => {
    const { own, honest } = knowledge
    const norms = honest.map(normOf).sort((x, y) => x - y)
    const target = strength * (norms[norms.length >> 1] ?? 0)
    const last = own.at(-1)
    const alone = last === undefined ? 0 : normOf([last])
    const factor = alone === 0 ? 0 : -target / alone
    const poisoned: Modules = own.map((module) =>
      module === last
        ? { ...module, b: module.b.map((value) => factor * value) }
        : { ...module, b: module.b.map(() => 0) },
    )
    return together(poisoned, knowledge)
  },
}
