/**
 * How fast to learn and when to stop. Pure.
 * Source: linear warm-up (Goyal et al. 2017), cosine decay (Loshchilov and Hutter 2017, SGDR); patience as in Prechelt
 * 1998, "Early Stopping — But When?".
 */

export const SCHEDULES = ['cosine', 'linear', 'constant'] as const
export type ScheduleName = (typeof SCHEDULES)[number]

export interface Schedule {
  /** How the rate falls after the warm-up, from its peak to `finalShare` of it; `constant` stays at the peak. */
  readonly schedule: ScheduleName
  /** The highest rate, reached at the end of the warm-up. */
  readonly learningRate: number
  readonly warmupStepCount: number
  readonly stepCount: number
  /** Share of the highest rate that is left at the last step. */
  readonly finalShare: number
}

/** The learning rate of a step. @param step — from 0 */
export function learningRateAt(schedule: Schedule, step: number): number {
  const { learningRate, warmupStepCount, stepCount, finalShare } = schedule
  if (step < warmupStepCount) return (learningRate * (step + 1)) / warmupStepCount
  const span = Math.max(1, stepCount - warmupStepCount)
  const share = Math.min(1, (step - warmupStepCount) / span)
  return learningRate * (finalShare + (1 - finalShare) * fallOf(schedule.schedule, share))
}

/** From 1 at the peak to 0 at the end. */
function fallOf(schedule: ScheduleName, share: number): number {
  switch (schedule) {
    case 'cosine':
      return 0.5 * (1 + Math.cos(Math.PI * share))
    case 'linear':
      return 1 - share
    case 'constant':
      return 1
  }
}

/** What early stopping knows. */
export interface Patience {
  /** The lowest validation loss so far. */
  readonly bestLoss: number
  /** How many validations since then were no better. */
  readonly waited: number
}

export const FULL_PATIENCE: Patience = { bestLoss: Number.POSITIVE_INFINITY, waited: 0 }

/** @param minGain — a smaller improvement than this counts as none, nats */
export function observeLoss(
  patience: Patience,
  loss: number,
  minGain: number,
): { readonly patience: Patience; readonly isBest: boolean } {
  // The best parameters are those of the lowest loss; patience is renewed only by a gain that matters.
  const isBest = loss < patience.bestLoss
  const isGain = loss < patience.bestLoss - minGain
  const bestLoss = isBest ? loss : patience.bestLoss
  return { patience: { bestLoss, waited: isGain ? 0 : patience.waited + 1 }, isBest }
}
