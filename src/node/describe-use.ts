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
  /** Id and version, such as `multi-krum@1`. */
  readonly rule: string
  readonly form: AggregateOutcome['form']
  /** SHA-256 of the aggregate's file, hex. */
  readonly aggregate: string
  readonly norm: number
  readonly weightCap: number | null
  readonly recompression: AggregateOutcome['recompression']
  readonly members: readonly (Omit<AggregateMember, 'member'> & { readonly name: string })[]
  readonly leftOut: readonly LeftOut[]
}

export function buildReport(
  outcome: AggregateOutcome,
  { members }: Pick<Charter, 'members'>,
): AggregationReport {
  const { rule, form, digest, norm, weightCap, recompression } = outcome
  const named = outcome.members.map(({ member, ...figures }) => ({
    name: members[member]?.name ?? `#${member}`,
    ...figures,
  }))
  return {
    schema: 'oneround/aggregation@1',
    rule: `${rule.id}@${rule.version}`,
    form,
    aggregate: toHex(digest),
    norm,
    weightCap,
    recompression,
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
