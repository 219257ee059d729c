// Protects: an adapter becomes the one canonical file of its values and nonce, or is refused with what is wrong with it.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { concatBytes, toHex, utf8 } from '../../../src/core/bytes.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { asRoundId } from '../../../src/core/ids.ts'
import {
  buildManifest,
  checkManifest,
  checkUpdateFile,
  layoutDigest,
  updateDigest,
  type UpdateModule,
  writeUpdateFile,
} from '../../../src/update/index.ts'
import { testConsortium } from '../../support/charter.ts'

const { charter } = testConsortium(3)
const { layout } = charter
const round = asRoundId(sha256(utf8('round')))
const nonce = new Uint8Array(32).fill(0xab)
const rng = { bytes: (length: number) => nonce.slice(0, length) }

/** Modules q_proj 8×6 and v_proj 4×8 with values that tell every entry apart. */
function adapter(rank = 2, scale = 2): UpdateModule[] {
  return layout.modules.map((module, m) => ({
    name: module.name,
    rank,
    scale,
    in: module.in,
    out: module.out,
    a: Float32Array.from({ length: rank * module.in }, (_, i) => 100 * m + i + 0.5),
    b: Float32Array.from({ length: rank * module.out }, (_, i) => -(100 * m + i) - 0.25),
  }))
}

/** The file's header and its tensors' values, read without our own code. */
function parse(file: Buffer) {
  const length = Number(file.readBigUInt64LE(0))
  const json = JSON.parse(file.subarray(8, 8 + length).toString()) as Record<
    string,
    { readonly dtype: string; readonly shape: number[]; readonly data_offsets: [number, number] }
  > & { readonly __metadata__: Record<string, string> }
  const data = file.subarray(8 + length)
  const values = (name: string): number[] => {
    const [start, end] = json[name]?.data_offsets ?? [0, 0]
    return Array.from({ length: (end - start) / 4 }, (_, i) => data.readFloatLE(start + 4 * i))
  }
  return { json, data, values }
}

