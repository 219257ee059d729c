// Protects: a result exported at a lower rank is the best of that rank, says what it lost, and never passes for the attested one.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportRound } from '../../../src/export/index.ts'
import { type AdapterModule, readAdapter } from '../../../src/model/peft.ts'
import { writeFinishedRound } from '../../support/finished-round.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-export-rank-'))
  await writeFinishedRound(join(folder, 'node'), 'mean')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const deltaOf = ({ a, b, rank, scale, in: width, out }: AdapterModule): readonly number[] =>
  Array.from({ length: out * width }, (_, at) => {
    let sum = 0
    for (let k = 0; k < rank; k++)
      sum += (b[Math.floor(at / width) * rank + k] ?? 0) * (a[k * width + (at % width)] ?? 0)
    return scale * sum
  })
const square = (values: readonly number[]) => values.reduce((sum, value) => sum + value * value, 0)

describe('export --rank', () => {
  it('loses what its card says, and no file of the work is left', async () => {
    await exportRound(join(folder, 'node'), { folder: join(folder, 'whole'), format: 'adapter' })
    await exportRound(join(folder, 'node'), { folder: join(folder, 'small'), format: 'adapter', rank: 1 })
    const [whole, small] = await Promise.all([
      readAdapter(join(folder, 'whole')),
      readAdapter(join(folder, 'small')),
    ])
    expect(small.modules.map(({ rank }) => rank)).toEqual(whole.modules.map(() => 1))
    const exact = whole.modules.flatMap(deltaOf)
    const shrunk = small.modules.flatMap(deltaOf)
    const lost = square(exact.map((value, i) => value - (shrunk[i] ?? 0)))
    const card = await readFile(join(folder, 'small', 'README.md'), 'utf8')
    const [, kept = ''] = /Recompressed to rank 1.* keeps ([\d.]+) %/.exec(card) ?? []
    expect(Number(kept) / 100).toBeCloseTo(1 - lost / square(exact), 4)
    expect(Number(kept)).toBeLessThan(100)
    expect(card).toContain('this form is derived from it')
    await expect(readFile(join(folder, 'small', '.recompressed.safetensors'))).rejects.toThrow(/ENOENT/)
  })
})
