// Protects the alarms of a training run: each kind where its history shows it, and silence where nothing is wrong.
import { expect, test } from 'vitest'
import { alarmsOf } from '../../../src/train/alarms.ts'
import type { HistoryEntry } from '../../../src/train/loop.ts'

type Point = readonly [trainLoss: number | null, validationLoss: number | null, norm?: number]

/** Validations ten steps apart; the first is the start. */
const historyOf = (...points: readonly Point[]): HistoryEntry[] =>
  points.map(([trainLoss, validationLoss, norm = 1], i) => ({
    step: 10 * i,
    epoch: i,
    learningRate: 1e-3,
    trainLoss,
    validationLoss,
    gradientNormMax: i === 0 ? null : norm,
  }))

const kindsOf = (history: readonly HistoryEntry[], stepCount = 40): string[] =>
  alarmsOf(history, stepCount).map(({ kind, step }) => `${kind}@${step}`)

test('a run that learns raises none', () => {
  expect(kindsOf(historyOf([null, 4], [3, 3], [2, 2.5], [1.8, 2.2], [1.7, 2.1]))).toEqual([])
  expect(alarmsOf([], 10)).toEqual([])
  expect(kindsOf(historyOf([null, 0], [0, 0], [0, 0], [0, 0]))).toEqual([])
})

test('over-fitting: the validation loss rises twice while the training loss falls', () => {
  expect(kindsOf(historyOf([null, 4], [3, 3], [2, 3.1], [1.5, 3.2], [1, 3.3]))).toEqual(['over-fitting@30'])
  // One rise is noise, and rises with a training loss that rises too are something else.
  expect(kindsOf(historyOf([null, 4], [3, 3], [2, 3.1], [1.5, 2.9], [1, 3]))).toEqual([])
  expect(kindsOf(historyOf([null, 4], [3, 3], [3.1, 3.1], [3.2, 3.2], [3.3, 3.3]))).toEqual([])
  // Without validation nothing can be said.
  expect(kindsOf(historyOf([null, null], [3, null], [2, null], [1, null]))).toEqual([])
})

test('diverging: the loss is above its start by more than a tenth', () => {
  expect(kindsOf(historyOf([null, 4], [5, 4.3], [6, 4.5]), 200)).toEqual(['diverging@20'])
  expect(kindsOf(historyOf([null, null], [4, null], [4.5, null]), 200)).toEqual(['diverging@20'])
  const [alarm] = alarmsOf(historyOf([null, 4], [6, 5.25]), 200)
  expect(alarm?.sentence).toMatch(/^The loss is 5.25, above the 4.00 .*Lower the learning rate/)
})

test('exploding gradient: a hundred times what was usual', () => {
  const history = historyOf([null, 4], [3, 3, 2], [2.5, 2.9, 1], [2.4, 2.8, 3], [2.3, 2.7, 201])
  expect(kindsOf(history)).toEqual(['exploding-gradient@40'])
  expect(kindsOf(historyOf([null, 4], [3, 3, 2], [2.5, 2.9, 190]))).toEqual([])
})

test('not learning: half of the steps are gone and the loss has not moved', () => {
  const flat = historyOf([null, 4], [4, 4], [4, 3.99], [4, 3.98])
  expect(kindsOf(flat)).toEqual(['not-learning@20'])
  expect(kindsOf(flat, 100)).toEqual([])
  // A loss that fell once and came back has learnt something.
  expect(kindsOf(historyOf([null, 4], [4, 3.5], [4, 4], [4, 4]))).toEqual([])
})
