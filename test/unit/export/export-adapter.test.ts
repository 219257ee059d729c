// Protects: an aggregate of any size becomes a PEFT folder a piece at a time, with the very bytes of one that fits in memory.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { encodeHeader } from '../../../src/core/safetensors.ts'
import { type MergedUpdate, openAggregateFile } from '../../../src/export/index.ts'
import { exportAdapter } from '../../../src/export/export-adapter.ts'
import { littleEndian, locateAdapter } from '../../../src/model/peft.ts'
import { readAllFloat32 } from '../../../src/model/weights.ts'

const root = mkdtempSync(join(tmpdir(), 'oneround-export-adapter-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Both factors and the dense part are larger than a piece of 2^18 values, and no whole number of them. */
const RANK = 3
const [WIDTH, OUT] = [100_003, 90_001]
const DENSE_SHAPE = [700, 401]
const wave = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed + i))
const TENSORS = new Map([
  ['head.weight.dense', { shape: DENSE_SHAPE, values: wave(700 * 401, 3) }],
  ['q_proj.lora_A', { shape: [RANK, WIDTH], values: wave(RANK * WIDTH, 1) }],
  ['q_proj.lora_B', { shape: [OUT, RANK], values: wave(OUT * RANK, 2) }],
])

function writeFile(path: string, tensors: typeof TENSORS, metadata: ReadonlyMap<string, string>): string {
  const layout = [...tensors].map(([name, { shape }]) => ({ name, dtype: 'F32', shape }))
  const { prefix, header } = encodeHeader(layout, metadata)
  const data = header.entries.map(({ name }) => littleEndian(tensors.get(name)?.values))
  writeFileSync(path, Buffer.concat([prefix, ...data]))
  return path
}

const aggregatePath = writeFile(
  join(root, 'aggregate.safetensors'),
  TENSORS,
  new Map([
    ['format', 'oneround/aggregate@1'],
    ['form', 'stacked'],
    ['rule', 'mean@1'],
  ]),
)
const baseFolder = join(root, 'base')
mkdirSync(baseFolder)
const base = wave(700 * 401, 4)
writeFile(
  join(baseFolder, 'model.safetensors'),
  new Map([['head.weight', { shape: DENSE_SHAPE, values: base }]]),
  new Map(),
)

/** @param asked — how many values were asked for at once, of what is read a piece at a time */
async function exported(
  name: string,
  folder: string | null,
  isStreamed: boolean,
  asked: number[],
): Promise<string> {
  const out = join(root, name)
  mkdirSync(out)
  const file = await openAggregateFile(aggregatePath)
  const { factors: _, ...inMemory } = file
  const counting: MergedUpdate = {
    ...(isStreamed ? file : inMemory),
    readDense: (index, range) => {
      asked.push(range?.count ?? Number.POSITIVE_INFINITY)
      return file.readDense(index, range)
    },
  }
  try {
    await exportAdapter(out, counting, { card: 'card', baseFolder: folder })
  } finally {
    await file.close()
  }
  return out
}

it('streams factors and whole parameters, with the same bytes as from memory', async () => {
  const asked: number[] = []
  const streamed = await exported('streamed', baseFolder, true, asked)
  const inMemory = await exported('in-memory', baseFolder, false, [])
  const bytesOf = (folder: string): Buffer => readFileSync(join(folder, 'adapter_model.safetensors'))
  expect(bytesOf(streamed).equals(bytesOf(inMemory))).toBe(true)
  expect(Math.max(...asked)).toBeLessThanOrEqual(1 << 18)
  expect(asked.reduce((sum, count) => sum + count, 0)).toBe(700 * 401)
  const { modules, whole } = await locateAdapter(streamed)
  expect(modules.map(({ name, rank, scale }) => [name, rank, scale])).toEqual([['q_proj', RANK, 1]])
  expect(whole.map(({ name, tensor }) => [name, tensor.shape])).toEqual([['head.weight', DENSE_SHAPE]])
})

it('gives base + change of a parameter that was trained whole, rounded once', async () => {
  const out = await exported('whole', baseFolder, true, [])
  const found = (await readAllFloat32(join(out, 'adapter_model.safetensors'))).get(
    'base_model.model.head.weight',
  )
  const change = TENSORS.get('head.weight.dense')?.values ?? new Float32Array()
  const expected = base.map((value, i) => Math.fround(value + (change[i] ?? 0)))
  expect(found?.findIndex((value, i) => value !== expected[i])).toBe(-1)
})

it('writes the changes beside the adapter where the base is not at hand', async () => {
  const out = await exported('changes', null, true, [])
  const changes = await readAllFloat32(join(out, 'whole_changes.safetensors'))
  const expected = TENSORS.get('head.weight.dense')?.values ?? new Float32Array()
  expect([...changes.keys()]).toEqual(['head.weight'])
  expect(changes.get('head.weight')?.findIndex((value, i) => value !== expected[i])).toBe(-1)
})