describe('update files', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oneround-update-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  const write = async (modules: readonly UpdateModule[], to = layout) => {
    const { path } = await writeUpdateFile(join(folder, 'update'), { modules }, to, rng)
    return readFile(path)
  }

  it('hold the factors of a convolution as matrices, and only of the charter’s window', async () => {
    const modules = layout.modules.map((module, i) => (i === 0 ? { ...module, kernel: [3, 1] } : module))
    const windowed = (kernel: readonly number[]) =>
      adapter().map((module, i) => (i === 0 ? { ...module, kernel } : module))
    const { json } = parse(await write(windowed([3, 1]), { ...layout, modules }))
    expect(json['layers.0.q_proj.lora_A']?.shape).toEqual([2, 6])
    await expect(write(windowed([1, 3]), { ...layout, modules })).rejects.toMatchObject({
      info: { code: 'UPDATE_SHAPE_MISMATCH', expected: '[8, 6] of a 3×1 convolution' },
    })
  })

  it('hold factors in byte order of their names, with the nonce', async () => {
    const { json, values } = parse(await write(adapter()))
    expect(Object.keys(json)).toEqual([
      '__metadata__',
      'layers.0.q_proj.lora_A',
      'layers.0.q_proj.lora_B',
      'layers.0.v_proj.lora_A',
      'layers.0.v_proj.lora_B',
    ])
    expect(json.__metadata__).toEqual({ format: 'oneround/update@1', nonce: 'ab'.repeat(32) })
    expect(json['layers.0.q_proj.lora_A']?.shape).toEqual([2, 6])
    expect(json['layers.0.q_proj.lora_B']?.shape).toEqual([8, 2])
    expect(values('layers.0.q_proj.lora_A')).toEqual([...(adapter()[0]?.a ?? [])])
    expect(values('layers.0.v_proj.lora_B')).toEqual([...(adapter()[1]?.b ?? [])])
  })

  it('are the same bytes whatever order the modules come in', async () => {
    expect(await write(adapter().reverse())).toEqual(await write(adapter()))
  })

  it('fold another scale into B, exactly when it is the charter’s', async () => {
    const { values } = parse(await write(adapter(2, 3)))
    const b = adapter()[0]?.b ?? new Float32Array()
    expect(values('layers.0.q_proj.lora_B')).toEqual([...b].map((value) => Math.fround(value * 1.5)))
    expect(values('layers.0.q_proj.lora_A')).toEqual([...(adapter()[0]?.a ?? [])])
  })

  it('round to bfloat16 to the nearest, ties to even', async () => {
    const modules = adapter(1)
    const cases = [
      [1, 0x3f80],
      [1.00390625, 0x3f80], // half way between 0x3f80 and 0x3f81: to the even one
      [1.01171875, 0x3f82], // half way between 0x3f81 and 0x3f82
      [1.0039063692092896, 0x3f81], // just above half way
      [-3.1415927410125732, 0xc049],
      [1e-40, 0x0001], // subnormal: 1e-40 is 71362 units of 2^-149, and 65536 of those are one here
    ] as const
    modules[0]?.a.set(cases.map(([value]) => value))
    const { json, data } = parse(await write(modules, { ...layout, dtype: 'bf16' }))
    const start = json['layers.0.q_proj.lora_A']?.data_offsets[0] ?? 0
    expect(json['layers.0.q_proj.lora_A']?.dtype).toBe('BF16')
    expect(cases.map((_, i) => data.readUInt16LE(start + 2 * i))).toEqual(cases.map(([, bits]) => bits))
  })

  it('take another rank in each module', async () => {
    const [first, second] = [adapter(1)[0], adapter(2)[1]]
    const path = join(folder, 'mixed')
    await writeUpdateFile(path, { modules: first && second ? [first, second] : [] }, layout, rng)
    const modules = await checkUpdateFile(path, layout, nonce)
    expect(modules.map(({ name, rank }) => [name, rank])).toEqual([
      ['layers.0.q_proj', 1],
      ['layers.0.v_proj', 2],
    ])
  })

  it.each<readonly [string, string, () => UpdateModule[]]>([
    ['a missing module', 'UPDATE_MODULES_MISMATCH', () => adapter().slice(1)],
    [
      'an extra module',
      'UPDATE_MODULES_MISMATCH',
      () => [...adapter(), ...adapter().map((module) => ({ ...module, name: `model.${module.name}` }))],
    ],
    ['a rank over the cap', 'UPDATE_RANK_TOO_LARGE', () => adapter(3)],
    [
      'another shape',
      'UPDATE_SHAPE_MISMATCH',
      () => adapter().map((module) => ({ ...module, in: module.in + 1 })),
    ],
    [
      'a value that is not a number',
      'UPDATE_NOT_FINITE',
      () => {
        const modules = adapter()
        modules[1]?.a.set([Number.NaN], 3)
        return modules
      },
    ],
    [
      'a value that overflows when the scale is folded in',
      'UPDATE_NOT_FINITE',
      () => {
        const modules = adapter(2, 4)
        modules[0]?.b.set([3e38], 0)
        return modules
      },
    ],
  ])('refuse %s', async (_, code, modules) => {
    await expect(write(modules())).rejects.toMatchObject({ code })
  })

  it('name the modules that are close', async () => {
    const renamed = adapter().map((module) => ({
      ...module,
      name: module.name.replace('layers', 'model.layers'),
    }))
    await expect(write(renamed)).rejects.toMatchObject({
      info: { missing: ['layers.0.q_proj', 'layers.0.v_proj'] },
      hint: expect.stringContaining('model.layers.0.q_proj is close to layers.0.q_proj') as string,
    })
  })

  it('§10.7 have a manifest that agrees with the header', async () => {
    const { path } = await writeUpdateFile(join(folder, 'update'), { modules: adapter() }, layout, rng)
    const built = await buildManifest({ path, nonce, round, member: 1, charter })
    const file = await readFile(path)
    expect(toHex(built.fileSha256)).toBe(toHex(sha256(file)))
    expect(built.digest).toEqual(updateDigest(built.bytes))
    const claim = {
      round,
      member: 1,
      update: built.digest,
      sizeBytes: file.length,
      chunkSizeBytes: charter.limits.chunkSizeBytes,
      layout: layoutDigest(layout),
    }
    expect(checkManifest(built.bytes, charter, claim)).toEqual(built.manifest)
    expect(built.manifest.chunks).toEqual([sha256(file)])
    for (const wrong of [
      { member: 2 },
      { sizeBytes: file.length + 1 },
      { round: asRoundId(sha256(utf8('other'))) },
      { chunkSizeBytes: 4_096 },
      { layout: sha256(utf8('other')) },
      { update: sha256(utf8('other')) },
    ]) {
      expect(() => checkManifest(built.bytes, charter, { ...claim, ...wrong })).toThrow(
        expect.objectContaining({ code: 'MANIFEST_INVALID' }) as Error,
      )
    }
  })

  it('are cut into chunks of the charter’s size', async () => {
    const { path } = await writeUpdateFile(join(folder, 'update'), { modules: adapter() }, layout, rng)
    const file = await readFile(path)
    const chunked = {
      ...charter,
      limits: { ...charter.limits, chunkSizeBytes: 4_096, updateSizeBytes: 10_000 },
    }
    await writeFile(path, concatBytes(file, new Uint8Array(10_000 - file.length)))
    const { manifest } = await buildManifest({ path, nonce, round, member: 0, charter: chunked })
    expect(manifest.chunks).toHaveLength(3)
    const small = { ...charter, limits: { ...charter.limits, updateSizeBytes: 9_999 } }
    await expect(buildManifest({ path, nonce, round, member: 0, charter: small })).rejects.toMatchObject({
      code: 'UPDATE_TOO_LARGE',
    })
  })
})

