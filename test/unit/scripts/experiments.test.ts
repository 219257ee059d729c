// Protects: what docs/results says of the experiments is made from the raw lines; held-out lines are never trained on; the
// statistics are what they are called; a claim that does not hold is said not to.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { benchPages } from '../../../scripts/experiments/bench-pages.ts'
import { answerOf } from '../../../scripts/experiments/answer.ts'
import { compareDirections, comparisonText } from '../../../scripts/experiments/compare.ts'
import type { Direction } from '../../../scripts/experiments/direction.ts'
import { consortiumData, DOMAIN_COUNT, siteMixtures, SPLITS } from '../../../scripts/experiments/domains.ts'
import { documentOf } from '../../../scripts/experiments/document.ts'
import { directionsOf, gapOf } from '../../../scripts/experiments/directions.ts'
import { EXPERIMENTS } from '../../../scripts/experiments/grid.ts'
import { pagesOf, picturesOf } from '../../../scripts/experiments/pages.ts'
import { ofRobustness } from '../../../scripts/experiments/robustness-claims.ts'
import {
  backdoorTable,
  estimateTable,
  robustnessTable,
} from '../../../scripts/experiments/robustness-report.ts'
import { estimate, rankCorrelation } from '../../../scripts/experiments/statistics.ts'
import {
  type Line,
  lineSchema,
  nameOf,
  type RobustnessLine,
  type RoundsLine,
} from '../../../scripts/experiments/types.ts'
import { withTables } from '../../../src/cli/docs.ts'

const results = fileURLToPath(new URL('../../../docs/results', import.meta.url))
const rawFile = join(results, 'experiments.jsonl')
const committed = (): readonly Line[] =>
  readFileSync(rawFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => v.parse(lineSchema, JSON.parse(line)))

