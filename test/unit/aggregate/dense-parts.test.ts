// Protects: parameters that are trained whole are counted in norms and distances like any change, combined by every kind of
// rule, whatever their shape and length, by any number of threads, and pass a recompression unharmed.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { admitUpdate, aggregate } from '../../../src/aggregate/index.ts'
import { BLOCK_LENGTH } from '../../../src/aggregate/dense-parts.ts'
import type { Charter, Layout } from '../../../src/charter/schema.ts'
import { toHex } from '../../../src/core/bytes.ts'
import { SeededRng } from '../../../src/core/seeded-rng.ts'
import { openAggregateFile } from '../../../src/export/aggregate-file.ts'
import { aggregationOf, readTensors, tempFolder, writeUpdate } from '../../support/update-files.ts'

const folder = tempFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Longer than a block, and no multiple of one. */
const LONG = [3, BLOCK_LENGTH / 2 + 5]
const layout: Layout = {
  modules: [{ name: 'layer', in: 3, out: 2 }],
  dense: [
    { name: 'head.bias', shape: [5] },
    { name: 'head.weight', shape: LONG },
    { name: 'temperature', shape: [] },
  ],
  rankMax: 4,
  scale: [1, 1],
  dtype: 'f32',
}
const counts = [5, 3 * (BLOCK_LENGTH / 2 + 5), 1]
const MEMBER_COUNT = 5

const rng = new SeededRng('dense parts')
const updates = Array.from({ length: MEMBER_COUNT }, (_, member) => {
  const values = (count: number) => Array.from({ length: count }, () => Math.fround(rng.normal() / 64))
  const content = { rank: 1, modules: [{ a: values(3), b: values(2) }], dense: counts.map(values) }
  return { ...content, path: writeUpdate(join(folder, `update-${member}`), layout, content) }
})
const inputs = updates.map(({ path }, member) => ({ member, claim: 1, path }))

const run = async (rule: string, workers?: number, more: Partial<Charter['aggregation']> = {}) => {
  const outputPath = join(folder, `out-${rule}-${workers ?? 0}`)
  const aggregation = await aggregationOf([rule], 1, more)
  return aggregate(
    { layout, aggregation, inputs, outputPath },
    workers === undefined ? {} : { workers },
  ).then((outcome) => ({ outcome, tensors: readTensors(outputPath), outputPath }))
}

const column = (part: number, at: number): number[] => updates.map(({ dense }) => dense[part]?.[at] ?? 0)
const sortedColumn = (part: number, at: number): number[] => column(part, at).sort((x, y) => x - y)
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

describe.each([
  ['mean', (part: number, at: number) => sum(column(part, at)) / MEMBER_COUNT],
  ['median', (part: number, at: number) => sortedColumn(part, at)[2] ?? 0],
  ['trimmed-mean', (part: number, at: number) => sum(sortedColumn(part, at).slice(1, -1)) / 3],
])('%s', (rule, expected) => {
  it('of dense parts is that of their coordinates, in the parameter’s shape', async () => {
    const { tensors, outputPath } = await run(rule)
    const file = await openAggregateFile(outputPath)
    expect(file.dense).toEqual(layout.dense)
    await file.close()
    for (const [part, { name, shape }] of (layout.dense ?? []).entries()) {
      const found = tensors.get(`${name}.dense`)
      expect(found?.shape).toEqual(shape)
      const count = counts[part] ?? 0
      expect(found?.values.length).toBe(count)
      for (const at of [0, 1, BLOCK_LENGTH - 1, BLOCK_LENGTH, count - 1].filter((place) => place < count))
        expect(found?.values[at]).toBeCloseTo(expected(part, at), 8)
    }
  })
})

it('counts them in the norms of updates', async () => {
  const { outcome } = await run('mean')
  for (const { member, norm } of outcome.members) {
    const { modules, dense } = updates[member] ?? { modules: [], dense: [] }
    const [{ a, b } = { a: [], b: [] }] = modules
    const square = (values: readonly number[]) => sum(values.map((value) => value * value))
    expect(norm).toBeCloseTo(Math.sqrt(square(a) * square(b) + sum(dense.map(square))), 9)
  }
})

it('is the same by one, two and four threads', async () => {
  const digests = []
  for (const workers of [1, 2, 4]) digests.push(toHex((await run('trimmed-mean', workers)).outcome.digest))
  expect(new Set(digests).size).toBe(1)
})

it('leaves them as they are when the result is recompressed', async () => {
  const whole = await run('median')
  const { outcome, tensors } = await run('median', 1, { resultRank: 1 })
  expect(outcome.form).toBe('stacked')
  expect(tensors.get('layer.lora_A')?.shape).toEqual([1, 3])
  for (const { name } of layout.dense ?? [])
    expect(tensors.get(`${name}.dense`)).toEqual(whole.tensors.get(`${name}.dense`))
})

describe('admission', () => {
  const limits = {
    updateSizeBytes: 1 << 30,
    chunkSizeBytes: 1 << 20,
    moduleNorm: [1000, 1] as [number, number],
    entry: [1, 1] as [number, number],
    updateNorm: [1000, 1] as [number, number],
    memoryBytes: 1 << 30,
  }
  const admitted = async (change: (dense: number[][]) => void) => {
    const [{ rank, modules, dense } = { rank: 1, modules: [], dense: [] }] = updates
    const changed = dense.map((values) => [...values])
    change(changed)
    const path = writeUpdate(join(folder, 'admitted'), layout, { rank, modules, dense: changed })
    return admitUpdate({ path, charter: { layout, limits, aggregation: await aggregationOf(['mean'], 0) } })
  }
  it.each([
    ['an ordinary one', () => undefined, null],
    ['one with NaN', (dense: number[][]) => dense[1]?.splice(70_000, 1, Number.NaN), 'UPDATE_NOT_FINITE'],
    ['one with a large entry', (dense: number[][]) => dense[0]?.splice(2, 1, 1.5), 'UPDATE_ENTRY_TOO_LARGE'],
  ])('of %s', async (_, change, code) => {
    const answer = await admitted(change)
    if (code === null) expect(answer.ok).toBe(true)
    else expect(answer).toMatchObject({ ok: false, fault: { code } })
  })
})
