// Protects: distances of updates that nearly agree come from the difference itself, where the Gram form has lost its digits.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { aggregate, openKernelClient } from '../../../src/aggregate/index.ts'
import { SeededRng } from '../../../src/core/seeded-rng.ts'
import type { Layout } from '../../../src/charter/schema.ts'
import { aggregationOf, tempFolder, writeUpdate } from '../../support/update-files.ts'

const folder = tempFolder()
const kernel = openKernelClient()
afterAll(async () => {
  await kernel.stop()
  rmSync(folder, { recursive: true, force: true })
})

const [IN, OUT] = [16, 12]
const layout: Layout = { modules: [{ name: 'm', in: IN, out: OUT }], rankMax: 1, scale: [1, 1], dtype: 'f32' }

it('of five updates that differ in the seventh digit, to nine digits', async () => {
  const rng = new SeededRng('distances')
  const draw = () => Math.fround(1 + rng.below(1000) / 1000)
  const shared = { a: Array.from({ length: IN }, draw), b: Array.from({ length: OUT }, draw) }
  const updates = Array.from({ length: 5 }, (_, member) => ({
    a: shared.a,
    b: shared.b.map((value, i) =>
      i === member ? Math.fround(value * (1 + 2 ** -22 * (1 + member))) : value,
    ),
  }))
  const deltas = updates.map(({ a, b }) => b.flatMap((y) => a.map((x) => x * y)))
  const square = (i: number, j: number) =>
    (deltas[i] ?? []).reduce((sum, value, at) => sum + (value - (deltas[j]?.[at] ?? 0)) ** 2, 0)
  // m − b − 2 = 2 nearest others
  const expected = deltas.map((_, i) => {
    const others = [0, 1, 2, 3, 4].filter((j) => j !== i).map((j) => square(i, j))
    const [first = 0, second = 0] = others.sort((x, y) => x - y)
    return first + second
  })
  const inputs = updates.map((update, member) => ({
    member,
    claim: 1,
    path: writeUpdate(join(folder, `${member}`), layout, { rank: 1, modules: [update] }),
  }))
  const request = {
    layout,
    aggregation: await aggregationOf(['krum'], 1),
    inputs,
    outputPath: join(folder, 'out'),
  }
  const { members } = await aggregate(request, { kernel })
  members.forEach(({ score }, i) => {
    expect((score ?? 0) / (expected[i] ?? 0)).toBeCloseTo(1, 9)
  })
  // The Gram form alone would be far off: ⟨x,x⟩ + ⟨y,y⟩ − 2⟨x,y⟩ cancels to a few units in the last place.
  expect(Math.max(...expected)).toBeLessThan(
    1e-9 * (deltas[0] ?? []).reduce((sum, value) => sum + value * value, 0),
  )
})
