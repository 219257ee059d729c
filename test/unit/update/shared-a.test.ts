// Protects: where a charter fixes A, no update with another A is built, admitted or merged, and the digest is the one that
// training with the agreed seed gives; rules then give factors of the same rank.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Layout } from '../../../src/charter/schema.ts'
import { merge } from '../../../src/export/merge.ts'
import { readAdapter, writeAdapter } from '../../../src/model/peft.ts'
import { train } from '../../../src/train/index.ts'
import { checkTrainingOptions } from '../../../src/train/options.ts'
import { checkSharedA, sharedFactorDigest } from '../../../src/train/trainable.ts'
import { checkUpdateFile, writeUpdateFile } from '../../../src/update/index.ts'
import { makeTinyBase, ruleLines } from '../train/tiny-base.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-shared-a-'))
  await makeTinyBase(join(folder, 'base'))
  await writeFile(join(folder, 'data.jsonl'), ruleLines(8))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const rng = { bytes: (length: number) => new Uint8Array(length).fill(7) }

describe('a charter’s A', () => {
  it('is asked for before any training: by rank, seed and start', () => {
    const modules = [{ name: 'layers.0.q_proj', in: 6, out: 4 }]
    const layout = { modules, sharedA: sharedFactorDigest(modules, 2, 'agreed') }
    const check =
      (mode: object, seed = 'agreed') =>
      () =>
        checkSharedA(
          layout,
          checkTrainingOptions({
            model: 'base',
            data: ['a.jsonl'],
            out: 'out',
            recipe: { seed, mode: { kind: 'lora', rank: 2, freezeA: true, ...mode } },
          }).recipe,
        )
    expect(check({})).not.toThrow()
    expect(check({}, 'other')).toThrow(/from the seed "other"/)
    expect(check({ rank: 1 })).toThrow(/rank 1/)
    expect(check({ initialA: 'gaussian' })).toThrow(/gaussian/)
    expect(check({ freezeA: false })).toThrow(/would train it/)
  })

  it(
    '§5.8: is the one that training with the agreed seed draws, and no other is admitted',
    { timeout: 60_000 },
    async () => {
      const { out } = await train({
        model: join(folder, 'base'),
        data: [join(folder, 'data.jsonl')],
        out: join(folder, 'trained'),
        threads: 1,
        recipe: {
          epochs: 1,
          seed: 'agreed',
          validationShare: 0,
          mode: { kind: 'lora', targets: ['q_proj', 'v_proj'], rank: 2, freezeA: true },
        },
      })
      const { modules } = await readAdapter(out)
      const shapes = modules.map(({ name, in: width, out: height }) => ({ name, in: width, out: height }))
      const layoutOf = (seed: string): Layout => ({
        modules: shapes,
        sharedA: sharedFactorDigest(shapes, 2, seed),
        rankMax: 2,
        scale: [8, 1],
        dtype: 'f32',
      })
      const path = join(folder, 'update')
      const { nonce } = await writeUpdateFile(path, { modules }, layoutOf('agreed'), rng)
      const checked = await checkUpdateFile(path, layoutOf('agreed'), nonce)
      expect(checked.map(({ rank }) => rank)).toEqual(modules.map(() => 2))
      const code = { info: { code: 'UPDATE_FACTOR_DIFFERS' } }
      await expect(checkUpdateFile(path, layoutOf('other'), nonce)).rejects.toMatchObject(code)
      const again = writeUpdateFile(join(folder, 'other'), { modules }, layoutOf('other'), rng)
      await expect(again).rejects.toMatchObject(code)
    },
  )
})

describe('a merge of adapters that share A', () => {
  const shape = { name: 'layer', rank: 2, scale: 1, in: 3, out: 2 }
  const a = Float32Array.of(1, 0, 2, 0, 1, -1)
  const bs = [
    [1, 2, 3, 4],
    [5, 1, 0, 2],
    [3, 9, 7, 3],
  ]
  const adaptersOf = async (name: string, changed: number) => {
    const folders = bs.map((_, i) => join(folder, `${name}-${i}`))
    for (const [i, path] of folders.entries())
      await writeAdapter(path, [
        { ...shape, a: i === changed ? a.map((value) => value + 1) : a, b: Float32Array.from(bs[i] ?? []) },
      ])
    return folders
  }

  it('has their rank, their A and the median of their B', async () => {
    const out = join(folder, 'median')
    const result = await merge({ adapters: await adaptersOf('one', -1), rule: 'median', sharedA: true, out })
    const [module] = (await readAdapter(out)).modules
    expect(module?.rank).toBe(2)
    expect([...(module?.a ?? [])]).toEqual([...a])
    expect([...(module?.b ?? [])]).toEqual([3, 2, 3, 3])
    // ‖B·A‖ of that result, though the rule worked on B.
    const delta = [3, 2, 3 * 2 - 2, 3, 3, 3 * 2 - 3]
    expect(result.norm).toBeCloseTo(Math.hypot(...delta), 9)
  })

  it('is refused where one of them has another A', async () => {
    const adapters = await adaptersOf('two', 2)
    const refused = merge({ adapters, rule: 'median', sharedA: true, out: join(folder, 'refused') })
    await expect(refused).rejects.toMatchObject({ info: { code: 'ADAPTERS_DIFFER' } })
  })
})
