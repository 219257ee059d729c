/** What the lines of experiment 4 say, claim by claim. */
import { type Direction, direction, isPositive, over } from './direction.ts'
import { BACKDOORS, NOBODY, ROBUST_RULES, VALUE_ATTACKS } from './robustness-cases.ts'
import type { Estimate } from './statistics.ts'
import type { RobustnessLine } from './types.ts'
import { mean } from './vectors.ts'

export type Row = RobustnessLine['figures']['rows'][number]

/** At most this much is "no harm" here: nats. */
const HARM = 0.1
/** At most this share of the way to the poisoner's own model is "kept out". */
const KEPT_OUT_SHARE = 0.05

const isRobust = ({ rule }: Row): boolean => ROBUST_RULES.includes(rule)
export const isOnValues = ({ attack }: Row): boolean => VALUE_ATTACKS.includes(attack)
export const everyRow = (lines: readonly RobustnessLine[]): readonly Row[] =>
  lines.flatMap(({ figures }) => figures.rows)

/** The loss of each row less that of the row of the same cell that `partner` describes; where both have one. */
function differences(
  lines: readonly RobustnessLine[],
  isMeant: (row: Row) => boolean,
  partner: (row: Row) => Partial<Row>,
): readonly number[] {
  return lines.flatMap(({ figures: { rows } }) =>
    rows.filter(isMeant).flatMap((row) => {
      const sought = { ...row, ...partner(row) }
      const other = rows.find(
        ({ rule, attack, liars, f }) =>
          rule === sought.rule && attack === sought.attack && liars === sought.liars && f === sought.f,
      )
      return row.loss === null || other?.loss === undefined || other.loss === null
        ? []
        : [row.loss - other.loss]
    }),
  )
}

const nobody = ({ f }: Row): Partial<Row> => ({ attack: NOBODY, liars: 0, f })

export function ofRobustness(lines: readonly RobustnessLine[]): readonly Direction[] {
  return [
    ...direction(
      'robust rules cost little where all are honest',
      `loss − the mean’s ≤ ${HARM} nats, nobody lying`,
      perCell(lines, (own) =>
        differences(
          own,
          (row) => row.attack === NOBODY && isRobust(row),
          () => ({ rule: 'mean' }),
        ),
      ),
      ({ interval: [, high] }) => high <= HARM,
    ),
    ...direction(
      'robust rules lose less than the mean where updates are poisoned, f as many as liars',
      'the mean’s loss − the rule’s > 0 nats',
      perCell(lines, (own) =>
        differences(
          own,
          (row) => isOnValues(row) && row.liars === row.f && isRobust(row),
          () => ({ rule: 'mean' }),
        ).map((value) => -value),
      ),
      isPositive,
    ),
    ...direction(
      'with f as many as liars, poisoned updates do robust rules no harm',
      `loss − without liars ≤ ${HARM} nats`,
      perCell(lines, (own) =>
        differences(own, (row) => isOnValues(row) && row.liars === row.f && isRobust(row), nobody),
      ),
      ({ interval: [, high] }) => high <= HARM,
    ),
    ...direction(
      'underestimating f costs (three liars, f = 1 instead of 3)',
      'loss − with f = 3 > 0 nats, robust rules that heed f',
      perCell(lines, (own) =>
        differences(
          own,
          (row) => isOnValues(row) && row.liars === 3 && row.f === 1 && isRobust(row) && heedsF(row),
          () => ({ f: 3 }),
        ),
      ),
      isPositive,
    ),
    ...direction(
      'overestimating f costs little (one liar, f = 3 instead of 1)',
      `loss − with f = 1 ≤ ${HARM} nats, robust rules that heed f`,
      perCell(lines, (own) =>
        differences(
          own,
          (row) => isOnValues(row) && row.liars === 1 && row.f === 3 && isRobust(row) && heedsF(row),
          () => ({ f: 1 }),
        ),
      ),
      ({ interval: [, high] }) => high <= HARM,
    ),
    ...direction(
      'robust rules keep a backdoor out, f as many as liars',
      `share of the way to a poisoner’s own model ≤ ${KEPT_OUT_SHARE}`,
      perCell(lines, (own) =>
        backdoorWays(own, (row) => BACKDOORS.includes(row.attack) && row.liars === row.f && isRobust(row)),
      ),
      ({ interval: [, high] }) => high <= KEPT_OUT_SHARE,
    ),
    ...direction(
      'a plain mean lets a backdoor in',
      `share of the way to a poisoner’s own model > ${KEPT_OUT_SHARE}`,
      perCell(lines, (own) =>
        backdoorWays(
          own,
          (row) => BACKDOORS.includes(row.attack) && row.liars === row.f && row.rule === 'mean',
        ),
      ),
      ({ interval: [low] }) => low > KEPT_OUT_SHARE,
    ),
  ]
}

/** The others compute the same whatever f is. */
const heedsF = ({ rule }: Row): boolean => rule !== 'median' && rule !== 'geometric-median'

/** One figure a cell, since rows of a cell share their sites: the mean of what each gives. */
function perCell(
  lines: readonly RobustnessLine[],
  valuesOf: (own: readonly RobustnessLine[]) => readonly number[],
): Estimate | null {
  return over(
    lines.flatMap((line) => {
      const values = valuesOf([line])
      return values.length === 0 ? [] : [mean(values)]
    }),
  )
}

/** How far the loss of the backdoor's answer goes from an honest result's (0) to a poisoner's own model's (1). */
export function backdoorWay({ figures: { rows, poisoner } }: RobustnessLine, row: Row): number | null {
  const honest = rows.find(
    ({ rule, attack, f }) => rule === row.rule && attack === NOBODY && f === row.f,
  )?.backdoor
  if (row.backdoor === null || honest === undefined || honest === null) return null
  return (honest.answerLoss - row.backdoor.answerLoss) / (honest.answerLoss - poisoner.answerLoss)
}

const backdoorWays = (lines: readonly RobustnessLine[], isMeant: (row: Row) => boolean): readonly number[] =>
  lines.flatMap((line) => line.figures.rows.filter(isMeant).flatMap((row) => backdoorWay(line, row) ?? []))
