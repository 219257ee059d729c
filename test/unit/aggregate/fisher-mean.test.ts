// Protects: each coordinate is weighed by what its updates claim to know there, whatever tile it lies in; liars have at most
// half of any coordinate's weight, the report says so, and diagonals that cannot be sums of squares are refused.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  admitUpdate,
  aggregate,
  openKernelClient,
  parseRuleChoice,
  RULE_BOOK,
  whyInvalid,
} from '../../../src/aggregate/index.ts'
import { readReleases } from '../../../src/aggregate/kernel/kernel.ts'
import { findCharterProblems } from '../../../src/charter/index.ts'
import type { Layout } from '../../../src/charter/schema.ts'
import { asDigest } from '../../../src/core/ids.ts'
import { testConsortium } from '../../support/charter.ts'
import { aggregationOf, denseResult, tempFolder, writeUpdate } from '../../support/update-files.ts'

const folder = tempFolder()
const kernel = openKernelClient()
afterAll(async () => {
  await kernel.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Three tiles of 65,536 coordinates, and rows left over. */
const WIDTH = 256
const ROWS = 800
const layout: Layout = {
  modules: [{ name: 'm', in: WIDTH, out: ROWS }],
  fisher: true,
  rankMax: 1,
  scale: [1, 1],
  dtype: 'f32',
}

interface Member {
  /** ΔW[o, i] = its value at each row. */
  readonly value: (row: number) => number
  readonly rows: (row: number) => number
  readonly columns: (column: number) => number
}

const list = (count: number, value: (at: number) => number): number[] =>
  Array.from({ length: count }, (_, i) => value(i))
const inputsOf = (members: readonly Member[]) =>
  members.map(({ value, rows, columns }, member) => ({
    member,
    claim: 1,
    path: writeUpdate(join(folder, `${member}`), layout, {
      rank: 1,
      modules: [{ a: list(WIDTH, () => 1), b: list(ROWS, value) }],
      fisher: { modules: [{ rows: list(ROWS, rows), columns: list(WIDTH, columns) }], dense: [] },
    }),
  }))

const run = async (members: readonly Member[], b: number, more: Partial<Layout> = {}) => {
  const outputPath = join(folder, 'out')
  const aggregation = await aggregationOf(['fisher-mean'], b)
  const request = { layout: { ...layout, ...more }, aggregation, inputs: inputsOf(members), outputPath }
  const outcome = await aggregate(request, { kernel })
  return { outcome, result: denseResult(outputPath, layout)[0] ?? [] }
}

const even = (value: number): Member => ({ value: () => value, rows: () => 1, columns: () => 1 / WIDTH })

describe('fisher-mean', () => {
  it('weighs every row by its own claims, in the first tile and in the last', async () => {
    const members: readonly Member[] = [
      { value: () => 3, rows: (row) => row, columns: (column) => 1 + (column % 3) },
      { value: (row) => row / 1024, rows: () => 100, columns: () => 1 },
    ]
    const { result } = await run(members, 0)
    const total = list(WIDTH, (column) => 1 + (column % 3)).reduce((sum, each) => sum + each, 0)
    for (const row of [0, 1, 255, 256, 511, 512, 799]) {
      for (const column of [0, 1, 2, 255]) {
        const first = (row / total) * (1 + (column % 3))
        const second = 100 / WIDTH
        const expected = (first * 3 + second * (row / 1024)) / (first + second)
        expect(result[row * WIDTH + column], `${row}, ${column}`).toBeCloseTo(expected, 5)
      }
    }
  })

  it('gives a liar half of a coordinate at most, and says that it capped', async () => {
    const liar: Member = { value: () => 100, rows: () => 1e9, columns: () => 1e9 / WIDTH }
    const { outcome, result } = await run([even(1), even(1), liar, even(1)], 1)
    expect(result.every((value) => Math.abs(value - 50.5) < 1e-4)).toBe(true)
    expect(outcome.members.map(({ weight }) => weight?.toFixed(6))).toEqual([
      '0.166667',
      '0.166667',
      '0.500000',
      '0.166667',
    ])
    expect(outcome.notes).toEqual({ cappedShare: 1 })
  })

  it('gives two liars of five half together, however much more one of them claims', async () => {
    const liar = (claimed: number): Member => ({
      ...even(100),
      rows: () => claimed,
      columns: () => claimed / WIDTH,
    })
    const { result } = await run([liar(1e12), even(1), liar(1e6), even(1), even(1)], 2)
    expect(result.every((value) => Math.abs(value - 50.5) < 1e-4)).toBe(true)
  })

  it('says how far equal weights would be', async () => {
    const sure: Member = { ...even(2), rows: () => 3, columns: () => 3 / WIDTH }
    const { outcome } = await run([even(0), sure], 0)
    // (0 + 3·2)/4 against (0 + 2)/2, at every coordinate.
    expect(outcome.uniform?.differenceNorm).toBeCloseTo(0.5 * Math.sqrt(WIDTH * ROWS), 3)
    expect(outcome.uniform?.cosine).toBeCloseTo(1, 6)
    expect(outcome.notes).toEqual({ cappedShare: 0 })
  })

  it.each([
    [
      'a negative row',
      { ...even(1), rows: (row: number) => (row === 7 ? -1 : 1) },
      'UPDATE_FISHER_NEGATIVE',
      7,
    ],
    [
      'NaN in a column',
      { ...even(1), columns: (at: number) => (at === 9 ? Number.NaN : 1) },
      'UPDATE_NOT_FINITE',
      ROWS + 9,
    ],
  ])('%s is refused at admission', async (_, member, code, index) => {
    const [input] = inputsOf([member])
    const limits = {
      ...testConsortium(3).charter.limits,
      entry: [1000, 1],
      moduleNorm: [1e6, 1],
      updateNorm: [1e6, 1],
    }
    const charter = { layout, aggregation: await aggregationOf(['fisher-mean'], 0), limits }
    const answer = await admitUpdate({ path: input?.path ?? '', charter: charter as never }, { kernel })
    expect(answer).toMatchObject({ ok: false, fault: { code, module: 'm', index } })
  })

  it('needs updates that publish diagonals, and members whose rows they are', async () => {
    const { fisher: _fisher, ...without } = layout
    const request = {
      layout: without,
      aggregation: await aggregationOf(['fisher-mean'], 0),
      inputs: inputsOf([even(1)]),
      outputPath: join(folder, 'out'),
    }
    await expect(aggregate(request, { kernel })).rejects.toMatchObject({ info: { code: 'FISHER_MISSING' } })
    expect(
      whyInvalid({ ...parseRuleChoice('fisher-mean'), steps: [{ id: 'bucketing', version: 1 }] }, 9, 1),
    ).toMatch(/the rows of bucketing are nobody’s/)
    expect(() => parseRuleChoice('bucketing+fisher-mean')).toThrow(/nobody’s/)
    expect(() => parseRuleChoice('nnm+fisher-mean')).not.toThrow()
  })

  it('is refused with a kernel that is older than the rule', async () => {
    const old = (await readReleases()).find(({ version }) => version === '0.2.0')
    const kernelDigest = asDigest(Buffer.from(old?.sha256 ?? '', 'hex'))
    const aggregation = { ...(await aggregationOf(['fisher-mean'], 0)), kernelDigest }
    const request = { layout, aggregation, inputs: inputsOf([even(1)]), outputPath: join(folder, 'out') }
    await expect(aggregate(request)).rejects.toThrow(/the kernel of oneround 0\.2\.0.*the rule came later/)
  })
})

describe('a charter', () => {
  const { charter } = testConsortium(4)
  const problemsWith = (rules: readonly string[], fisher: boolean): readonly string[] => {
    const chosen = rules.map((id) => ({ id, version: 1 }))
    const changed = {
      ...charter,
      layout: { ...charter.layout, ...(fisher ? { fisher: true as const } : {}) },
      aggregation: { ...charter.aggregation, rules: chosen },
    }
    return findCharterProblems(changed, RULE_BOOK).problems.flatMap(({ field, reason }) =>
      field === 'layout.fisher' ? [reason] : [],
    )
  }

  it('has updates publish diagonals exactly where a rule reads them', () => {
    expect(problemsWith(['fisher-mean'], true)).toEqual([])
    expect(problemsWith(['median'], false)).toEqual([])
    expect(problemsWith(['median', 'fisher-mean'], false)).toEqual([
      expect.stringContaining('fisher-mean weighs by'),
    ])
    expect(problemsWith(['median'], true)).toEqual([expect.stringContaining('no rule reads')])
  })
})