describe('checkUpdateFile', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oneround-update-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const changed = async (change: (file: Buffer) => Uint8Array): Promise<string> => {
    const { path } = await writeUpdateFile(join(folder, 'update'), { modules: adapter() }, layout, rng)
    await writeFile(path, change(await readFile(path)))
    return path
  }
  const replaced = (from: string, to: string) => (file: Buffer) =>
    Buffer.from(file.toString('latin1').replace(from, to), 'latin1')

  it('finds where each factor lies', async () => {
    const path = await changed((file) => file)
    const [first] = await checkUpdateFile(path, layout, nonce)
    const file = await readFile(path)
    expect(file.readFloatLE(first?.a.offset ?? 0)).toBe(0.5)
    expect(file.readFloatLE(first?.b.offset ?? 0)).toBe(-0.25)
  })

  it.each<readonly [string, (file: Buffer) => Uint8Array]>([
    ['no file at all', () => new Uint8Array(0)],
    ['a length that is no length', (file) => Buffer.concat([Buffer.alloc(8, 0xff), file.subarray(8)])],
    ['a file that is cut', (file) => file.subarray(0, file.length - 1)],
    ['bytes after the end', (file) => Buffer.concat([file, Buffer.alloc(1)])],
    ['a header that is no JSON', replaced('{"__', '{{__')],
    [
      'a space that we would not write',
      replaced('"dtype":"F32","shape":[2,6]', '"dtype":"F32","shape":[2, 6]'.slice(0)),
    ],
    ['another nonce', replaced('abab', 'abac')],
    ['another format', replaced('update@1', 'update@2')],
    ['another dtype of the same size', replaced('"dtype":"F32"', '"dtype":"I32"')],
    ['a renamed tensor', replaced('v_proj.lora_B', 'v_proj.lora_C')],
    ['a transposed shape', replaced('[2,6]', '[6,2]')],
    ['metadata of its own', replaced('"nonce"', '"nOnce"')],
  ])('§5.7 refuses %s', async (_, change) => {
    const path = await changed(change)
    await expect(checkUpdateFile(path, layout, nonce)).rejects.toMatchObject({
      code: expect.stringMatching(/UPDATE_NOT_CANONICAL|UPDATE_RANK_TOO_LARGE/) as string,
    })
  })
})
