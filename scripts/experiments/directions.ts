/**
 * What the lines say, claim by claim: the figure that the claim is about, with its interval, and whether it holds. In:
 * lines of cells. Out: directions; those whose cells are not there are left out. Nothing is hidden: a claim of the paper
 * that does not hold is listed as not holding.
 */
import { ofAsynchrony } from './asynchrony-claims.ts'
import { ofBytes } from './bytes-report.ts'
import { type Direction, direction, isNegative, isPositive, over } from './direction.ts'
import { ofRobustness } from './robustness-claims.ts'
import { type Estimate, rankCorrelation } from './statistics.ts'
import type { ExactnessLine, Line, RoundsLine, RoundsPlan } from './types.ts'

/** Share of what many rounds gain over the base that one round lacks; negative where one round is better. */
export function gapOf({ figures: { loss } }: RoundsLine): number {
  return (loss.oneRound - loss.manyRounds) / (loss.base - loss.manyRounds)
}

/** At most this share is "matches" here. */
export const MATCH_SHARE = 0.05

/** Differences between cells that are alike but for one thing: the figure of the second less that of the first. */
function pairs(
  lines: readonly RoundsLine[],
  key: keyof RoundsPlan,
  [first, second]: readonly [string | number, string | number],
  figure: (line: RoundsLine) => number,
): readonly number[] {
  const rest = ({ plan }: RoundsLine): string =>
    JSON.stringify(
      Object.entries({ ...plan, [key]: null, ...(RATE_KEYS.has(key) ? { learningRate: null } : {}) }),
    )
  const others = new Map(lines.filter(({ plan }) => plan[key] === second).map((line) => [rest(line), line]))
  return lines.flatMap((line) => {
    const other = others.get(rest(line))
    return line.plan[key] !== first || other === undefined ? [] : [figure(other) - figure(line)]
  })
}

/** What the learning rate goes with. */
const RATE_KEYS: ReadonlySet<string> = new Set(['model', 'mode'])

export function directionsOf(lines: readonly Line[]): readonly Direction[] {
  return [
    ...ofRounds(lines.filter((line) => line.kind === 'rounds')),
    ...ofExactness(lines.filter((line) => line.kind === 'exactness')),
    ...ofAsynchrony(lines.filter((line) => line.kind === 'asynchrony')),
    ...ofRobustness(lines.filter((line) => line.kind === 'robustness')),
    ...ofBytes(lines.filter((line) => line.kind === 'bytes')),
  ]
}

/** Holds only where all of the interval is below the share. */
const matching = (claim: string, lines: readonly RoundsLine[]): readonly Direction[] =>
  direction(
    claim,
    `gap ≤ ${MATCH_SHARE} of what many rounds gain`,
    over(lines.map(gapOf)),
    ({ interval: [, high] }) => high <= MATCH_SHARE,
  )

