// Protects: the experiment on late sites goes through every set and every order, and says so where a digest is not the
// set's own, where members disagree, and where somebody has no certificate.
import { describe, expect, it } from 'vitest'
import { ordersOf, subsetsOf } from '../../../scripts/experiments/asynchrony.ts'
import { isAsComputed, ofAsynchrony } from '../../../scripts/experiments/asynchrony-claims.ts'
import { arrivalTable, lateTable } from '../../../scripts/experiments/asynchrony-report.ts'
import type { AsynchronyLine } from '../../../scripts/experiments/types.ts'

describe('sets and orders', () => {
  it('are all there, each once', () => {
    const sets = subsetsOf(4)
    expect(sets).toHaveLength(15)
    expect(new Set(sets.map((set) => set.join())).size).toBe(15)
    expect(sets[0]).toHaveLength(1)
    expect(sets.at(-1)).toEqual([0, 1, 2, 3])
    const orders = ordersOf([0, 1, 2, 3])
    expect(new Set(orders.map((order) => order.join())).size).toBe(24)
    for (const order of orders) expect(order.toSorted((x, y) => x - y)).toEqual([0, 1, 2, 3])
  })
})

type Figures = AsynchronyLine['figures']

const lineOf = (change: Partial<Figures> = {}): AsynchronyLine => ({
  kind: 'asynchrony',
  name: 'a',
  command: '',
  cpu: '',
  node: '',
  modelDigest: '',
  parameters: 1,
  seconds: 1,
  plan: {
    kind: 'asynchrony',
    model: '0.3m',
    siteCount: 2,
    split: 'even',
    epochs: 1,
    seed: 's',
    linesPerSite: 1,
    testLines: 1,
    learningRate: 1,
  },
  figures: {
    base: 5,
    local: 4,
    sets: [
      { sites: [0], loss: 4, orders: 1, aggregates: ['x'] },
      { sites: [1], loss: 4.5, orders: 1, aggregates: ['y'] },
      { sites: [0, 1], loss: 3, orders: 2, aggregates: ['xy'] },
    ],
    rounds: [
      { late: null, aggregates: [['xy']], holders: [2], seconds: 1 },
      { late: 0, aggregates: [['y'], ['xy']], holders: [2, 2], seconds: 2 },
    ],
    ...change,
  },
})

const holds = (line: AsynchronyLine, word: string): boolean | undefined =>
  ofAsynchrony([line]).find(({ claim }) => claim.includes(word))?.holds

describe('a round of nodes', () => {
  const line = lineOf()
  const late = { late: 0, aggregates: [['y'], ['xy']], holders: [2, 2], seconds: 2 }
  it('is as computed where every cut has its set’s aggregate at all members', () => {
    expect(isAsComputed(line, late)).toBe(true)
    expect(holds(line, 'nobody would have been late')).toBe(true)
  })
  it.each([
    ['the first cut is of another set', { aggregates: [['x'], ['xy']] }],
    ['the late cut is of another set', { aggregates: [['y'], ['y']] }],
    ['members hold two results', { aggregates: [['y'], ['xy', 'z']] }],
    ['a cut has no certificate', { aggregates: [['y'], []] }],
    ['one member has none', { holders: [2, 1] }],
  ])('is not where %s', (_, change) => {
    const round = { ...late, ...change }
    expect(isAsComputed(line, round)).toBe(false)
    expect(holds(lineOf({ rounds: [round] }), 'nobody would have been late')).toBe(false)
  })
  it('is not where the set itself has two aggregates', () => {
    const sets = lineOf().figures.sets.map((set) =>
      set.sites.length === 2 ? { ...set, aggregates: ['xy', 'yx'] } : set,
    )
    expect(isAsComputed(lineOf({ sets }), late)).toBe(false)
    expect(holds(lineOf({ sets }), 'whatever the order')).toBe(false)
  })
})

describe('the page on late sites', () => {
  it('has the base, each number of sites, and both kinds of rounds', () => {
    const rows = arrivalTable([lineOf()]).split('\n').slice(2)
    expect(rows).toEqual([
      '| 0.3m | even | 0 | 5.00 | 5.00 … 5.00 | – | – | – |',
      '| 0.3m | even | 1 | 4.25 | 4.00 … 4.50 | 2 | 1 | 1 |',
      '| 0.3m | even | 2 | 3.00 | 3.00 … 3.00 | 1 | 2 | 1 |',
    ])
    expect(lateTable([lineOf()]).split('\n').slice(2)).toEqual([
      '| nobody | 1 | 1 | 1 | 1 | 1 |',
      '| one member, after the others had their result | 1 | 2 | 1 | 1 | 2 |',
    ])
  })
  it('says that an arrival lowers the loss only where it does', () => {
    expect(holds(lineOf(), 'lowers the loss')).toBe(true)
    const sets = lineOf().figures.sets.map((set) => (set.sites.length === 2 ? { ...set, loss: 5 } : set))
    expect(holds(lineOf({ sets }), 'lowers the loss')).toBe(false)
  })
})
