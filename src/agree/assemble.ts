/**
 * Puts a certificate together from what I hold. Any q Finalize and any q equal Attestations are the same certificate;
 * mine takes all that I hold when the quorum is complete.
 * Source: docs/PROTOCOL.md §8.4.
 */
import { equalBytes } from '../core/bytes.ts'
import { digestKey } from '../core/ids.ts'
import type { Certificate } from './certificate.ts'
import { type Envelope, envelopeOf, type Message } from './envelope.ts'
import { instanceOf, outcomeOf, type State } from './state.ts'
import { ruleKey } from './tally.ts'
import type { Params } from './types.ts'
import { headerOf, isProven, statusesOf } from './value.ts'

/** The certificate of one cut. @returns null while its decision or attestations are missing */
export function assembleCertificate(state: State, params: Params, cut: number): Certificate | null {
  const { outcome, finalized, attested } = instanceOf(state, cut)
  if (outcome === null || finalized === null || attested === null) return null
  const value = state.values.get(finalized.value)
  const statuses = value === undefined ? null : statusesOf(state, value)
  if (value === undefined || statuses === null) return null
  const headers = outcome.decision.updates.map(({ member, header }) => headerOf(state, member, header))
  const items = statuses.flatMap((status) => status.body.evidence)
  const previous = cut === 0 ? null : outcomeOf(state, cut - 1)
  const known = new Set(previous?.decision.excluded)
  const convicted = outcome.decision.excluded.filter((member) => !known.has(member))
  const evidence = convicted.map((member) => {
    const item = items.find((found) => found.member === member && isProven(state, found))
    const first = item === undefined ? undefined : state.objects.get(digestKey(item.first))
    const second = item === undefined ? undefined : state.objects.get(digestKey(item.second))
    return first === undefined || second === undefined
      ? null
      : ([envelopeOf(first), envelopeOf(second)] as const)
  })
  if (headers.some((header) => header === null) || evidence.some((pair) => pair === null)) return null
  return {
    round: params.round,
    charter: params.charterDigest,
    cut: value.cut,
    ...(previous === null ? {} : { previous: previous.decision }),
    decision: outcome.decision,
    aggregate: attested.aggregate,
    rule: attested.rule,
    value,
    finalizes: collect(
      state,
      (held) =>
        held.type === 'finalize' &&
        held.body.cut === cut &&
        held.body.view === finalized.view &&
        digestKey(held.body.value) === finalized.value,
    ),
    statuses: statuses.map((status) => envelopeOf(status)),
    headers: headers.filter((header) => header !== null).map((header) => envelopeOf(header)),
    evidence: evidence.filter((pair) => pair !== null),
    attestations: collect(
      state,
      (held) =>
        held.type === 'attestation' &&
        held.body.cut === cut &&
        digestKey(held.body.decision) === attested.decision &&
        equalBytes(held.body.aggregate, attested.aggregate) &&
        ruleKey(held.body.rule) === ruleKey(attested.rule),
    ),
  }
}

function collect(state: State, isWanted: (held: Message) => boolean): readonly Envelope[] {
  return [...state.objects.values()]
    .filter(isWanted)
    .sort((a, b) => a.member - b.member)
    .map((held) => envelopeOf(held))
}
