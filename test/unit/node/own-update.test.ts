// Protects: an adapter from any trainer becomes my update with its very values, however large it is; one of another base is refused.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { kernelDigest } from '../../../src/aggregate/index.ts'
import { charterDigest, roundIdOf, roundScheduleOf } from '../../../src/charter/index.ts'
import { toHex } from '../../../src/core/bytes.ts'
import { verifySignature } from '../../../src/core/signature.ts'
import { openChunkStore } from '../../../src/exchange/chunk-store.ts'
import { admitStored } from '../../../src/node/admission.ts'
import { prepareOwnUpdate } from '../../../src/node/own-update.ts'
import { systemModules } from '../../../src/node/system-modules.ts'
import { layoutDigest } from '../../../src/update/index.ts'
import { testConsortium } from '../../support/charter.ts'

const root = mkdtempSync(join(tmpdir(), 'oneround-own-'))
const nothing = (): void => undefined
const system = systemModules({ debug: nothing, info: nothing, warn: nothing, error: nothing })
/** Q is larger than a piece of 2^18 values in either factor. */
const MODULES = [
  { name: 'layers.0.q_proj', in: 270_000, out: 8 },
  { name: 'layers.0.v_proj', in: 3, out: 300_001 },
]
const norms = { updateNorm: [1_000_000_000, 1], moduleNorm: [1_000_000_000, 1] } as const
const { charter } = testConsortium(3, {
  modules: MODULES,
  limits: { updateNorm: [...norms.updateNorm], moduleNorm: [...norms.moduleNorm] },
  kernelDigest: await kernelDigest(),
})
const kernel = await system.openKernel(charter)
afterAll(async () => {
  await kernel.stop()
  rmSync(root, { recursive: true, force: true })
})

/** Values as another trainer stores them: their bits, and what those are by IEEE 754 (bfloat16: the upper half of an f32). */
const STORED = {
  F16: [
    [0x3555, 0.333251953125],
    [0xc500, -5],
    [0x0001, 2 ** -24],
    [0x83ff, -1023 * 2 ** -24],
    [0x4248, 3.140625],
  ],
  BF16: [
    [0x3eab, 0.333984375],
    [0xc0a0, -5],
    [0x0080, 2 ** -126],
    [0x8001, -(2 ** -133)],
    [0x4049, 3.140625],
  ],
} as const
type Dtype = keyof typeof STORED

/** Of the text `other weights`, by sha256sum. */
const OTHER_SHA256 = '53959fa102f31e51d8d1ee12fe89c2fd7cd556dbaf2c6102046d195a504850a0'

const cycle = (dtype: Dtype, start: number, i: number) => STORED[dtype][(start + i) % 5] ?? [0, 0]
const RANK = 2
/** Where each factor begins in the cycle, so that no two are alike. */
const TENSORS = MODULES.flatMap(({ name, in: width, out }, m) => [
  { name, side: 'A', shape: [RANK, width], start: 2 * m },
  { name, side: 'B', shape: [out, RANK], start: 2 * m + 1 },
])

/** A PEFT folder, without our own writer. */
function writeHalves(
  folder: string,
  dtype: Dtype,
  changes: Record<string, unknown> = {},
  tensors = TENSORS,
): string {
  mkdirSync(folder)
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } }
  const data: Buffer[] = []
  let end = 0
  for (const { name, side, shape, start } of tensors) {
    const bits = Uint16Array.from(
      { length: (shape[0] ?? 0) * (shape[1] ?? 0) },
      (_, i) => cycle(dtype, start, i)[0],
    )
    const from = end
    end += bits.byteLength
    header[`base_model.model.${name}.lora_${side}.weight`] = { dtype, shape, data_offsets: [from, end] }
    data.push(Buffer.from(bits.buffer))
  }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  writeFileSync(join(folder, 'adapter_model.safetensors'), Buffer.concat([length, json, ...data]))
  const config = {
    peft_type: 'LORA',
    r: RANK,
    lora_alpha: 4,
    target_modules: ['q_proj', 'v_proj'],
    ...changes,
  }
  writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(config))
  return folder
}

const params = (() => {
  const digest = charterDigest(charter)
  return {
    charter,
    charterDigest: digest,
    round: roundIdOf(digest, 1),
    schedule: roundScheduleOf(charter, 1),
    layout: layoutDigest(charter.layout),
    me: 0,
    verify: verifySignature,
    viewTimeoutMs: 1_000,
  }
})()

async function publish(adapter: string, name: string, baseModel: string | null = null) {
  const folder = join(root, `${name}-store`)
  const store = openChunkStore({ folder, limits: charter.limits })
  const draft = await prepareOwnUpdate(adapter, {
    params,
    store,
    folder,
    admit: (header) => admitStored(header, { charter, store, kernel }),
    rng: system.rng,
    baseModel,
    basis: [],
  })
  return { draft, path: store.pathOf(draft.update) }
}

