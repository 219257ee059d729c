/** The inputs of the conformance vectors: small, and odd where arithmetic is odd. Made once from seeds, then committed. */
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { at } from '../../test/support/reference/numbers.ts'
import { hexOfSingles, type InputSet } from '../../test/support/reference/vector.ts'

type Draw = (rng: SeededRng) => number

const ordinary: Draw = (rng) => Math.fround(rng.normal())
/** Small whole numbers: ties in every comparison. */
const coarse: Draw = (rng) => rng.below(3) - 1
/** Ordinary values among subnormals, both zeros, large and equal ones. */
const odd: Draw = (rng) => {
  const value = rng.normal()
  switch (rng.below(8)) {
    case 0:
      return Math.fround(value * 1e-40)
    case 1:
      return -0
    case 2:
      return 0.5
    case 3:
      return Math.fround(value * 4096)
    case 4:
      return Math.fround(value * 1e-22)
    default:
      return Math.fround(value)
  }
}

interface Recipe {
  readonly name: string
  /** Where it is not the name: chosen so that the vectors tell more wrong kernels apart. */
  readonly seed?: string
  readonly scale: readonly [number, number]
  readonly shapes: readonly (readonly [inCount: number, out: number])[]
  /** All members have the first one's A. */
  readonly sharedA?: boolean
  /** Of parameters that are trained whole. */
  readonly parts?: readonly (readonly number[])[]
  readonly ranks: readonly number[]
  readonly claims: readonly number[]
  readonly draw: Draw
  /** Member → the member that it copies, up to a relative change of some entries of B. */
  readonly copies?: Readonly<Record<number, readonly [from: number, change: number]>>
  /** Members whose B holds one value throughout. */
  readonly fixed?: Readonly<Record<number, number>>
  /** Member → what its B is multiplied by. */
  readonly times?: Readonly<Record<number, number>>
  /** Updates publish Fisher diagonals: member → what its own is multiplied by, where not by 1. */
  readonly fisher?: Readonly<Record<number, number>>
}

