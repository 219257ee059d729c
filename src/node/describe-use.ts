/**
 * What the rule did with each update, in figures and in plain words. A rule *leaves out*, only evidence *excludes*:
 * multi-krum leaves b members out of an honest round too, so nobody is called anything.
 */
import type { AggregateMember, AggregateOutcome } from '../aggregate/index.ts'
import type { Charter } from '../charter/schema.ts'
import { toHex } from '../core/bytes.ts'
import type { LeftOut } from './events.ts'

/** `report.json`, also part of a model card. */
export interface AggregationReport {
  readonly schema: 'oneround/aggregation@1'
  /** The rule with steps and parameters, such as `multi-krum@1`, `nnm@1+ties@1(density=1/5)`. */
  readonly rule: string
  readonly form: AggregateOutcome['form']
  /** SHA-256 of the aggregate's file, hex. */
  readonly aggregate: string
  readonly norm: number
  readonly weightCap: number | null
  readonly recompression: AggregateOutcome['recompression']
  /** What equal weights would have given. */
  readonly uniform: AggregateOutcome['uniform']
  /** Figures of the rule's own. */
  readonly notes: AggregateOutcome['notes']
  readonly members: readonly (Omit<AggregateMember, 'member'> & { readonly name: string })[]
  readonly leftOut: readonly LeftOut[]
}

export function buildReport(
  outcome: AggregateOutcome,
  { members }: Pick<Charter, 'members'>,
): AggregationReport {
  const { rule, ruleText, form, digest, norm, weightCap, recompression, uniform, notes } = outcome
  const named = outcome.members.map(({ member, ...figures }) => ({
    name: members[member]?.name ?? `#${member}`,
    ...figures,
  }))
  return {
    schema: 'oneround/aggregation@1',
    rule: ruleText,
    form,
    aggregate: toHex(digest),
    norm,
    weightCap,
    recompression,
    uniform,
    notes,
    members: named,
    leftOut: named.filter(({ leftOut }) => leftOut).map((each) => leftOutOf(rule.id, each)),
  }
}

type Named = AggregationReport['members'][number]

function leftOutOf(
  ruleId: string,
  { name, score, scoreToMedian, scoreRank, normToMedian, norm, cosine }: Named,
): LeftOut {
  const known = { scoreToMedian, scoreRank, normToMedian }
  const figures: Record<string, number> = { norm, cosine, ...(score === null ? {} : { score }) }
  for (const [key, value] of Object.entries(known)) if (value !== null) figures[key] = value
  return { member: name, by: ruleId, reason: reasonOf({ scoreToMedian, normToMedian, cosine }), figures }
}

const times = (value: number): string => `${Number(value.toPrecision(2))}×`

function reasonOf({
  scoreToMedian,
  normToMedian,
  cosine,
}: Pick<Named, 'scoreToMedian' | 'normToMedian' | 'cosine'>): string {
  const score = scoreToMedian === null ? [] : [`distance score ${times(scoreToMedian)} the median`]
  const angle = `cosine to the result ${cosine.toFixed(2).replace('-', '−')}`
  const norm = normToMedian === null ? '' : ` (its norm, ${times(normToMedian)} the median, passed admission)`
  return `${[...score, angle].join(', ')}${norm}`
}
