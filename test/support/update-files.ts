/** Small update files and charter parts for tests of the aggregation. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kernelDigest, parseRuleChoice } from '../../src/aggregate/index.ts'
import { charterRule } from '../../src/charter/draft.ts'
import type { Charter, Layout } from '../../src/charter/schema.ts'
import { toUtf8 } from '../../src/core/bytes.ts'
import { encodeHeader, parseHeader } from '../../src/core/safetensors.ts'
import { diagonalTensors } from '../../src/update/layout.ts'

export const tempFolder = (): string => mkdtempSync(join(tmpdir(), 'oneround-test-'))

export interface Factors {
  readonly rank: number
  readonly modules: readonly { readonly a: readonly number[]; readonly b: readonly number[] }[]
  /** Changes of the layout's dense parts, in their order. */
  readonly dense?: readonly (readonly number[])[]
  /** Fisher diagonals of the layout's modules and dense parts, in their order. */
  readonly fisher?: {
    readonly modules: readonly { readonly rows: readonly number[]; readonly columns: readonly number[] }[]
    readonly dense: readonly (readonly number[])[]
  }
}

/** Writes a canonical f32 update file. */
export function writeUpdate(
  path: string,
  layout: Layout,
  { rank, modules, dense = [], fisher }: Factors,
): string {
  const parts = layout.dense ?? []
  const diagonals =
    fisher === undefined
      ? []
      : diagonalTensors(
          layout,
          layout.modules.map(() => rank),
        )
  const factors = layout.modules.flatMap(({ name, in: inCount, out }) => [
    { name: `${name}.lora_A`, dtype: 'F32', shape: [rank, inCount] },
    { name: `${name}.lora_B`, dtype: 'F32', shape: [out, rank] },
  ])
  const { prefix, header } = encodeHeader([
    ...factors,
    ...parts.map(({ name, shape }) => ({ name: `${name}.dense`, dtype: 'F32', shape })),
    ...diagonals.map((tensor) => ({ ...tensor, dtype: 'F32' })),
  ])
  const bytes = new Uint8Array(header.fileSizeBytes)
  bytes.set(prefix)
  const view = new DataView(bytes.buffer)
  layout.modules.forEach(({ name }, index) => {
    for (const [factor, values] of [
      ['lora_A', modules[index]?.a ?? []],
      ['lora_B', modules[index]?.b ?? []],
    ] as const) {
      const entry = header.entries.find((each) => each.name === `${name}.${factor}`)
      values.forEach((value, i) => view.setFloat32((entry?.offset ?? 0) + 4 * i, value, true))
    }
  })
  parts.forEach(({ name }, index) => {
    const entry = header.entries.find((each) => each.name === `${name}.dense`)
    dense[index]?.forEach((value, i) => view.setFloat32((entry?.offset ?? 0) + 4 * i, value, true))
  })
  const sums = fisher?.modules.flatMap(({ rows, columns }) => [rows, columns]) ?? []
  const claimed = [...sums, ...(fisher?.dense ?? [])]
  diagonals.forEach(({ name }, index) => {
    const entry = header.entries.find((each) => each.name === name)
    claimed[index]?.forEach((value, i) => view.setFloat32((entry?.offset ?? 0) + 4 * i, value, true))
  })
  writeFileSync(path, bytes)
  return path
}

export async function aggregationOf(
  rules: readonly string[],
  b: number,
  more: Partial<Charter['aggregation']> = {},
): Promise<Charter['aggregation']> {
  return {
    rules: rules.map((text) => charterRule(parseRuleChoice(text))),
    b,
    weights: 'uniform',
    samplesRange: [1, 1_000_000],
    lambda: [1, 1],
    kernelDigest: await kernelDigest(),
    ...more,
  }
}

/** An f32 safetensors file, tensor by tensor. */
export function readTensors(
  path: string,
): ReadonlyMap<string, { shape: readonly number[]; values: readonly number[] }> {
  const bytes = readFileSync(path)
  const length = Number(bytes.readBigUInt64LE(0))
  const header = parseHeader(bytes.subarray(8, 8 + length), bytes.length, path)
  return new Map(
    header.entries.map(({ name, shape, offset, sizeBytes }) => [
      name,
      { shape, values: Array.from({ length: sizeBytes / 4 }, (_, i) => bytes.readFloatLE(offset + 4 * i)) },
    ]),
  )
}

/** Metadata of a safetensors file. */
export function readMetadata(path: string): ReadonlyMap<string, string> {
  const bytes = readFileSync(path)
  const length = Number(bytes.readBigUInt64LE(0))
  const parsed = JSON.parse(toUtf8(bytes.subarray(8, 8 + length))) as {
    __metadata__?: Record<string, string>
  }
  return new Map(Object.entries(parsed.__metadata__ ?? {}))
}

/** The dense result of an aggregate file, module by module, whichever form it has. */
export function denseResult(path: string, layout: Layout): readonly (readonly number[])[] {
  const tensors = readTensors(path)
  return layout.modules.map(({ name, in: inCount, out }) => {
    const delta = tensors.get(`${name}.delta`)
    if (delta) return delta.values
    const a = tensors.get(`${name}.lora_A`)
    const b = tensors.get(`${name}.lora_B`)
    const rank = a?.shape[0] ?? 0
    return Array.from({ length: out * inCount }, (_, at) => {
      const [row, column] = [Math.floor(at / inCount), at % inCount]
      let sum = 0
      for (let k = 0; k < rank; k++)
        sum += (b?.values[row * rank + k] ?? 0) * (a?.values[k * inCount + column] ?? 0)
      return sum
    })
  })
}
