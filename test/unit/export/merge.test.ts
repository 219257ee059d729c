// Protects: `merge` combines ΔW = s·B·A of adapters with unlike ranks and scales, exactly, in every format.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { SeededRng } from '../../../src/core/seeded-rng.ts'
import { merge } from '../../../src/export/merge.ts'
import { type AdapterModule, readAdapter, writeAdapter } from '../../../src/model/peft.ts'
import { readTensors, tempFolder } from '../../support/update-files.ts'

const folder = tempFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const SHAPES = [
  { name: 'layers.0.q_proj', in: 6, out: 4 },
  { name: 'layers.1.q_proj', in: 3, out: 7 },
]
type Factors = Omit<AdapterModule, 'kernel'> & { readonly kernel?: readonly number[] }

function adapterOf(seed: number, rank: number, scale: number): readonly Factors[] {
  const rng = new SeededRng(`merge/${seed}`)
  const values = (count: number) => Float32Array.from({ length: count }, () => (rng.below(2001) - 1000) / 500)
  return SHAPES.map((shape) => ({
    ...shape,
    rank,
    scale,
    a: values(rank * shape.in),
    b: values(shape.out * rank),
  }))
}

const deltaOf = ({ a, b, rank, scale, in: width, out }: Factors): readonly number[] =>
  Array.from({ length: out * width }, (_, at) => {
    let sum = 0
    for (let k = 0; k < rank; k++) {
      sum += (b[Math.floor(at / width) * rank + k] ?? 0) * (a[k * width + (at % width)] ?? 0)
    }
    return scale * sum
  })

const adapters = [adapterOf(1, 2, 2), adapterOf(2, 4, 0.5), adapterOf(3, 1, 8)]
const folders = adapters.map((_, i) => join(folder, `adapter-${i}`))
const ready = Promise.all(adapters.map((modules, i) => writeAdapter(folders[i] ?? '', modules)))
const deltas = adapters.map((modules) => modules.map(deltaOf))
const expectClose = (found: readonly number[], expected: readonly number[]) => {
  const largest = Math.max(...expected.map(Math.abs))
  expected.forEach((value, i) =>
    expect(Math.abs((found[i] ?? Number.NaN) - value) / largest).toBeLessThan(1e-6),
  )
}

/** `layers.0.q_proj` as a 3×1 convolution of two channels. */
const asConvolution = (modules: readonly Factors[]): readonly Factors[] =>
  modules.map((module) => (module.in === 6 ? { ...module, kernel: [3, 1] } : module))

describe('adapters of convolutions', () => {
  it('are merged as matrices and leave in the shapes that they came in', async () => {
    const inputs = [0, 1].map((i) => join(folder, `convolution-${i}`))
    for (const [i, path] of inputs.entries()) await writeAdapter(path, asConvolution(adapters[i] ?? []))
    const out = join(folder, 'convolution')
    await merge({ adapters: inputs, rule: 'mean', out })
    const [convolution, linear] = (await readAdapter(out)).modules
    expect([convolution?.kernel, linear?.kernel]).toEqual([[3, 1], []])
    const expected = (deltas[0]?.[0] ?? []).map((value, i) => (value + (deltas[1]?.[0]?.[i] ?? 0)) / 2)
    if (convolution !== undefined) expectClose(deltaOf(convolution), expected)
    const delta = join(folder, 'convolution-delta')
    await merge({ adapters: inputs, rule: 'median', b: 0, out: delta, format: 'delta' })
    const header = readFileSync(join(delta, 'delta.safetensors')).subarray(8, 400).toString('latin1')
    expect(header).toContain('"layers.0.q_proj.weight":{"dtype":"F32","shape":[4,2,3,1]')
  })

  it('are not merged with adapters of other windows', async () => {
    const inputs = [0, 1].map((i) => join(folder, `window-${i}`))
    await writeAdapter(inputs[0] ?? '', asConvolution(adapters[0] ?? []))
    await writeAdapter(inputs[1] ?? '', adapters[1] ?? [])
    const out = join(folder, 'window')
    await expect(merge({ adapters: inputs, rule: 'mean', out })).rejects.toMatchObject({
      info: { code: 'ADAPTERS_DIFFER', reason: expect.stringContaining('[4, 2, 3, 1]') },
    })
  })
})

