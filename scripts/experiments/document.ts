/** What `npm run experiments -- --json` prints: the cells of experiment 1, and every direction. */
import type { Direction } from './direction.ts'
import type { Line } from './types.ts'

export function documentOf(lines: readonly Line[], directions: readonly Direction[]): object {
  const cells = lines.flatMap((line) => {
    if (line.kind !== 'rounds') return []
    const { plan, figures } = line
    const { base, local, oneRound, manyRounds, centralised } = figures.loss
    return [
      {
        name: line.name,
        model: plan.model,
        parameters: line.parameters,
        sites: plan.siteCount,
        split: plan.split,
        schedule: `1x${plan.epochs} against ${plan.epochs}x1`,
        trainable: plan.mode,
        seed: plan.seed,
        loss: { base, local, oneRound, manyRounds, centralised },
        tau: figures.tau,
        cosine: figures.cosine,
      },
    ]
  })
  return {
    cells,
    directions: directions.map(({ claim, expected, measured, interval, holds }) => ({
      claim,
      expected,
      measured,
      interval,
      holds,
    })),
  }
}
