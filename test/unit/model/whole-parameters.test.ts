// Protects: modules that were trained whole keep PEFT's meaning and names through reading and writing; an update gets their
// change from the base, an export base + change; what no field of the config names is refused.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeHeader } from '../../../src/core/safetensors.ts'
import { littleEndian, readAdapter, writeAdapter } from '../../../src/model/peft.ts'
import { changesOf } from '../../../src/model/whole-parameters.ts'

const folder = mkdtempSync(join(tmpdir(), 'oneround-whole-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const wave = (length: number, step: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(step * (i + 1)))
const module = { name: 'encoder.query', rank: 1, scale: 2, in: 3, out: 2, a: wave(3, 0.7), b: wave(2, 0.3) }
const base = { 'classifier.weight': wave(6, 0.9), 'classifier.bias': wave(2, 0.2) }
const trained = [
  { name: 'classifier.bias', shape: [2], values: wave(2, 0.25) },
  { name: 'classifier.weight', shape: [2, 3], values: wave(6, 0.95) },
]

beforeAll(() => {
  const { prefix, header } = encodeHeader([
    { name: 'classifier.bias', dtype: 'F32', shape: [2] },
    { name: 'classifier.weight', dtype: 'F32', shape: [2, 3] },
  ])
  const values = header.entries.map(({ name }) => littleEndian(base[name as keyof typeof base]))
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([prefix, ...values]))
})

const configOf = (path: string) =>
  JSON.parse(readFileSync(join(path, 'adapter_config.json'), 'utf8')) as Record<string, unknown>

describe('an adapter with modules trained whole', () => {
  it('is written as PEFT writes modules_to_save, and read back', async () => {
    const path = join(folder, 'saved')
    await writeAdapter(path, [module], { whole: trained })
    expect(configOf(path)['modules_to_save']).toEqual(['classifier'])
    expect(configOf(path)['bias']).toBe('none')
    const text = readFileSync(join(path, 'adapter_model.safetensors'), 'latin1')
    for (const { name } of trained) expect(text).toContain(`"base_model.model.${name}"`)
    const { whole, modules } = await readAdapter(path)
    expect(whole).toEqual(trained)
    expect(modules.map(({ name }) => name)).toEqual(['encoder.query'])
  })

  it('keeps the bias of an adapted module as PEFT’s bias', async () => {
    const path = join(folder, 'bias')
    const whole = [{ name: 'encoder.query.bias', shape: [2], values: wave(2, 0.4) }]
    await writeAdapter(path, [module], { whole })
    expect(configOf(path)).toMatchObject({ bias: 'lora_only', modules_to_save: null })
    expect((await readAdapter(path)).whole).toEqual(whole)
  })

  it('is refused where the config does not name them', async () => {
    const path = join(folder, 'unnamed')
    await writeAdapter(path, [module], { whole: trained })
    writeFileSync(
      join(path, 'adapter_config.json'),
      JSON.stringify({ ...configOf(path), modules_to_save: ['score'] }),
    )
    await expect(readAdapter(path)).rejects.toMatchObject({ info: { code: 'ADAPTER_UNSUPPORTED' } })
  })
})

describe('their change', () => {
  it('is trained − base, each entry rounded once', async () => {
    const changes = await changesOf(trained, folder)
    for (const [i, { change }] of changes.entries()) {
      const before = base[trained[i]?.name as keyof typeof base]
      expect([...change]).toEqual(
        [...change].map((_, k) => Math.fround((trained[i]?.values[k] ?? 0) - (before[k] ?? 0))),
      )
    }
  })

  it.each([
    ['head.weight', [2, 3], 'is not there'],
    ['classifier.weight', [3, 2], 'has shape'],
  ])('of %s %j is refused: the base %s', async (name, shape, reason) => {
    const values = wave(6, 0.1)
    await expect(changesOf([{ name, shape, values }], folder)).rejects.toMatchObject({
      info: { code: 'WEIGHTS_MISMATCH', tensor: name },
      message: expect.stringContaining(reason),
    })
  })
})