describe('merge', () => {
  it('writes an adapter whose ΔW is the weighted mean of all ΔW', async () => {
    await ready
    const out = join(folder, 'weighted')
    const result = await merge({ adapters: folders, rule: 'weighted-mean', weights: [1, 2, 5], out })
    expect(result.members.map(({ weight, leftOut }) => [weight, leftOut])).toEqual([
      [1 / 8, false],
      [2 / 8, false],
      [5 / 8, false],
    ])
    const { modules } = await readAdapter(out)
    expect(modules.map(({ rank }) => rank)).toEqual([7, 7])
    modules.forEach((module, k) => {
      const parts = deltas.map((delta) => delta[k] ?? [])
      const expected = (parts[0] ?? []).map(
        (value, i) => value / 8 + (2 * (parts[1]?.[i] ?? 0)) / 8 + (5 * (parts[2]?.[i] ?? 0)) / 8,
      )
      expectClose(deltaOf(module), expected)
    })
  })

  it('writes ΔW itself, f32 [out, in], for a dense rule; its adapter means the same', async () => {
    await ready
    const delta = join(folder, 'delta')
    const adapter = join(folder, 'dense-adapter')
    const first = await merge({ adapters: folders, rule: 'median', b: 1, out: delta, format: 'delta' })
    const second = await merge({ adapters: folders, rule: 'median', b: 1, out: adapter })
    expect(second.digest).toBe(first.digest)
    const tensors = readTensors(join(delta, 'delta.safetensors'))
    const { modules } = await readAdapter(adapter)
    SHAPES.forEach(({ name, in: width, out }, k) => {
      const found = tensors.get(`${name}.weight`)
      expect(found?.shape).toEqual([out, width])
      const expected = (deltas[0]?.[k] ?? []).map((_, i) => {
        const [, middle = 0] = deltas.map((each) => each[k]?.[i] ?? 0).sort((x, y) => x - y)
        return middle
      })
      expectClose(found?.values ?? [], expected)
      expect(deltaOf(modules[k] ?? adapters[0]?.[0] ?? never()).map(Math.fround)).toEqual(found?.values)
    })
  })

  it('is exact to 1e-12 in f64 where no weight is rounded, and within one rounding of B otherwise', async () => {
    await ready
    const extra = join(folder, 'adapter-3')
    await writeAdapter(extra, adapterOf(4, 3, 0.25))
    const four = [...adapters, adapterOf(4, 3, 0.25)].map((modules) => modules.map(deltaOf))
    const meanOf = (some: typeof four, k: number, at: number): number =>
      some.reduce((sum, each) => sum + (each[k]?.[at] ?? 0), 0) / some.length
    const worst = async (folders: readonly string[], some: typeof four, out: string): Promise<number> => {
      await merge({ adapters: folders, rule: 'mean', out: join(folder, out) })
      const { modules } = await readAdapter(join(folder, out))
      return Math.max(
        ...modules.map((module, k) => {
          const found = deltaOf(module)
          const largest = Math.max(...found.map(Math.abs))
          return Math.max(...found.map((value, at) => Math.abs(value - meanOf(some, k, at)))) / largest
        }),
      )
    }
    // 1/4 and scales of powers of two: multiplying them into B moves no bit of its mantissa.
    expect(await worst([...folders, extra], four, 'exact')).toBeLessThan(1e-12)
    // 1/3 is rounded once into each entry of B, which is f32.
    const third = await worst(folders, four.slice(0, 3), 'rounded')
    expect(third).toBeGreaterThan(1e-12)
    expect(third).toBeLessThan(2 ** -22)
  })

  it('recompresses to the rank asked for, and says how much of the change that keeps', async () => {
    await ready
    const out = join(folder, 'rank')
    const whole = await merge({ adapters: folders, rule: 'mean', out: join(folder, 'whole') })
    const { recompression, digest } = await merge({ adapters: folders, rule: 'mean', rank: 2, out })
    expect(digest).not.toBe(whole.digest)
    const exact = (await readAdapter(join(folder, 'whole'))).modules.map(deltaOf)
    const { modules } = await readAdapter(out)
    expect(modules.map(({ rank }) => rank)).toEqual([2, 2])
    const shrunk = modules.map(deltaOf)
    const square = (values: readonly number[]) => values.reduce((sum, value) => sum + value * value, 0)
    const lost = exact.map((values, k) => square(values.map((value, i) => value - (shrunk[k]?.[i] ?? 0))))
    const share = 1 - square(lost.map(Math.sqrt)) / exact.reduce((sum, values) => sum + square(values), 0)
    expect(recompression?.rank).toBe(2)
    expect(recompression?.keptShare).toBeCloseTo(share, 6)
    expect(share).toBeLessThan(0.999)
    expect(() => readFileSync(join(out, '.recompressed.safetensors'))).toThrow(/ENOENT/)
  })

  it('returns one adapter alone as itself, bit for bit', async () => {
    await ready
    const out = join(folder, 'alone')
    await merge({ adapters: folders.slice(1, 2), rule: 'mean', out })
    const { modules } = await readAdapter(out)
    modules.forEach((module, k) => {
      expect(module.a).toEqual(adapters[1]?.[k]?.a)
      expect(deltaOf(module)).toEqual(deltas[1]?.[k])
    })
  })

  it('is the same by any number of threads', async () => {
    await ready
    const by = (workers: number) =>
      merge({ adapters: folders, rule: 'median', out: join(folder, `by-${workers}`), workers })
    expect((await by(3)).digest).toBe((await by(1)).digest)
  })

  it('leaves nothing but the result in the folder', async () => {
    await ready
    const out = join(folder, 'clean')
    await merge({ adapters: folders, rule: 'mean', out })
    const card = readFileSync(join(out, 'README.md'), 'utf8')
    expect(card).toContain('by `mean@1`')
    expect(() => readFileSync(join(out, '.aggregate.safetensors'))).toThrow(/ENOENT/)
  })

  it.each([
    ['a rule that needs more adapters', { rule: 'multi-krum', b: 1 }, 'RULE_PRECONDITION'],
    ['an unknown rule', { rule: 'average' }, 'RULE_UNKNOWN'],
    ['too few weights', { rule: 'weighted-mean', weights: [1] }, 'MERGE_OPTION'],
    ['a weight of nothing', { rule: 'weighted-mean', weights: [1, 0, 1] }, 'MERGE_OPTION'],
    ['weights of a rule that knows none', { rule: 'median', weights: [1, 2, 3] }, 'MERGE_OPTION'],
    ['diagonals that are not there', { rule: 'fisher-mean' }, 'FISHER_MISSING'],
    ['no base to merge into', { rule: 'mean', format: 'merged' as const }, 'MERGE_OPTION'],
  ])('refuses %s', async (_title, options, code) => {
    await ready
    await expect(
      merge({ adapters: folders, out: join(folder, 'refused'), ...options }),
    ).rejects.toMatchObject({ info: { code } })
  })

  it('names the first difference of adapters that do not belong together', async () => {
    await ready
    const other = join(folder, 'other')
    await writeAdapter(other, adapterOf(9, 2, 1).slice(0, 1))
    const merging = merge({ adapters: [...folders, other], rule: 'mean', out: join(folder, 'refused') })
    await expect(merging).rejects.toThrow(/other.*lacks module layers\.1\.q_proj/)
  })
})

function never(): never {
  throw new Error('a module is missing')
}
