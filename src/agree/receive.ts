/**
 * An envelope comes in: is it valid, is there room for it, and what follows from holding it.
 *
 * Room is bounded by slots: the first body and the first that contradicts it, which together are evidence. Beyond two a
 * body is kept only when something that honest members said needs it, or a liar with three bodies in one slot could
 * keep me for ever from a certificate that everyone else holds.
 * Source: docs/PROTOCOL.md §3.
 */
import { type Digest, digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { compareBytes, equalBytes } from '../core/bytes.ts'
import { type Message } from './envelope.ts'
import type { Dummy, Finalize, Vote } from './messages.ts'
import { publishSlot } from './slot.ts'
import { alarm, type Draft, dropWanted, instanceOf, patch, patchInstance, put } from './state.ts'
import {
  addToTallies,
  receiptsKey,
  tallyKeysOf,
  tallyOf,
  finalizesKey,
  hasQuorum,
  votesKey,
} from './tally.ts'
import type { IgnoreCode, Verdict } from './types.ts'
import { checkMessage } from './validity.ts'
import { valueDigest } from './value.ts'

/**
 * Views beyond mine that are kept. Honest members are at most a few views apart unless one was away, and then sync brings
 * the certificates of the views between first. It bounds what a liar can make me hold: this times its slots.
 */
export const VIEW_WINDOW = 16

const ignore = (code: IgnoreCode): Verdict => ({ kind: 'ignore', code })

/** Takes a peer's message, or says why not. */
export function receive(draft: Draft, message: Message): Verdict {
  const { state, params } = draft
  // [IGNORE] §3.4 What I hold I hold, whichever of its signatures comes.
  if (state.objects.has(message.key)) return ignore('DUPLICATE')
  // [IGNORE] §6.9 Views far beyond mine are dropped; sync brings them once I am near.
  if ('view' in message.body) {
    const { cut, view } = message.body
    if (view > instanceOf(state, cut).view + VIEW_WINDOW) return ignore('VIEW_FAR')
  }
  const verdict = checkMessage(message, params)
  if (verdict.kind !== 'accept') return verdict
  if (message.member === params.me && state.signed.get(message.slot) !== message.key) {
    // §9.3 My key signed what I do not remember: sign nothing more in this round.
    if (state.mode === 'waiting') return ignore('OWN_UNKNOWN')
    if (state.mode === 'active') {
      patch(draft, { mode: 'observing' })
      alarm(draft, { code: 'OWN_KEY_ELSEWHERE', slot: message.slot })
    }
  }
  // [IGNORE] §3.3 A slot holds two bodies, and a further one only if it is needed.
  const bodies = state.slots.get(message.slot) ?? []
  if (bodies.length >= 2 && !isNeeded(draft, message)) return ignore('SLOT_FULL')
  keep(draft, message)
  // §9.5 What my signatures rest on outlives a crash: a liar may be the only other one to hold it, and keep it.
  draft.effects.push({ kind: 'store', message })
  return verdict
}

/** Whether something held refers to the body, or q−f others say the same, so that one of them is honest. */
function isNeeded(draft: Draft, message: Message): boolean {
  const { state, params } = draft
  if (state.wanted.has(message.key)) return true
  const { q, f } = params.charter
  const isSaidByMany = (key: string): boolean => tallyOf(state, key).length >= Math.max(1, q - f)
  switch (message.type) {
    case 'receipt':
    case 'refusal':
    case 'vote':
    case 'dummy':
    case 'finalize':
    case 'attestation':
      return tallyKeysOf(message).some(isSaidByMany)
    case 'proposal': {
      const { cut, view, value } = message.body
      const key = digestKey(valueDigest(value))
      return isSaidByMany(votesKey(cut, view, key)) || isSaidByMany(finalizesKey(cut, view, key))
    }
    case 'header':
    case 'pass':
    case 'seal':
    case 'status':
    case 'abandon':
      return false
  }
}

/** Holds a valid message, mine or a peer's, with all that follows from it at once. */
export function keep(draft: Draft, message: Message): void {
  if (draft.state.objects.has(message.key)) return
  const bodies = draft.state.slots.get(message.slot) ?? []
  put(draft, 'objects', message.key, message)
  put(draft, 'slots', message.slot, [...bodies, message])
  if (draft.state.wanted.has(message.key)) dropWanted(draft, message.key)
  addToTallies(draft, message)
  const first = bodies[0]
  if (first !== undefined) convict(draft, first, message)
  notice(draft, message)
  want(draft, namesIn(draft, message))
}

/** Two bodies of one slot: evidence, once a member. */
function convict(draft: Draft, held: Message, other: Message): void {
  // §3.2 Two bodies of one slot prove that their signer broke the protocol.
  const { member } = held
  if (draft.state.caught.has(member)) return
  const [first, second] = compareBytes(held.digest, other.digest) < 0 ? [held, other] : [other, held]
  put(draft, 'caught', member, { first, second })
  draft.effects.push({ kind: 'evidence', member, first, second })
}

/** Digests of objects that this one refers to. */
function namesIn(draft: Draft, message: Message): readonly Digest[] {
  switch (message.type) {
    case 'seal':
      return message.body.published.map(({ digest }) => digest)
    case 'status':
      return [
        ...message.body.certified.map(({ digest }) => digest),
        ...message.body.evidence.flatMap(({ first, second }) => [first, second]),
      ]
    case 'proposal':
      return message.body.value.statuses.map(({ digest }) => digest)
    case 'receipt': {
      const { q, f } = draft.params.charter
      const givers = tallyOf(draft.state, receiptsKey(digestKey(message.body.header)))
      return givers.length >= Math.max(1, q - f) ? [message.body.header] : []
    }
    default:
      return []
  }
}

/** §10.2 What something held refers to is asked for at once. */
function want(draft: Draft, digests: readonly Digest[]): void {
  const missing = digests.filter((digest) => {
    const key = digestKey(digest)
    return !draft.state.objects.has(key) && !draft.state.wanted.has(key)
  })
  for (const digest of missing) put(draft, 'wanted', digestKey(digest), digest)
  if (missing.length > 0) draft.effects.push({ kind: 'pull', digests: missing })
}

/** Quorums that the message completes. */
function notice(draft: Draft, message: Message): void {
  const { params, state } = draft
  const isQuorum = tallyKeysOf(message).some((key) => hasQuorum(state, params, key))
  switch (message.type) {
    case 'proposal':
      put(draft, 'values', digestKey(valueDigest(message.body.value)), message.body.value)
      return
    case 'vote':
      if (isQuorum) noticeNotarization(draft, message.body)
      return
    case 'dummy':
      if (isQuorum) noticeDummies(draft, message.body)
      return
    case 'finalize':
      if (isQuorum) noticeFinalization(draft, message.body)
      return
    case 'receipt':
      if (isQuorum) noticeCertificate(draft, message.body.of)
      return
    case 'attestation':
      if (isQuorum) noticeAttestations(draft, message)
      return
    default:
  }
}

function noticeNotarization(draft: Draft, { cut, view, value }: Vote): void {
  const { notarized } = instanceOf(draft.state, cut)
  const known = notarized.get(view)
  // §6.10 Two notarizations of one view prove at least 2q−n double voters.
  if (known !== undefined && !equalBytes(known, value))
    return halt(draft, `two notarizations in view ${view}`)
  if (known === undefined) patchInstance(draft, cut, { notarized: new Map(notarized).set(view, value) })
}

function noticeDummies(draft: Draft, { cut, view }: Dummy): void {
  const { dummied } = instanceOf(draft.state, cut)
  if (!dummied.has(view)) patchInstance(draft, cut, { dummied: new Map(dummied).set(view, true) })
}

function noticeFinalization(draft: Draft, { cut, view, value }: Finalize): void {
  const known = instanceOf(draft.state, cut).finalized
  const key = digestKey(value)
  // §6.10 Two decisions prove at least 2q−n liars.
  if (known !== null && known.value !== key) return halt(draft, 'two decisions')
  if (known === null) patchInstance(draft, cut, { finalized: { view, value: key } })
}

function noticeCertificate(draft: Draft, of: MemberIndex): void {
  const certified = (draft.state.slots.get(publishSlot(of)) ?? []).filter((body) =>
    hasQuorum(draft.state, draft.params, receiptsKey(body.key)),
  )
  // §6.10 Two certificates of one member prove at least 2q−n double signers.
  if (certified.length > 1) halt(draft, `two certificates of member ${of}`)
}

function noticeAttestations(draft: Draft, message: Message): void {
  if (message.type !== 'attestation') return
  const { cut, decision, aggregate, rule } = message.body
  const known = instanceOf(draft.state, cut).attested
  if (known === null) {
    return patchInstance(draft, cut, { attested: { decision: digestKey(decision), aggregate, rule } })
  }
  const isSame = known.decision === digestKey(decision) && digestKey(known.aggregate) === digestKey(aggregate)
  // §6.10 Two quorums of different attestations prove liars beyond what the charter bears.
  if (!isSame) halt(draft, 'two attested aggregates')
}

/** Safety is gone: keep everything, name who was caught, sign nothing more. */
export function halt(draft: Draft, what: string): void {
  patch(draft, { mode: 'halted' })
  const members = [...draft.state.caught.keys()].sort((a, b) => a - b)
  alarm(draft, { code: 'TOO_MANY_LIARS', what, members })
}