describe('an adapter in half precision', () => {
  it.each(['F16', 'BF16'] as const)('is published with its very values: %s', async (dtype) => {
    const { draft, path } = await publish(writeHalves(join(root, dtype), dtype), dtype)
    const file = await readFile(path)
    expect(draft.sizeBytes).toBe(file.length)
    expect(path).toContain(toHex(draft.update))
    const dataOffset = 8 + Number(file.readBigUInt64LE(0))
    const entries = JSON.parse(file.toString('utf8', 8, dataOffset)) as Record<
      string,
      { readonly dtype: string; readonly data_offsets: readonly [number, number] }
    >
    for (const { name, side, start } of TENSORS) {
      const entry = entries[`${name}.lora_${side}`]
      expect(entry?.dtype).toBe('F32')
      const [from, to] = entry?.data_offsets ?? [0, 0]
      const found = new Float32Array(
        file.buffer.slice(file.byteOffset + dataOffset + from, file.byteOffset + dataOffset + to),
      )
      const differing = found.findIndex((value, i) => value !== cycle(dtype, start, i)[1])
      expect([name, side, differing, found.length]).toEqual([name, side, -1, (to - from) / 4])
    }
  })

  it('that holds NaN is refused by its file and place, and leaves nothing behind', async () => {
    const adapter = writeHalves(join(root, 'nan'), 'BF16')
    const path = join(adapter, 'adapter_model.safetensors')
    const bytes = await readFile(path)
    // The last value of the last tensor in the file: B of v_proj, in its third piece.
    bytes.writeUInt16LE(0x7fc0, bytes.length - 2)
    writeFileSync(path, bytes)
    await expect(publish(adapter, 'nan')).rejects.toMatchObject({
      info: { code: 'ADAPTER_INVALID', file: path },
      message: expect.stringContaining('layers.0.v_proj.lora_B.weight" holds NaN at 600001') as string,
    })
    expect(readdirSync(join(root, 'nan-store'))).toEqual([])
  })
})

describe('an adapter of another base', () => {
  /** Of the charter's base: `testConsortium` names it by this digest, which is no file's. */
  const CHARTER_SHA256 = '09'.repeat(32)
  const hub = { base_model_name_or_path: 'example/other-7b' }

  it('with other modules is refused with what is missing, what is too much, and the base that it names', async () => {
    const tensors = TENSORS.map((tensor) => ({ ...tensor, name: tensor.name.replace('v_proj', 'o_proj') }))
    const adapter = writeHalves(join(root, 'modules'), 'F16', hub, tensors)
    await expect(publish(adapter, 'modules')).rejects.toMatchObject({
      info: { code: 'UPDATE_MODULES_MISMATCH', missing: ['layers.0.v_proj'], extra: ['layers.0.o_proj'] },
      message: expect.stringMatching(
        /missing layers\.0\.v_proj; extra layers\.0\.o_proj.*example\/other-7b/,
      ) as string,
    })
  })

  it('with other shapes is refused with both, and the base that it names', async () => {
    const tensors = TENSORS.map((tensor) => {
      const [out = 0, width = 0] = tensor.shape
      return tensor.name.endsWith('q_proj') && tensor.side === 'B'
        ? { ...tensor, shape: [2 * out, width] }
        : tensor
    })
    const adapter = writeHalves(join(root, 'shapes'), 'F16', hub, tensors)
    await expect(publish(adapter, 'shapes')).rejects.toMatchObject({
      info: { code: 'UPDATE_SHAPE_MISMATCH', expected: '[8, 270000]', found: '[16, 270000]' },
      message: expect.stringContaining('example/other-7b') as string,
    })
  })

  it('that fits is taken whatever its name on a hub: the same base has many', async () => {
    const { draft } = await publish(writeHalves(join(root, 'hub'), 'F16', hub), 'hub')
    expect(draft.sizeBytes).toBeGreaterThan(0)
  })

  it('that lies beside it is refused by the digest of its weights', async () => {
    const base = join(root, 'other-base')
    mkdirSync(base)
    writeFileSync(join(base, 'model.safetensors'), 'other weights')
    const adapter = writeHalves(join(root, 'local'), 'F16', { base_model_name_or_path: base })
    await expect(publish(adapter, 'local')).rejects.toMatchObject({
      info: { code: 'ADAPTER_OTHER_BASE', baseFile: 'model.safetensors' },
      message: `${adapter}: trained on ${base} whose model.safetensors has SHA-256 ${OTHER_SHA256}, the charter’s is ${CHARTER_SHA256}`,
    })
    // The node's own folder was compared with the charter when the node was opened.
    expect((await publish(adapter, 'own-base', base)).draft.sizeBytes).toBeGreaterThan(0)
  })

  it.each([
    ['another', OTHER_SHA256, 'ADAPTER_OTHER_BASE'],
    ['the charter’s', CHARTER_SHA256, null],
  ])('is told by what training wrote down: %s', async (name, sha256, code) => {
    const adapter = writeHalves(join(root, `told ${name}`), 'F16')
    const training = {
      base: { 'model.safetensors': sha256, 'config.json': '11'.repeat(32) },
      samples: { training: 3 },
      targetTokens: 5,
      steps: 1,
      validationLoss: null,
    }
    writeFileSync(join(adapter, 'training.json'), JSON.stringify(training))
    const published = publish(adapter, `told-${name}`)
    if (code !== null)
      await expect(published).rejects.toMatchObject({ info: { code, baseFile: 'model.safetensors' } })
    else expect((await published).draft.samples).toBe(3)
  })
})
