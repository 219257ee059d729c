// Protects: recompression keeps no less of ΔW than other factors of that rank can, against numpy's SVD, and the same bytes always.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kernelDigest, type KernelClient, openKernelClient, recompress } from '../../src/aggregate/index.ts'
import { encodeHeader } from '../../src/core/safetensors.ts'
import { deltaOf, type MergedModule } from '../../src/export/merged-module.ts'
import { openAggregateFile } from '../../src/export/aggregate-file.ts'

interface Case {
  readonly name: string
  readonly form: 'stacked' | 'dense'
  readonly out: number
  readonly width: number
  readonly rank: number
  readonly divisor: number
  readonly a?: readonly number[]
  readonly b?: readonly number[]
  readonly delta?: readonly number[]
  readonly total: number
  readonly kept: readonly number[]
}

const { cases } = JSON.parse(readFileSync(new URL('./recompression.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Case[]
}

let folder = ''
let kernel: KernelClient
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-recompress-'))
  kernel = openKernelClient()
})
afterAll(async () => {
  await kernel.stop()
  await rm(folder, { recursive: true, force: true })
})

const floats = (values: readonly number[] = [], divisor: number): Float32Array =>
  Float32Array.from(values, (value) => value / divisor)

/** An aggregate file as the kernel writes it. */
async function writeAggregate(
  path: string,
  { form, out, width, rank, divisor, a, b, delta }: Case,
): Promise<void> {
  const tensors =
    form === 'stacked'
      ? [
          { name: 'm.lora_A', dtype: 'F32' as const, shape: [rank, width] },
          { name: 'm.lora_B', dtype: 'F32' as const, shape: [out, rank] },
        ]
      : [{ name: 'm.delta', dtype: 'F32' as const, shape: [out, width] }]
  const metadata = new Map([
    ['form', form],
    ['format', 'oneround/aggregate@1'],
    ['rule', 'mean@1'],
  ])
  const { prefix } = encodeHeader(tensors, metadata)
  const values = form === 'stacked' ? [floats(a, divisor), floats(b, divisor)] : [floats(delta, divisor)]
  await writeFile(path, Buffer.concat([prefix, ...values.map((each) => Buffer.from(each.buffer))]))
}

async function moduleOf(path: string): Promise<MergedModule> {
  const file = await openAggregateFile(path)
  try {
    return await file.read(0)
  } finally {
    await file.close()
  }
}

async function shrink(
  case_: Case,
  rank: number,
): Promise<{ path: string; digest: string; kept: number; energy: number }> {
  const path = join(folder, 'aggregate.safetensors')
  const outputPath = join(folder, `rank-${rank}.safetensors`)
  await writeAggregate(path, case_)
  const figures = await recompress({ path, rank, kernelDigest: await kernelDigest(), outputPath }, kernel)
  const [module] = figures.modules
  return {
    path: outputPath,
    digest: figures.digest,
    kept: module?.keptEnergy ?? 0,
    energy: module?.energy ?? 0,
  }
}

const squareOf = (values: Float32Array): number => values.reduce((sum, value) => sum + value * value, 0)

describe('recompression', () => {
  for (const each of cases) {
    const bar = each.form === 'stacked' ? 1e-6 : 1e-4
    const ranks = [1, 2, 3, 5, 8].filter((rank) => rank <= Math.min(each.out, each.width))
    it(`${each.name}: keeps what the best approximation keeps, to ${bar}`, async () => {
      const whole = deltaOf(await originalOf(each))
      for (const rank of ranks) {
        const { path, kept, energy } = await shrink(each, rank)
        const best = each.kept[rank - 1] ?? 0
        expect(Math.abs(energy - each.total) / each.total).toBeLessThan(1e-6)
        expect(Math.abs(kept - best) / each.total).toBeLessThan(bar)
        // What the file holds, not only what is said of it: ‖W − W′‖² is what was discarded.
        const shrunk = deltaOf(await moduleOf(path))
        const lost = squareOf(whole.map((value, i) => value - (shrunk[i] ?? 0)))
        expect(Math.abs(lost - (each.total - best)) / each.total).toBeLessThan(bar)
      }
    })
  }

  async function originalOf(each: Case): Promise<MergedModule> {
    const path = join(folder, 'original.safetensors')
    await writeAggregate(path, each)
    return moduleOf(path)
  }

  it('copies a module whose rank is small enough, byte for byte', async () => {
    const [first] = cases
    if (first === undefined) throw new Error('there are cases')
    const { path } = await shrink(first, first.rank)
    const module = await moduleOf(path)
    expect(module.kind === 'stacked' && [...module.b]).toEqual([...floats(first.b, first.divisor)])
  })

  it('puts the root of each singular value on either side, largest first, first largest entry of B positive', async () => {
    const tall = cases[0]
    if (tall === undefined) throw new Error('there are cases')
    const { path } = await shrink(tall, 3)
    const module = await moduleOf(path)
    if (module.kind !== 'stacked') throw new Error('a recompressed module is stacked')
    const norms = [0, 1, 2].map((k) => {
      const a = module.a.subarray(k * module.in, (k + 1) * module.in)
      const b = Float32Array.from({ length: module.out }, (_, o) => module.b[o * 3 + k] ?? 0)
      const largest = b.reduce((far, value) => (Math.abs(value) > Math.abs(far) ? value : far), 0)
      expect(largest).toBeGreaterThan(0)
      expect(squareOf(a) / squareOf(b)).toBeCloseTo(1, 5)
      return squareOf(a)
    })
    expect(norms).toEqual([...norms].sort((x, y) => y - x))
  })

  it('gives the committed digests: the arithmetic is part of the release', async () => {
    const digests: Record<string, string> = {}
    for (const each of cases) {
      const { digest, path } = await shrink(each, 3)
      digests[each.name] = digest
      expect(
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      ).toBe(digest)
    }
    expect(digests).toMatchSnapshot()
  })
})