export const RECIPES: readonly Recipe[] = [
  {
    name: 'ordinary',
    scale: [1, 3],
    shapes: [
      [7, 5],
      [4, 3],
    ],
    ranks: [1, 2, 3, 1, 2, 3, 2],
    claims: [3, 1, 2, 2, 3, 4, 1],
    draw: ordinary,
    times: { 5: -3, 6: 0.25 },
  },
  {
    name: 'odd',
    scale: [5, 7],
    shapes: [
      [6, 3],
      [5, 4],
    ],
    ranks: [2, 1, 2, 3, 2, 2, 1],
    claims: [1, 2, 3, 1, 2, 3, 2],
    draw: odd,
    copies: { 4: [2, 0], 5: [0, 2 ** -22] },
  },
  {
    name: 'coarse',
    scale: [1, 1],
    shapes: [[5, 4]],
    ranks: [1, 1, 1, 1, 1, 1, 1, 1],
    claims: [1, 1, 1, 1, 1, 1, 1, 1],
    draw: coarse,
  },
  {
    name: 'even',
    scale: [3, 2],
    shapes: [[9, 2]],
    ranks: [2, 2, 2, 2, 2, 2],
    claims: [2, 1, 1, 2, 1, 1],
    draw: ordinary,
  },
  {
    name: 'many',
    scale: [1, 1],
    shapes: [[6, 3]],
    ranks: Array.from({ length: 19 }, () => 1),
    claims: Array.from({ length: 19 }, (_, i) => 1 + (i % 4)),
    draw: ordinary,
    times: { 3: 20, 11: -20, 17: 1e-3 },
  },
  {
    name: 'repeated',
    scale: [1, 1],
    shapes: [[4, 4]],
    ranks: [1, 1, 1, 1, 1],
    claims: [1, 1, 2, 1, 1],
    draw: ordinary,
    copies: { 2: [1, 0], 3: [1, 0], 4: [1, 0] },
  },
  {
    name: 'near',
    scale: [1, 1],
    shapes: [
      [8, 5],
      [3, 4],
    ],
    ranks: [1, 1, 1, 1, 1],
    claims: [1, 1, 1, 1, 1],
    draw: ordinary,
    copies: { 1: [0, 2 ** -22], 2: [0, 2 ** -21], 3: [0, -(2 ** -20)], 4: [0, 2 ** -18] },
  },
  {
    // Large values that take each other away: what is left depends on the order of the sum.
    name: 'cancelling',
    scale: [1, 1],
    shapes: [[4, 4]],
    ranks: Array.from({ length: 9 }, () => 1),
    claims: [1, 2, 3, 1, 2, 1, 3, 2, 2],
    draw: ordinary,
    copies: { 1: [8, 0], 3: [0, 0], 4: [8, 0], 6: [5, 0] },
    times: { 0: 2 ** 36, 3: -(2 ** 36), 1: 2 ** 34, 4: -(2 ** 34), 5: 2 ** 35, 6: -(2 ** 35) },
  },
  {
    // Sums that pass a power of two in one order and stay below it in the other, where smaller steps are kept.
    name: 'straddling',
    scale: [1, 1],
    shapes: [[1, 12]],
    ranks: Array.from({ length: 9 }, () => 1),
    claims: Array.from({ length: 9 }, () => 1),
    draw: (rng) => Math.fround(0.5 + rng.float()),
    fixed: {
      1: 2 ** 40,
      2: -(2 ** 36 - 2 ** 12),
      4: 2 ** 36,
      5: -(2 ** 40),
      7: -(2 ** 12 - 0.5),
    },
  },
  {
    // Scattered so that scores and spreads nearly tie.
    name: 'scattered',
    seed: 'scattered/92',
    scale: [1, 1],
    shapes: [[3, 2]],
    ranks: Array.from({ length: 9 }, () => 1),
    claims: [2, 1, 1, 2, 1, 1, 2, 1, 2],
    draw: ordinary,
  },
  {
    name: 'two',
    scale: [2, 1],
    shapes: [[3, 3]],
    ranks: [1, 2],
    claims: [1, 3],
    draw: ordinary,
  },
  { name: 'one', scale: [2, 1], shapes: [[3, 2]], ranks: [2], claims: [7], draw: odd },
  {
    name: 'parts',
    scale: [2, 3],
    shapes: [[4, 3]],
    parts: [[3, 2], [5], []],
    ranks: [1, 2, 1, 1, 2, 1, 1],
    claims: [2, 1, 3, 1, 2, 1, 2],
    draw: ordinary,
    times: { 2: 4 },
  },
  {
    name: 'shared',
    scale: [3, 7],
    shapes: [
      [6, 4],
      [3, 5],
    ],
    sharedA: true,
    parts: [[3]],
    ranks: [2, 2, 2, 2, 2, 2, 2],
    claims: [1, 2, 1, 3, 2, 1, 2],
    draw: ordinary,
    times: { 4: -2 },
  },
  {
    // Ranks above four and below, widths that four does not divide: dot products of four rows at once, and what is left.
    name: 'high',
    scale: [4, 3],
    shapes: [
      [7, 6],
      [9, 5],
    ],
    ranks: [6, 4, 9, 5, 2],
    claims: [1, 2, 1, 3, 2],
    draw: ordinary,
    times: { 3: 3 },
  },
  {
    // Rows that are longer than what is widened at once.
    name: 'long',
    scale: [1, 7],
    shapes: [[133, 2]],
    ranks: [1, 2, 1, 1, 1],
    claims: [1, 2, 1, 1, 2],
    draw: ordinary,
  },
  {
    // Ranks above what is widened at once.
    name: 'wide',
    scale: [2, 9],
    shapes: [[5, 3]],
    ranks: [34, 2, 37, 1, 33],
    claims: [1, 1, 2, 1, 2],
    draw: ordinary,
  },
  {
    name: 'fisher',
    scale: [3, 5],
    shapes: [
      [7, 5],
      [4, 3],
    ],
    parts: [[3, 2], []],
    ranks: [1, 2, 3, 1, 2, 3, 2],
    claims: [1, 1, 1, 1, 1, 1, 1],
    draw: ordinary,
    // One that claims to know everything, one that knows next to nothing, one nothing at all.
    fisher: { 1: 1e6, 3: 1e-12, 4: 0 },
  },
  {
    name: 'fisher of liars',
    scale: [1, 1],
    shapes: [[5, 4]],
    ranks: Array.from({ length: 9 }, () => 1),
    claims: Array.from({ length: 9 }, () => 1),
    draw: ordinary,
    // More than are capped claim too much, and some nothing: the cap lies below honest claims.
    fisher: { 0: 1e9, 2: 0.001, 3: 1e7, 4: 0.002, 5: 1e5, 6: 0.001, 7: 0.5, 8: 0.003 },
    // Two liars that take each other away once they are capped: what is left depends on the order of the sum.
    copies: { 3: [0, 0] },
    times: { 0: 2 ** 36, 3: -(2 ** 36) },
  },
  {
    // All but as many as may lie claim nothing: everybody counts alike.
    name: 'fisher of few',
    scale: [2, 1],
    shapes: [[4, 3]],
    ranks: [1, 2, 1, 1],
    claims: [1, 1, 1, 1],
    draw: ordinary,
    fisher: { 0: 0, 2: 0, 3: 0 },
  },
  {
    name: 'fisher of B',
    scale: [3, 7],
    shapes: [
      [6, 4],
      [3, 5],
    ],
    sharedA: true,
    parts: [[3]],
    ranks: [2, 2, 2, 2, 2],
    claims: [1, 1, 1, 1, 1],
    draw: ordinary,
    fisher: { 2: 40 },
  },
]