export function ofRounds(lines: readonly RoundsLine[]): readonly Direction[] {
  const gaps = (key: keyof RoundsPlan, of: readonly [string | number, string | number]): Estimate | null =>
    over(pairs(lines, key, of, gapOf))
  const correlated = (figure: (line: RoundsLine) => number | null): Estimate | null => {
    const found = lines.flatMap((line) => {
      const value = figure(line)
      return value === null ? [] : [[value, gapOf(line)] as const]
    })
    return found.length < 6 ? null : rankCorrelation(found)
  }
  return [
    ...matching('one round matches many rounds of as many local epochs', lines),
    ...matching(
      'with LoRA, one round matches many',
      lines.filter(({ plan }) => plan.mode === 'lora'),
    ),
    ...matching(
      'with full fine-tuning, one round matches many',
      lines.filter(({ plan }) => plan.mode === 'full'),
    ),
    ...direction(
      'one round answers as many questions word for word as many rounds',
      `one − many ≥ −${MATCH_SHARE} of all questions`,
      over(
        lines.flatMap(({ figures: { exactMatch: found } }) =>
          found.oneRound === null || found.manyRounds === null ? [] : [found.oneRound - found.manyRounds],
        ),
      ),
      ({ interval: [low] }) => low >= -MATCH_SHARE,
    ),
    ...direction(
      'one round is better than what a site has alone',
      'local − one round > 0 nats',
      over(lines.map(({ figures: { loss } }) => loss.local - loss.oneRound)),
      isPositive,
    ),
    ...direction(
      'one round is better than the best site alone',
      'best local − one round > 0 nats',
      over(lines.map(({ figures: { loss } }) => loss.bestLocal - loss.oneRound)),
      isPositive,
    ),
    ...direction(
      'the gap is larger on skewed data',
      'gap on Dirichlet − on even > 0',
      gaps('split', ['even', 'dirichlet']),
      isPositive,
    ),
    ...direction(
      'the gap is larger for full fine-tuning than for LoRA',
      'gap of full − of LoRA > 0',
      gaps('mode', ['lora', 'full']),
      isPositive,
    ),
    ...direction(
      'the gap grows with the number of rounds that are saved',
      'gap at T = 10 − at 3 > 0',
      gaps('epochs', [3, 10]),
      isPositive,
    ),
    ...direction(
      'the gap grows with the number of sites',
      'gap of 10 sites − of 4 > 0',
      gaps('siteCount', [4, 10]),
      isPositive,
    ),
    ...direction(
      'the gap falls with more pretraining',
      'gap after much − after little < 0',
      gaps('model', ['0.3m-little', '0.3m']),
      isNegative,
    ),
    ...direction(
      'the gap falls with the size of the model',
      'gap at 3 M − at 0.3 M < 0',
      gaps('model', ['0.3m', '3m']),
      isNegative,
    ),
    ...direction(
      'the farther sites move (τ), the larger the gap',
      'rank correlation > 0',
      correlated(({ figures }) => figures.tau),
      isPositive,
    ),
    ...direction(
      'the rougher the loss (L), the larger the gap',
      'rank correlation > 0',
      correlated(({ figures }) => figures.smoothness),
      isPositive,
    ),
    ...direction(
      'the more alike the updates (cosine), the smaller the gap',
      'rank correlation < 0',
      correlated(({ figures }) => figures.cosine),
      isNegative,
    ),
    ...direction(
      'the larger the paper’s bound, the larger the gap',
      'rank correlation > 0',
      correlated(({ figures }) => figures.bound.value),
      isPositive,
    ),
    ...direction(
      'the paper’s bound says more than the triangle inequality',
      'share of cells > 0',
      over(lines.map(({ figures: { bound } }) => (bound.value < bound.trivial ? 1 : 0))),
      (found) => found.mean > 0,
    ),
  ]
}

export function ofExactness(lines: readonly ExactnessLine[]): readonly Direction[] {
  const cost = (way: (name: string) => boolean): Estimate | null =>
    over(
      lines.flatMap(({ figures: { ways } }) => {
        const exact = ways.find((each) => each.way === 'exact mean of ΔW')
        const other = ways.find((each) => way(each.way))
        return exact === undefined || other === undefined ? [] : [other.loss - exact.loss]
      }),
    )
  const costs = 'loss − exact mean’s > 0 nats'
  return [
    ...direction(
      'averaging A and B apart costs loss, even from one first A',
      costs,
      cost((name) => name.includes('apart, shared')),
      isPositive,
    ),
    ...direction(
      'averaging A and B apart costs more from first A of their own',
      costs,
      cost((name) => name.includes('apart, own')),
      isPositive,
    ),
    ...direction(
      'recompressing to the sites’ rank costs loss',
      costs,
      cost((name) => name === 'recompressed to rank 8'),
      isPositive,
    ),
    ...direction(
      'freezing A costs loss',
      costs,
      cost((name) => name.includes('frozen')),
      isPositive,
    ),
  ]
}
