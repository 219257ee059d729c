// Protects: weights taken from norms and ranks are made safe like any claim, and a report says what equal weights would give.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { aggregate, openKernelClient } from '../../../src/aggregate/index.ts'
import type { Charter, Layout } from '../../../src/charter/schema.ts'
import { aggregationOf, denseResult, tempFolder, writeUpdate } from '../../support/update-files.ts'

const folder = tempFolder()
const kernel = openKernelClient()
afterAll(async () => {
  await kernel.stop()
  rmSync(folder, { recursive: true, force: true })
})

const layout: Layout = { modules: [{ name: 'm', in: 2, out: 1 }], rankMax: 4, scale: [1, 1], dtype: 'f32' }
/** ΔW = (x, y), as rank-r factors with r − 1 rows of zeros. */
const writeVector = (member: number, [x, y]: readonly [number, number], rank = 1) =>
  writeUpdate(join(folder, `${member}`), layout, {
    rank,
    modules: [
      {
        a: [x, y, ...Array.from({ length: 2 * (rank - 1) }, () => 0)],
        b: [1, ...Array.from({ length: rank - 1 }, () => 0)],
      },
    ],
  })

async function run(
  vectors: readonly (readonly [number, number])[],
  {
    rule = 'weighted-mean',
    b = 0,
    ranks = [] as readonly number[],
    claims = [] as readonly number[],
    weights = 'uniform' as Charter['aggregation']['weights'],
  },
) {
  const inputs = vectors.map((vector, member) => ({
    member,
    claim: claims[member] ?? 1,
    path: writeVector(member, vector, ranks[member] ?? 1),
  }))
  const outputPath = join(folder, 'out')
  const aggregation = await aggregationOf([rule], b, { weights })
  const outcome = await aggregate({ layout, aggregation, inputs, outputPath }, { kernel })
  return {
    outcome,
    weights: outcome.members.map(({ weight }) => weight),
    dense: denseResult(outputPath, layout)[0],
  }
}

describe('Fisher weights', () => {
  const vectors = [
    [3, 0],
    [0, 3],
    [6, 6],
  ] as const
  it('are in proportion to what members publish', async () => {
    const { weights, outcome } = await run(vectors, { claims: [1, 2, 5], weights: 'fisher' })
    expect(weights).toEqual([1 / 8, 2 / 8, 5 / 8])
    expect(outcome.uniform?.differenceNorm).toBeGreaterThan(0)
  })
  it('are capped: one member alone stays below half', async () => {
    const { weights, outcome } = await run(vectors, { claims: [3, 4, 2 ** 39], weights: 'fisher', b: 1 })
    expect(outcome.weightCap).toBe(6)
    expect(weights[2]).toBeLessThan(0.5)
  })
})

describe('weights from norms', () => {
  it('are in proportion to 1/norm', async () => {
    const found = await run(
      [
        [4, 0],
        [0, 2],
        [1, 0],
      ],
      { weights: 'inverse-norm' },
    )
    // Claims ⌊2²⁰·2/norm⌋: 2¹⁹, 2²⁰, 2²¹.
    expect(found.weights).toEqual([1 / 7, 2 / 7, 4 / 7])
    expect(found.outcome.weightCap).toBeNull()
  })

  it('are capped: an update made tiny to weigh much weighs what another does', async () => {
    const found = await run(
      [
        [1, 0],
        [0, 1],
        [1, 1],
        [1e-6, 0],
      ],
      { b: 1, weights: 'inverse-norm' },
    )
    expect(found.outcome.weightCap).not.toBeNull()
    expect(found.weights[3]).toBeLessThan(0.5)
  })

  it('of an update that changes nothing are finite', async () => {
    const found = await run(
      [
        [1, 0],
        [0, 1],
        [0, 0],
      ],
      { b: 1, weights: 'inverse-norm' },
    )
    expect(found.weights.every((weight) => weight !== null && weight > 0 && weight < 0.5)).toBe(true)
  })
})

describe('weights from ranks', () => {
  it('are in proportion, and capped', async () => {
    const plain = await run(
      [
        [1, 0],
        [0, 1],
        [1, 1],
      ],
      { ranks: [1, 2, 1], weights: 'rank' },
    )
    expect(plain.weights).toEqual([1 / 4, 2 / 4, 1 / 4])
    const capped = await run(
      [
        [1, 0],
        [0, 1],
        [1, 1],
      ],
      { ranks: [1, 4, 1], b: 1, weights: 'rank' },
    )
    expect(capped.outcome.weightCap).toBe(1)
    expect(capped.weights).toEqual([1 / 3, 1 / 3, 1 / 3])
  })
})

describe('the report', () => {
  it('says how far away the result of equal weights is', async () => {
    const { outcome } = await run(
      [
        [1, 0],
        [0, 1],
      ],
      { claims: [3, 1], weights: 'samples' },
    )
    // (0.75, 0.25) against (0.5, 0.5)
    expect(outcome.uniform?.differenceNorm).toBeCloseTo(Math.SQRT1_2 / 2, 12)
    expect(outcome.uniform?.cosine).toBeCloseTo(0.5 / (Math.hypot(0.75, 0.25) * Math.SQRT1_2), 12)
  })

  it('says it of coordinate rules that know weights, and of no other', async () => {
    const vectors = [
      [1, 0],
      [2, 0],
      [9, 0],
    ] as const
    const weighed = await run(vectors, { rule: 'weighted-median', claims: [1, 1, 3], weights: 'samples' })
    // The median by claims is 9, of equal ones 2.
    expect(weighed.dense).toEqual([9, 0])
    expect(weighed.outcome.uniform).toEqual({ differenceNorm: 7, cosine: 1 })
    const plain = await run(vectors, { rule: 'median', claims: [1, 1, 3], weights: 'samples' })
    expect(plain.outcome.uniform).toBeNull()
    const even = await run(vectors, { rule: 'weighted-median', claims: [2, 2, 2], weights: 'samples' })
    expect(even.outcome.uniform).toBeNull()
  })

  it('has the rule’s own figures, who was clipped, and who was left out', async () => {
    const far: readonly (readonly [number, number])[] = [
      [1, 0],
      [0, 1],
      [1, 1],
      [0, 0],
      [50, 50],
    ]
    const narrow = await run(far, { rule: 'minimum-diameter', b: 1 })
    expect(narrow.outcome.notes['diameter']).toBeCloseTo(Math.SQRT2, 12)
    expect(narrow.outcome.members.map(({ leftOut }) => leftOut)).toEqual([false, false, false, false, true])
    const clipping = await run(far, { rule: 'centered-clipping', b: 1 })
    expect(clipping.outcome.notes['tau']).toBeGreaterThan(0)
    expect(clipping.outcome.members[4]?.clipped).toBe(true)
    const median = await run(far, { rule: 'geometric-median', b: 1 })
    expect(median.outcome.notes['lastStep']).toBeLessThan(1e-3)
    const clipped = await run(far, { rule: 'clip:norm=2+median', b: 1 })
    expect(clipped.outcome.members.map((each) => each.clipped)).toEqual([false, false, false, false, true])
  })
})
