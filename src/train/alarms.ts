/**
 * Alarms: what the history of a run says is going wrong, each with a sentence on what to do. Pure.
 * In: the run's history (loop.ts) and how many steps it was to have. Out: each kind of alarm once, at the step where it
 * first shows; an alarm ends nothing, since early stopping and the choice of the best parameters are the recipe's.
 * What is not finite never comes here: the loop throws TRAINING_DIVERGED.
 * Source: Prechelt 1998, "Early Stopping — But When?" (validation against training loss); Pascanu, Mikolov & Bengio 2013
 * (arXiv:1211.5063), exploding gradients.
 */
import type { HistoryEntry } from './loop.ts'

export const ALARM_KINDS = ['over-fitting', 'diverging', 'exploding-gradient', 'not-learning'] as const
export type AlarmKind = (typeof ALARM_KINDS)[number]

export interface Alarm {
  readonly kind: AlarmKind
  /** The step at which it first showed. */
  readonly step: number
  /** What was seen and what to do, in words. */
  readonly sentence: string
}

/** Validation losses that must rise one after the other: one alone is often noise, early stopping waits for three. */
export const RISES_MIN = 2
/** Loss over its start, as a share of it: warm-up and small validation sets move a loss by some percent. */
export const DIVERGENCE_SHARE = 0.1
/** Gradients of language models vary by a factor of ten between batches; a hundredfold is no batch's doing. */
export const EXPLOSION_FACTOR = 100
/** Share of the steps after which a loss should have moved: warm-up is over and the rate was at its peak. */
export const LEARNING_STEPS_SHARE = 0.5
/** A fall by less than this share of the start is none. */
export const LEARNING_GAIN_SHARE = 0.01

/** @param stepCount — of the whole run @returns in order of their steps */
export function alarmsOf(history: readonly HistoryEntry[], stepCount: number): readonly Alarm[] {
  const found = new Map<AlarmKind, Alarm>()
  for (let end = 1; end <= history.length; end++) {
    const past = history.slice(0, end)
    for (const alarm of alarmsAt(past, stepCount)) if (!found.has(alarm.kind)) found.set(alarm.kind, alarm)
  }
  return [...found.values()]
}

/** What the last entry shows. */
function alarmsAt(past: readonly HistoryEntry[], stepCount: number): readonly Alarm[] {
  const alarms = [overFitting(past), diverging(past), explodingGradient(past), notLearning(past, stepCount)]
  return alarms.filter((alarm) => alarm !== null)
}

function overFitting(past: readonly HistoryEntry[]): Alarm | null {
  const last = past.slice(-RISES_MIN - 1)
  const rises = last.filter((entry, i) => i > 0 && isBelow(last[i - 1]?.validationLoss, entry.validationLoss))
  const [first, end] = [last[1], last.at(-1)]
  // The entry before the first rise may be the start, which has no training loss: the fall is seen within the rises.
  if (rises.length < RISES_MIN || first === undefined || end === undefined) return null
  if (!isBelow(end.trainLoss, first.trainLoss)) return null
  return {
    kind: 'over-fitting',
    step: end.step,
    sentence:
      `The validation loss rose ${RISES_MIN} times in a row while the training loss fell: the model learns the samples by heart. ` +
      'Train for fewer epochs or with a lower rank, add dropout, weight decay or a pull towards the base, or bring more data.',
  }
}

function diverging(past: readonly HistoryEntry[]): Alarm | null {
  const [start, end] = [startLoss(past), past.at(-1)]
  const loss = end === undefined ? null : lossOf(end)
  if (start === null || end === undefined || loss === null) return null
  if (loss <= start * (1 + DIVERGENCE_SHARE)) return null
  return {
    kind: 'diverging',
    step: end.step,
    sentence:
      `The loss is ${loss.toPrecision(3)}, above the ${start.toPrecision(3)} that it began with: training makes the model worse. ` +
      'Lower the learning rate (train --find-lr suggests one) or warm up for longer.',
  }
}

function explodingGradient(past: readonly HistoryEntry[]): Alarm | null {
  const norms = past.map((entry) => entry.gradientNormMax).filter((norm) => norm !== null)
  const end = past.at(-1)
  const norm = end?.gradientNormMax ?? null
  if (end === undefined || norm === null || norms.length < 2) return null
  const before = norms.slice(0, -1).toSorted((a, b) => a - b)
  const usual = before[(before.length - 1) >> 1] ?? 0
  if (usual === 0 || norm <= usual * EXPLOSION_FACTOR) return null
  return {
    kind: 'exploding-gradient',
    step: end.step,
    sentence:
      `The gradient's norm reached ${norm.toPrecision(3)}, where ${usual.toPrecision(3)} was usual. ` +
      'Lower the learning rate or the bound of the norm, and look for samples that are unlike the others.',
  }
}

function notLearning(past: readonly HistoryEntry[], stepCount: number): Alarm | null {
  const [start, end] = [startLoss(past), past.at(-1)]
  if (start === null || end === undefined || past.length < 2) return null
  if (end.step < stepCount * LEARNING_STEPS_SHARE) return null
  const losses = past.slice(1).map(lossOf)
  const lowest = losses.reduce<number>((least, loss) => Math.min(least, loss ?? least), start)
  const hasMoved = start - lowest >= start * LEARNING_GAIN_SHARE
  // Where the loss has risen, `diverging` says so.
  const loss = lossOf(end) ?? start
  if (hasMoved || start === 0 || loss > start * (1 + DIVERGENCE_SHARE)) return null
  return {
    kind: 'not-learning',
    step: end.step,
    sentence:
      `After ${end.step} of ${stepCount} steps the loss has fallen by less than ${100 * LEARNING_GAIN_SHARE} % of its start. ` +
      'Raise the learning rate (train --find-lr suggests one) or the rank, adapt more modules, and check that the data has what is to be learnt.',
  }
}

/** Validation loss where there is one; else what was trained on. */
const lossOf = (entry: HistoryEntry): number | null => entry.validationLoss ?? entry.trainLoss

/** The first loss there is: before training with validation, of the first steps without. */
function startLoss(past: readonly HistoryEntry[]): number | null {
  for (const entry of past) {
    const loss = lossOf(entry)
    if (loss !== null) return loss
  }
  return null
}

const isBelow = (a: number | null | undefined, b: number | null | undefined): boolean =>
  typeof a === 'number' && typeof b === 'number' && a < b
