/** The answer in a few sentences, every figure from the raw lines: what stands at the top of docs/results/README.md. */
import { isAsComputed } from './asynchrony-claims.ts'
import { leastBytes, timesOf } from './bytes-report.ts'
import { gapOf } from './directions.ts'
import { ofRobustness } from './robustness-claims.ts'
import { type Estimate, estimate } from './statistics.ts'
import type { AsynchronyLine, BytesLine, ExactnessLine, Line, RobustnessLine, RoundsLine } from './types.ts'

const fixed = (value: number, digits: number): string => value.toFixed(digits).replace(/^-(0\.?0*)$/, '$1')
const share = (value: number): string => `${fixed(100 * value, 1)} %`
const shares = ({ mean, interval: [low, high] }: Estimate): string =>
  `${share(mean)} (${share(low)} to ${share(high)})`
const nats = ({ mean, interval: [low, high] }: Estimate): string =>
  `${fixed(mean, 2)} nats (${fixed(low, 2)} to ${fixed(high, 2)})`
const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

function ofMode(lines: readonly RoundsLine[], mode: RoundsLine['plan']['mode'], name: string): string[] {
  const own = lines.filter(({ plan }) => plan.mode === mode)
  if (own.length === 0) return []
  const splits = (['even', 'dirichlet'] as const).flatMap((split) => {
    const of = own.filter(({ plan }) => plan.split === split)
    const word = split === 'even' ? 'alike' : 'skewed'
    return of.length === 0 ? [] : [`${share(estimate(of.map(gapOf)).mean)} where sites’ data are ${word}`]
  })
  // Models have not been through equal schedules, so that the mean over all is not a mean over like things.
  const kinds = [...new Set(own.map(({ plan }) => `${plan.model} 1×${plan.epochs}`))].map((kind) => {
    const of = own.filter(({ plan }) => `${plan.model} 1×${plan.epochs}` === kind)
    return `${kind} ${share(estimate(of.map(gapOf)).mean)}`
  })
  const gap = shares(estimate(own.map(gapOf)))
  return [
    `- **${name}**: of what many rounds gain over the base, one round lacks ${gap}; ${splits.join(', ')}. By model and epochs: ${kinds.join(', ')}. ${plural(own.length, 'cell')}.`,
  ]
}

function ofNeighbours(lines: readonly RoundsLine[]): string[] {
  if (lines.length === 0) return []
  const over = (figure: (loss: RoundsLine['figures']['loss']) => number): string =>
    nats(estimate(lines.map(({ figures }) => figure(figures.loss))))
  return [
    `- **Against staying alone**: one round’s held-out loss is below a site’s own by ${over((loss) => loss.local - loss.oneRound)}, and below the best site’s by ${over((loss) => loss.bestLocal - loss.oneRound)}.`,
    `- **Against all data in one place**, which nobody in a consortium has: one round is above by ${over((loss) => loss.oneRound - loss.centralised)}, many rounds by ${over((loss) => loss.manyRounds - loss.centralised)}.`,
  ]
}

function ofMerging(lines: readonly ExactnessLine[]): string[] {
  if (lines.length === 0) return []
  const cost = (word: string): string =>
    nats(
      estimate(
        lines.flatMap(({ figures: { ways } }) => {
          const exact = ways.find(({ way }) => way === 'exact mean of ΔW')
          const other = ways.find(({ way }) => way.includes(word))
          return exact === undefined || other === undefined ? [] : [other.loss - exact.loss]
        }),
      ),
    )
  return [
    `- **Exact merging**: averaging adapters’ A and B apart costs ${cost('apart, shared')} where all start from one A, ${cost('apart, own')} where each has its own.`,
  ]
}

function ofArrivals(lines: readonly AsynchronyLine[]): string[] {
  if (lines.length === 0) return []
  const sets = lines.flatMap(({ figures }) => figures.sets)
  const one = sets.filter(({ aggregates }) => aggregates.length === 1).length
  const rounds = lines.flatMap((line) => line.figures.rounds.map((round) => isAsComputed(line, round)))
  const right = rounds.filter((each) => each).length
  return [
    `- **Late sites**: ${one} of ${sets.length} sets of sites give one digest in whatever order they arrive; ${right} of ${rounds.length} rounds of real nodes, most with a late member, end on the digest of the set.`,
  ]
}

function ofWire(lines: readonly BytesLine[]): string[] {
  if (lines.length === 0) return []
  const ratios = lines.flatMap((line) =>
    line.figures.rounds.map(({ sentBytes }) => sentBytes / leastBytes(line)),
  )
  const counts = lines.map(({ plan }) => plan.siteCount)
  const who = `${Math.min(...counts)} to ${Math.max(...counts)} members`
  return [
    `- **Bytes**: a round of ${who} sends ${fixed(Math.min(...ratios), 3)} to ${fixed(Math.max(...ratios), 3)} times the n(n−1) updates that it must; three rounds send ${fixed(estimate(lines.flatMap(timesOf)).mean, 2)} times what the first does.`,
  ]
}

/** The claims' own figures, in words. */
function ofLiars(lines: readonly RobustnessLine[]): string[] {
  if (lines.length === 0) return []
  const claims = ofRobustness(lines)
  const of = (word: string): Estimate | null => {
    const found = claims.find(({ claim }) => claim.includes(word))
    return found === undefined ? null : { mean: found.measured, interval: found.interval, count: found.cells }
  }
  const [harm, gain, under, over, inRobust, inMean] = [
    of('no harm'),
    of('lose less than the mean'),
    of('underestimating'),
    of('overestimating'),
    of('keep a backdoor out'),
    of('lets a backdoor in'),
  ]
  const sentences = [
    harm && gain
      ? `with f as many as liars, poisoned updates raise robust rules’ loss by ${nats(harm)} and the mean’s by ${fixed(gain.mean, 2)} more`
      : '',
    under && over
      ? `three liars where f is 1 cost ${nats(under)} more than where it is 3, one liar where f is 3 costs ${nats(over)}`
      : '',
    inRobust && inMean
      ? `a backdoor from poisoned data gets ${shares(inRobust)} of its way through robust rules, ${shares(inMean)} through a mean`
      : '',
  ].filter((text) => text !== '')
  return sentences.length === 0 ? [] : [`- **Liars**: ${sentences.join('; ')}.`]
}

export function answerOf(lines: readonly Line[]): string {
  const rounds = lines.filter((line) => line.kind === 'rounds')
  return [
    ...ofMode(rounds, 'lora', 'With LoRA'),
    ...ofMode(rounds, 'full', 'With full fine-tuning'),
    ...ofNeighbours(rounds),
    ...ofMerging(lines.filter((line) => line.kind === 'exactness')),
    ...ofArrivals(lines.filter((line) => line.kind === 'asynchrony')),
    ...ofLiars(lines.filter((line) => line.kind === 'robustness')),
    ...ofWire(lines.filter((line) => line.kind === 'bytes')),
  ].join('\n')
}