describe('the pages of the experiments', () => {
  it('hold the tables that the raw lines give', () => {
    for (const { file, tables } of pagesOf(committed())) {
      const text = readFileSync(join(results, file), 'utf8')
      for (const mark of Object.keys(tables)) expect(text, file).toContain(`<!-- table: ${mark} -->`)
      expect(withTables(text, tables), `${file}: run npm run experiments -- --tables`).toBe(text)
    }
  })

  it('show pictures that the raw lines give', () => {
    for (const [name, svg] of picturesOf(committed()))
      expect(
        readFileSync(join(results, name), 'utf8') === svg,
        `${name}: run npm run experiments -- --tables`,
      ).toBe(true)
  })

  it('have raw lines of cells of the grid only, each once', () => {
    const known = new Set(EXPERIMENTS.flatMap(({ full }) => full.map(nameOf)))
    const names = committed().map(({ name }) => name)
    expect(names.filter((name) => !known.has(name))).toEqual([])
    expect(new Set(names).size).toBe(names.length)
  })

  it('name files that are there', () => {
    for (const { file } of pagesOf(committed())) {
      const text = readFileSync(join(results, file), 'utf8')
      for (const [, target = ''] of text.matchAll(/\]\(([^)#:]+)\)/g))
        expect(existsSync(join(results, target)), `${file}: ${target}`).toBe(true)
    }
  })
})

describe('the pages on benches', () => {
  const read = (name: string): string => readFileSync(join(results, `${name}.jsonl`), 'utf8')
  const tables = benchPages(read).flatMap(({ file, tables: own }) =>
    Object.entries(own).map(([mark, make]) => [file, mark, make] as const),
  )

  it.each(tables)('%s has the table of %s that the raw lines give', (file, mark, make) => {
    const page = readFileSync(join(results, file), 'utf8')
    expect(page).toContain(`<!-- table: ${mark} -->`)
    expect(withTables(page, { [mark]: make }), 'run npm run measure -- tables').toBe(page)
  })

  it('give a source for every figure of others', () => {
    for (const line of read('peers').trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ source: expect.stringMatching(/^https:\/\//) })
  })
})

describe('the grid', () => {
  it('names every cell once, and the quick cells are cells of the full one', () => {
    for (const { full, quick } of EXPERIMENTS) {
      const names = full.map(nameOf)
      expect(new Set(names).size).toBe(names.length)
      for (const plan of quick) expect(names).toContain(nameOf(plan))
    }
  })
})

describe('the data', () => {
  it.each(SPLITS)(
    'of a consortium with %s data are the same again, and hold out what no site has',
    (split) => {
      const options = { split, siteCount: 3, seed: 'a', linesPerSite: 50, testLines: 40 } as const
      const data = consortiumData(options)
      expect(consortiumData(options)).toEqual(data)
      const prompts = [...data.train.flat(), ...data.test].map(({ prompt }) => prompt)
      expect(new Set(prompts).size).toBe(190)
      expect(consortiumData({ ...options, seed: 'b' }).test).not.toEqual(data.test)
    },
  )

  it('hold out the same lines for every split and number of sites', () => {
    const options = { seed: 'a', linesPerSite: 10, testLines: 40 } as const
    const [one, other] = [
      consortiumData({ ...options, split: 'even', siteCount: 4 }),
      consortiumData({ ...options, split: 'dirichlet', siteCount: 10 }),
    ]
    expect(one.test).toEqual(other.test)
  })

  it('are mixed as the split says', () => {
    for (const mixture of siteMixtures('even', 3, 'a'))
      for (const share of mixture) expect(share).toBeCloseTo(1 / DOMAIN_COUNT, 12)
    const skewed = siteMixtures('dirichlet', 400, 'a')
    for (const mixture of skewed) expect(mixture.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
    // Dirichlet(½) over ten: a share has mean 1/10 and variance (1/10)(9/10)/(10·½ + 1) = 0.015.
    const shares = skewed.flat()
    const variance = shares.reduce((sum, share) => sum + (share - 0.1) ** 2, 0) / shares.length
    expect(variance).toBeGreaterThan(0.013)
    expect(variance).toBeLessThan(0.017)
  })
})

describe('the statistics', () => {
  it('give means with intervals that hold them', () => {
    const { mean, interval, count } = estimate([1, 2, 3, 4])
    expect([mean, count]).toEqual([2.5, 4])
    expect(interval[0]).toBeGreaterThan(1)
    expect(interval[0]).toBeLessThan(2.5)
    expect(interval[1]).toBeGreaterThan(2.5)
    expect(interval[1]).toBeLessThan(4)
    expect(estimate([7]).interval).toEqual([7, 7])
  })

  it('correlate ranks, ties sharing theirs', () => {
    const rising = [1, 2, 3, 4, 5, 6].map((x) => [x, x ** 3] as const)
    expect(rankCorrelation(rising).mean).toBeCloseTo(1, 12)
    expect(rankCorrelation(rising.map(([x, y]) => [x, -y] as const)).mean).toBeCloseTo(-1, 12)
    // By hand: ranks 1.5, 1.5, 3 against 1, 2, 3 give √3/2.
    expect(
      rankCorrelation([
        [1, 1],
        [1, 2],
        [2, 3],
      ]).mean,
    ).toBeCloseTo(Math.sqrt(3) / 2, 12)
  })
})

describe('the directions', () => {
  const plan = {
    kind: 'rounds',
    model: '0.3m',
    siteCount: 4,
    split: 'even',
    epochs: 3,
    mode: 'lora',
    seed: 'seed-1',
    linesPerSite: 1,
    testLines: 1,
    matchLines: 1,
    learningRate: 1,
  } as const
  const line = (change: Partial<RoundsLine['plan']>, oneRound: number): RoundsLine => ({
    kind: 'rounds',
    name: '',
    command: '',
    cpu: '',
    node: '',
    modelDigest: '',
    parameters: 1,
    seconds: 1,
    plan: { ...plan, ...change },
    figures: {
      loss: { base: 5, local: 4, bestLocal: 3.5, oneRound, manyRounds: 1, centralised: 1 },
      lossAfterRound: [],
      exactMatch: { base: 0, oneRound: 0, manyRounds: 0, centralised: 0 },
      tau: 0.1,
      tauMerged: 0.1,
      cosine: 0.5,
      smoothness: 1,
      bound: { value: 2, actual: 0.5, trivial: 1 },
    },
  })
  const found = (lines: readonly Line[], word: string) =>
    directionsOf(lines).find(({ claim }) => claim.includes(word))

  it('say that one round matches, or does not', () => {
    expect(gapOf(line({}, 1.4))).toBeCloseTo(0.1, 12)
    expect(found([line({}, 1.04)], 'matches')).toMatchObject({ holds: true, cells: 1 })
    expect(found([line({}, 1.4)], 'matches')).toMatchObject({ holds: false })
    // The mean is below the share; the interval is not.
    const seeds = [1, 1, 1.5].map((oneRound, i) => line({ seed: `seed-${i}` }, oneRound))
    expect(gapOf(line({}, 1.5))).toBeCloseTo(0.125, 12)
    expect(found(seeds, 'matches')).toMatchObject({ holds: false })
    expect(found(seeds, 'matches')?.measured).toBeLessThan(0.05)
  })

  it('are the figures of the answer in words', () => {
    const text = answerOf([line({}, 1.04), line({ mode: 'full', split: 'dirichlet' }, 1.4)])
    expect(text).toContain(
      'With LoRA**: of what many rounds gain over the base, one round lacks 1.0 % (1.0 % to',
    )
    expect(text).toContain(
      '10.0 % where sites’ data are skewed. By model and epochs: 0.3m 1×3 10.0 %. 1 cell.',
    )
    expect(text).toContain('below a site’s own by 2.78 nats')
    expect(text).not.toContain('Bytes')
    expect(answerOf([])).toBe('')
  })

  it('compare cells that are alike but for one thing', () => {
    const lines = [
      line({}, 1.2),
      line({ split: 'dirichlet' }, 2),
      line({ split: 'dirichlet', epochs: 10 }, 3),
    ]
    expect(found(lines, 'skewed')).toMatchObject({ cells: 1, holds: true })
    expect(found(lines, 'skewed')?.measured).toBeCloseTo(0.2, 12)
    expect(found(lines, 'rounds that are saved')?.cells).toBe(1)
  })

  it('leave out what there are no cells for', () => {
    expect(found([line({}, 1)], 'size of the model')).toBeUndefined()
    expect(found([line({}, 1)], 'A and B')).toBeUndefined()
  })
})

describe('a quick run', () => {
  const said = (claim: string, holds: boolean): Direction => ({
    claim,
    expected: '',
    measured: 0.25,
    interval: [0.125, 0.5],
    cells: 3,
    holds,
  })

  it('says which directions are not those of the committed run', () => {
    const own = [said('a', true), said('b', true), said('c', false)]
    const compared = compareDirections(own, [said('a', true), said('b', false), said('d', true)])
    expect(compared.same).toEqual(['a'])
    expect(compared.differing.map((pair) => pair.own.claim)).toEqual(['b'])
    expect([compared.unknown, compared.missing]).toEqual([['c'], ['d']])
    expect(comparisonText(compared)).toEqual([
      '1 of 2 directions are those of the committed run',
      'differs: b: holds, 0.250 (0.125 … 0.500) over 3; committed: does not hold, 0.250 (0.125 … 0.500) over 3',
      'not in the committed run: c',
      'not in this run: d',
    ])
  })
})

describe('the document', () => {
  it('has each cell of one round against many and each direction, and nothing else', () => {
    const lines = committed()
    const directions = [
      { claim: 'a', expected: 'b', measured: 1, interval: [0, 2], cells: 3, holds: false },
    ] as const
    const number = v.number()
    const loss = v.strictObject({
      base: number,
      local: number,
      oneRound: number,
      manyRounds: number,
      centralised: number,
    })
    const cell = v.strictObject({
      name: v.string(),
      model: v.string(),
      parameters: number,
      sites: number,
      split: v.picklist(['even', 'dirichlet']),
      schedule: v.pipe(v.string(), v.regex(/^1x(\d+) against \1x1$/)),
      trainable: v.picklist(['lora', 'full']),
      seed: v.string(),
      loss,
      tau: number,
      cosine: v.nullable(number),
    })
    const direction = v.strictObject({
      claim: v.string(),
      expected: v.string(),
      measured: number,
      interval: v.tuple([number, number]),
      holds: v.boolean(),
    })
    const document = v.strictObject({ cells: v.array(cell), directions: v.array(direction) })
    const printed: unknown = JSON.parse(JSON.stringify(documentOf(lines, directions)))
    const { cells, directions: said } = v.parse(document, printed)
    expect(cells.map(({ name }) => name)).toEqual(
      lines.filter(({ kind }) => kind === 'rounds').map(({ name }) => name),
    )
    expect(said).toEqual([{ claim: 'a', expected: 'b', measured: 1, interval: [0, 2], holds: false }])
  })
})

describe('what is said of liars', () => {
  type Row = RobustnessLine['figures']['rows'][number]
  const row = (rule: string, attack: string, [liars, f]: readonly [number, number], loss: number): Row => ({
    rule,
    attack,
    liars,
    f,
    loss,
    refused: null,
    damage: 0,
    backdoor: null,
  })
  const line = (rows: readonly Row[]): RobustnessLine => ({
    kind: 'robustness',
    name: '',
    command: '',
    cpu: '',
    node: '',
    modelDigest: '',
    parameters: 1,
    seconds: 1,
    plan: {
      kind: 'robustness',
      model: '0.3m',
      siteCount: 10,
      split: 'even',
      epochs: 1,
      seed: 's',
      linesPerSite: 1,
      testLines: 1,
      learningRate: 1,
      triggerLines: 1,
    },
    figures: { base: 5, local: 4, rows: [...rows], poisoner: { share: 1, answerLoss: 0.5 } },
  })
  const claim = (rows: readonly Row[], word: string) =>
    ofRobustness([line(rows)]).find((each) => each.claim.includes(word))

  it('compares a rule with itself at another f, and with the mean', () => {
    const rows = [
      row('mean', 'none', [0, 1], 1),
      row('trimmed-mean', 'none', [0, 1], 1.05),
      row('mean', 'scale', [3, 3], 7),
      row('trimmed-mean', 'scale', [3, 3], 2),
      row('trimmed-mean', 'scale', [3, 1], 6),
      row('trimmed-mean', 'scale', [1, 1], 1.2),
      row('trimmed-mean', 'scale', [1, 3], 1.25),
    ]
    expect(claim(rows, 'all are honest')).toMatchObject({ holds: true, cells: 1 })
    expect(claim(rows, 'less than the mean')?.measured).toBe(5)
    expect(claim(rows, 'underestimating')).toMatchObject({ measured: 4, holds: true })
    expect(claim(rows, 'overestimating')?.measured).toBeCloseTo(0.05, 12)
    expect(claim(rows, 'do robust rules no harm')).toMatchObject({ holds: false, cells: 1 })
    expect(estimateTable([line(rows)])).toContain('| even | 3 | 1 | too small | – | 6.00 (scale) |')
    expect(robustnessTable([line(rows)])).toContain('| even | scale | 3 | 3 | 7.00 | 2.00 |')
  })

  it('says of an f that a rule does not heed nothing', () => {
    const rows = [row('median', 'scale', [3, 3], 2), row('median', 'scale', [3, 1], 2)]
    expect(claim(rows, 'underestimating')).toBeUndefined()
  })

  it('measures a backdoor on the way from an honest result to a poisoner’s own model', () => {
    const backdoored = (loss: number, attack: string, liars: number): Row => ({
      ...row('mean', attack, [liars, 1], 1),
      backdoor: { share: 0, answerLoss: loss },
    })
    const rows = [backdoored(8.5, 'none', 0), backdoored(6.5, 'backdoor', 1)]
    expect(claim(rows, 'lets a backdoor in')).toMatchObject({ measured: 0.25, holds: true })
    expect(backdoorTable([line(rows)])).toContain('| even | backdoor | 1 | 1 | 0.00 / 0.25 |')
    expect(backdoorTable([line(rows)])).toContain('answer with it: 1.00 on even data')
  })

  it('shows what admission refused as refused', () => {
    const refused = { ...row('mean', 'scale', [1, 1], 1), loss: null, refused: 'UPDATE_NORM' }
    expect(robustnessTable([line([refused])])).toContain('| even | scale | 1 | 1 | refused |')
  })
})