export function setOf({
  name,
  seed,
  scale,
  shapes,
  sharedA,
  parts,
  ranks,
  claims,
  draw,
  copies,
  fixed,
  times,
  fisher,
}: Recipe): InputSet {
  const rng = new SeededRng(`conformance/${seed ?? name}`)
  const modules = shapes.map(([inCount, out], k) => ({ name: `layer.${k}.proj`, in: inCount, out }))
  const values = ranks.map((rank, member) =>
    shapes.map(([inCount, out]) => {
      const value = fixed?.[member]
      const one = fixed === undefined ? null : 1
      return {
        rank,
        a: Array.from({ length: rank * inCount }, () => one ?? draw(rng)),
        b: Array.from({ length: out * rank }, () => value ?? draw(rng)),
      }
    }),
  )
  const changes = ranks.map((_, member) =>
    parts?.map((shape) => {
      const count = shape.reduce((product, size) => product * size, 1)
      return hexOfSingles(
        Array.from({ length: count }, () => Math.fround((times?.[member] ?? 1) * draw(rng))),
      )
    }),
  )
  const squares = (count: number, times: number): string =>
    hexOfSingles(Array.from({ length: count }, () => Math.fround(times * (0.25 + rng.float()))))
  const diagonals = ranks.map((rank, member) => {
    const factor = fisher?.[member] ?? 1
    return {
      modules: shapes.map(([inCount, out]) => ({
        rows: squares(out, factor),
        // Of the first column nobody knows anything.
        columns: `00000000${squares((sharedA === true ? rank : inCount) - 1, factor)}`,
      })),
      dense: (parts ?? []).map((shape) =>
        squares(
          shape.reduce((count, size) => count * size, 1),
          factor,
        ),
      ),
    }
  })
  const inputs = values.map((own, member) => {
    const [from, change] = copies?.[member] ?? [member, 0]
    const factor = times?.[member] ?? 1
    const modulesOf = values[from] ?? own
    const dense = changes[member]
    return {
      claim: claims[member] ?? 1,
      ...(dense === undefined ? {} : { dense }),
      ...(fisher === undefined ? {} : { fisher: at(diagonals, member) }),
      factors: modulesOf.map(({ rank, a, b }, k) => ({
        rank,
        a: hexOfSingles(sharedA === true ? (values[0]?.[k]?.a ?? a) : a),
        b: hexOfSingles(b.map((value, i) => factor * value * (i % 3 === 0 ? 1 + change : 1))),
      })),
    }
  })
  const dense = parts?.map((shape, k) => ({ name: `part.${k}.weight`, shape }))
  const shared = sharedA === undefined ? {} : { sharedA }
  return { name, scale, modules, ...shared, ...(dense === undefined ? {} : { dense }), inputs }
}

export const inputSets = (): readonly InputSet[] => RECIPES.map(setOf)
