/**
 * The agreement of a charter's members on the one that succeeds it: one-shot Simplex (engine.ts has the proof) whose values
 * are drafts. Pure: `stepSuccession(state, event, params) → { state, effects }`.
 *
 * Upon my operator's approval: hand the draft around and sign an Approval. Upon a proposal of the view's leader for a draft
 * that I approved, justified like any proposal: vote. Votes, dummies and finalizes then go their way; q Finalize for one
 * draft in one view decide it. View timers run only while some draft has q approvals, so that waiting for operators burns
 * no views. One successor or none: two would need an honest member that signed twice in a slot.
 * Restarts: every signed body is in the journal first; `restored` brings back all that was signed and held.
 * Source: docs/PROTOCOL.md §11; Chan and Pass, TCC 2023.
 */
import type { SignedCharter } from '../charter/charter-file.ts'
import { charterCodec } from '../charter/charter.ts'
import { equalBytes } from '../core/bytes.ts'
import { encodeCanonical } from '../core/canonical.ts'
import { objectDigest } from '../core/hash.ts'
import { digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import type { VerifySignature } from '../core/signature.ts'
import { VIEW_WINDOW } from './receive.ts'
import { draftOf } from './succession-draft.ts'
import {
  encodeSuccession,
  isSuccessionSignedBy,
  type SuccessionBodies,
  type SuccessionMessage,
  successionSlot,
  type SuccessionType,
} from './succession-messages.ts'

export interface SuccessionParams {
  /** The charter in force, whose members decide. */
  readonly old: SignedCharter
  readonly me: MemberIndex
  readonly verify: VerifySignature
  /** View v lasts (v + 1) times this. */
  readonly viewTimeoutMs: number
}

export interface SuccessionState {
  readonly mode: 'waiting' | 'active' | 'observing' | 'halted'
  readonly nowMs: number
  readonly slots: ReadonlyMap<string, readonly SuccessionMessage[]>
  readonly objects: ReadonlyMap<string, SuccessionMessage>
  /** Slot → digest of what I signed in it, or asked to. */
  readonly signed: ReadonlyMap<string, string>
  /** Drafts held that may follow, by digest. */
  readonly drafts: ReadonlyMap<string, SignedCharter>
  /** Who said one thing, under the keys of `tallyKey`. */
  readonly tallies: ReadonlyMap<string, ReadonlySet<MemberIndex>>
  readonly view: number
  readonly viewSinceMs: number | null
  readonly timerAtMs: number | null
  /** The draft that was decided on, by digest, and the view. */
  readonly decided: { readonly draft: string; readonly view: number } | null
  readonly isSaid: boolean
}

export type SuccessionEvent =
  | { readonly kind: 'restored'; readonly messages: readonly SuccessionMessage[] }
  | { readonly kind: 'message'; readonly message: SuccessionMessage }
  | { readonly kind: 'signed'; readonly message: SuccessionMessage }
  /** My operator approves a draft: one that may follow (`successorFault`), checked by the shell. */
  | { readonly kind: 'approved'; readonly next: SignedCharter }
  | { readonly kind: 'clock'; readonly nowMs: number }

export type SuccessionEffect =
  | { readonly kind: 'sign'; readonly type: SuccessionType; readonly slot: string; readonly body: Uint8Array }
  | { readonly kind: 'store' | 'broadcast'; readonly message: SuccessionMessage }
  | { readonly kind: 'verdict'; readonly verdict: 'accept' | 'ignore' | 'reject' }
  | { readonly kind: 'set-timer'; readonly atMs: number }
  | { readonly kind: 'alarm'; readonly code: 'OWN_KEY_ELSEWHERE' | 'TOO_MANY_LIARS' }
  | {
      readonly kind: 'decided'
      readonly next: SignedCharter
      /** q Finalize of one view for the draft, in roster order. */
      readonly finalizes: readonly SuccessionMessage[]
    }

/** Drafts that one member may bring or approve: more is a flood. */
const DRAFT_COUNT_MAX = 8

interface Work {
  readonly params: SuccessionParams
  state: SuccessionState
  readonly effects: SuccessionEffect[]
}

export function createSuccessionState(): SuccessionState {
  return {
    mode: 'waiting',
    nowMs: 0,
    slots: new Map(),
    objects: new Map(),
    signed: new Map(),
    drafts: new Map(),
    tallies: new Map(),
    view: 0,
    viewSinceMs: null,
    timerAtMs: null,
    decided: null,
    isSaid: false,
  }
}

export function stepSuccession(
  state: SuccessionState,
  event: SuccessionEvent,
  params: SuccessionParams,
): { readonly state: SuccessionState; readonly effects: readonly SuccessionEffect[] } {
  const work: Work = { params, state, effects: [] }
  const isNews = apply(work, event)
  if (isNews && work.state.mode !== 'waiting') advance(work)
  return { state: work.state, effects: work.effects }
}

const patch = (work: Work, fields: Partial<SuccessionState>): void => {
  work.state = { ...work.state, ...fields }
}

/** Writes the event into the state. @returns whether anything may follow from it */
function apply(work: Work, event: SuccessionEvent): boolean {
  switch (event.kind) {
    case 'restored': {
      const mine = event.messages.filter(({ member }) => member === work.params.me)
      patch(work, { signed: new Map(mine.map(({ slot, key }) => [slot, key])), mode: 'active' })
      for (const message of event.messages) keep(work, message)
      for (const message of mine) work.effects.push({ kind: 'broadcast', message })
      return true
    }
    case 'message': {
      const verdict = receive(work, event.message)
      work.effects.push({ kind: 'verdict', verdict })
      return verdict === 'accept'
    }
    case 'signed':
      keep(work, event.message)
      work.effects.push({ kind: 'broadcast', message: event.message })
      return true
    case 'approved':
      approve(work, event.next)
      return true
    case 'clock':
      patch(work, { nowMs: Math.max(work.state.nowMs, event.nowMs) })
      return true
  }
}

function approve(work: Work, next: SignedCharter): void {
  const successor = charterCodec.encode(next.charter)
  const signatures = next.charter.members.map(({ name }) => next.signatures.get(name) ?? new Uint8Array(64))
  sign(work, 's-draft', { successor, signatures })
  // §11.2 I approve what my operator approved, and vote for nothing else.
  sign(work, 's-approval', { draft: next.digest })
}

type Unauthored<T extends SuccessionType> = Omit<SuccessionBodies[T], 'charter' | 'member'>

/** Asks for a signature, once a slot. */
function sign<T extends SuccessionType>(work: Work, type: T, fields: Unauthored<T>): void {
  const { me, old } = work.params
  if (work.state.mode !== 'active') return
  // Sound: the two fields that were left out are put back.
  const body = { ...fields, charter: old.digest, member: me } as SuccessionBodies[T]
  const slot = successionSlot(type, body)
  if (work.state.signed.has(slot)) return
  const bytes = encodeSuccession(type, body)
  patch(work, { signed: new Map([...work.state.signed, [slot, digestKey(objectDigest(type, bytes))]]) })
  work.effects.push({ kind: 'sign', type, slot, body: bytes })
}

function receive(work: Work, message: SuccessionMessage): 'accept' | 'ignore' | 'reject' {
  const { state, params } = work
  const { old, me, verify } = params
  if (state.objects.has(message.key)) return 'ignore'
  if (!equalBytes(message.body.charter, old.digest)) return 'ignore'
  if ('view' in message.body && message.body.view > state.view + VIEW_WINDOW) return 'ignore'
  const signer = old.charter.members[message.member]
  if (signer === undefined) return 'reject'
  // [REJECT] §11.3 Only the leader of a view proposes in it.
  if (message.type === 's-proposal' && message.member !== leaderOf(params, message.body.view)) return 'reject'
  if (!isSuccessionSignedBy(message, signer.publicKey, verify)) return 'reject'
  // [REJECT] §11.1 A draft that cannot follow is handed around by no correct member.
  if (message.type === 's-draft' && draftOf(message, params) === null) return 'reject'
  if (message.member === me && state.signed.get(message.slot) !== message.key) {
    if (state.mode === 'waiting') return 'ignore'
    // My key signed what my journal does not know.
    patch(work, { mode: 'observing' })
    work.effects.push({ kind: 'alarm', code: 'OWN_KEY_ELSEWHERE' })
  }
  if (!hasRoom(work, message)) return 'ignore'
  keep(work, message)
  work.effects.push({ kind: 'store', message })
  return 'accept'
}

/** Two bodies a slot, more only where q−f others say the same; a handful of drafts a member. */
function hasRoom({ state, params }: Work, message: SuccessionMessage): boolean {
  const { q, f } = params.old.charter
  if (message.type === 's-draft' || message.type === 's-approval') {
    const own = [...state.objects.values()].filter(
      ({ type, member }) => type === message.type && member === message.member,
    )
    return own.length < DRAFT_COUNT_MAX
  }
  const key = tallyKey(message)
  const isSaidByMany = key !== null && tally(state, key).size >= Math.max(1, q - f)
  return (state.slots.get(message.slot)?.length ?? 0) < 2 || isSaidByMany
}

function keep(work: Work, message: SuccessionMessage): void {
  const { state, params } = work
  if (state.objects.has(message.key)) return
  const slots = new Map(state.slots)
  slots.set(message.slot, [...(slots.get(message.slot) ?? []), message])
  patch(work, { slots, objects: new Map([...state.objects, [message.key, message]]) })
  const key = tallyKey(message)
  if (key !== null) {
    const members = new Set([...tally(state, key), message.member])
    patch(work, { tallies: new Map([...state.tallies, [key, members]]) })
  }
  if (message.type !== 's-draft') return
  const draft = draftOf(message, params)
  if (draft !== null)
    patch(work, { drafts: new Map([...work.state.drafts, [digestKey(draft.digest), draft]]) })
}

function tallyKey(message: SuccessionMessage): string | null {
  switch (message.type) {
    case 's-approval':
      return `approval/${digestKey(message.body.draft)}`
    case 's-vote':
      return `vote/${message.body.view}/${digestKey(message.body.draft)}`
    case 's-dummy':
      return `dummy/${message.body.view}`
    case 's-finalize':
      return `finalize/${message.body.view}/${digestKey(message.body.draft)}`
    case 's-draft':
    case 's-proposal':
      return null
  }
}

const tally = ({ tallies }: SuccessionState, key: string): ReadonlySet<MemberIndex> =>
  tallies.get(key) ?? new Set()
const hasQuorum = ({ state, params }: Work, key: string): boolean =>
  tally(state, key).size >= params.old.charter.q

/** leader(v) = roster[(h + v) mod n], h from the charter. */
export function leaderOf({ old }: Pick<SuccessionParams, 'old'>, view: number): MemberIndex {
  const digest = objectDigest('leader', encodeCanonical({ charter: old.digest }))
  const offset = new DataView(digest.buffer, digest.byteOffset, 4).getUint32(0)
  return (offset + view) % old.charter.members.length
}

/** Drafts that were notarized in a view: at most one while at most f members lie. */
function notarizedIn(work: Work, view: number): readonly string[] {
  const prefix = `vote/${view}/`
  return [...work.state.tallies.keys()]
    .filter((key) => key.startsWith(prefix) && hasQuorum(work, key))
    .map((key) => key.slice(prefix.length))
}

const isDummied = (work: Work, view: number): boolean => hasQuorum(work, `dummy/${view}`)

function advance(work: Work): void {
  if (work.state.decided === null) {
    enterViews(work)
    runTimer(work)
    propose(work)
    vote(work)
    finalize(work)
    decide(work)
  }
  tell(work)
}

/** A notarization or a dummy certificate of a view lets everyone enter the next, whatever view they are in. */
function enterViews(work: Work): void {
  let view = work.state.view
  for (let v = view + VIEW_WINDOW; v >= view; v--) {
    if (notarizedIn(work, v).length === 0 && !isDummied(work, v)) continue
    view = v + 1
    break
  }
  if (view !== work.state.view) patch(work, { view, viewSinceMs: null })
}

/** Drafts with q approvals, held: what a leader may propose. */
function readyDrafts(work: Work): readonly string[] {
  return [...work.state.drafts.keys()].filter((draft) => hasQuorum(work, `approval/${draft}`)).sort()
}

function runTimer(work: Work): void {
  const { state, params } = work
  // §11.5 Timers run only while some draft has q approvals: waiting for operators burns no views.
  if (readyDrafts(work).length === 0) return
  if (state.viewSinceMs === null) patch(work, { viewSinceMs: state.nowMs })
  const endsAtMs = (work.state.viewSinceMs ?? 0) + (state.view + 1) * params.viewTimeoutMs
  if (state.nowMs >= endsAtMs) {
    // §11.4 On timeout a dummy, unless finalized in the view: the slot is one.
    sign(work, 's-dummy', { view: state.view })
  } else if (state.timerAtMs !== endsAtMs) {
    patch(work, { timerAtMs: endsAtMs })
    work.effects.push({ kind: 'set-timer', atMs: endsAtMs })
  }
}

const isApprovedByMe = ({ state, params }: Work, draft: string): boolean =>
  tally(state, `approval/${draft}`).has(params.me)

function propose(work: Work): void {
  const { state, params } = work
  const { view } = state
  if (leaderOf(params, view) !== params.me) return
  const carried = latestNotarization(work, view)
  const fresh = readyDrafts(work).find((draft) => isApprovedByMe(work, draft))
  const draft = carried?.draft ?? fresh
  const next = draft === undefined ? undefined : state.drafts.get(draft)
  if (next === undefined) return
  const carriedFrom = carried === null ? {} : { carriedFrom: carried.view }
  sign(work, 's-proposal', { view, draft: next.digest, ...carriedFrom })
}

/** The notarization nearest below a view, with dummy certificates for every view between; null when there is none. */
function latestNotarization(
  work: Work,
  view: number,
): { readonly view: number; readonly draft: string } | null {
  for (let v = view - 1; v >= 0; v--) {
    const [draft] = notarizedIn(work, v)
    if (draft !== undefined) return { view: v, draft }
    if (!isDummied(work, v)) return null
  }
  return null
}

function isJustified(work: Work, body: SuccessionBodies['s-proposal']): boolean {
  const { view, carriedFrom } = body
  // §11.3 Dummy certificates for every view below, or a notarization of the same draft and dummies for every view between.
  const from = carriedFrom ?? -1
  if (from >= view) return false
  for (let v = from + 1; v < view; v++) if (!isDummied(work, v)) return false
  return carriedFrom === undefined || notarizedIn(work, carriedFrom).includes(digestKey(body.draft))
}

function vote(work: Work): void {
  const { state, params } = work
  const { view } = state
  const bodies = state.slots.get(`s-proposal/${view}/${leaderOf(params, view)}`) ?? []
  for (const proposal of bodies) {
    if (proposal.type !== 's-proposal') continue
    const { draft } = proposal.body
    const key = digestKey(draft)
    // §11.2 A member votes only for what its operator approved.
    if (!isApprovedByMe(work, key) || !state.drafts.has(key) || !isJustified(work, proposal.body)) continue
    sign(work, 's-vote', { view, draft })
  }
}

function finalize(work: Work): void {
  for (let view = Math.max(0, work.state.view - VIEW_WINDOW); view <= work.state.view; view++) {
    for (const key of notarizedIn(work, view)) {
      const next = work.state.drafts.get(key)
      if (next !== undefined) sign(work, 's-finalize', { view, draft: next.digest })
    }
  }
}

function decide(work: Work): void {
  const found = [...work.state.tallies.keys()]
    .filter((key) => key.startsWith('finalize/') && hasQuorum(work, key))
    .map((key) => key.split('/'))
    .map(([, view = '', draft = '']) => ({ view: Number(view), draft }))
  const drafts = new Set(found.map(({ draft }) => draft))
  // §11.6 Two decisions prove more liars than the charter bears: stop, keep everything.
  if (drafts.size > 1 && work.state.mode !== 'halted') {
    patch(work, { mode: 'halted' })
    work.effects.push({ kind: 'alarm', code: 'TOO_MANY_LIARS' })
  }
  const [first] = found
  if (drafts.size === 1 && first !== undefined) patch(work, { decided: first })
}

/** Says what was decided once, as soon as the draft itself is here. */
function tell(work: Work): void {
  const { decided, isSaid, drafts, objects } = work.state
  const next = decided === null ? undefined : drafts.get(decided.draft)
  if (decided === null || next === undefined || isSaid) return
  const finalizes = [...objects.values()]
    .filter(
      (message) =>
        message.type === 's-finalize' &&
        message.body.view === decided.view &&
        digestKey(message.body.draft) === decided.draft,
    )
    .sort((a, b) => a.member - b.member)
  patch(work, { isSaid: true })
  work.effects.push({ kind: 'decided', next, finalizes })
}
