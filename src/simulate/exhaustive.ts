/**
 * Every order of events, not a drawn one: from the moment at which four members hold everything that a leader needs, all
 * ways in which up to `depth` further events can happen, with the first leader a liar.
 *
 * The liar has two values to propose and has signed votes and Finalizes for both and a dummy vote; it shows each to whom it
 * likes, when it likes. An event is the arrival of one such message, or of one that an honest member sent, at one honest
 * member, or the end of a view's time at one. What never arrives within the depth is lost, so loss, delay and order of
 * every kind are covered. Worlds in which each member holds the same and signed the same go on alike and are visited once.
 * Checked in each: what docs/PROTOCOL.md §6 promises among the honest.
 */
import {
  type Bodies,
  buildMessage,
  codecOf,
  createState,
  type Effect,
  type Event,
  instanceOf,
  leaderOf,
  type Message,
  type MessageType,
  type Params,
  type State,
  step,
  type Value,
  valueCodec,
} from '../agree/index.ts'
import { utf8 } from '../core/bytes.ts'
import { objectDigest, sha256 } from '../core/hash.ts'
import { asRoundId, digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { signedBytesOf } from '../core/signature.ts'
import { buildCharter, SIMULATED_LAYOUT } from './charter.ts'
import { createKeys } from './keys.ts'
import { buildScenario, VIEW_TIMEOUT_MS } from './scenario.ts'
import { draftFor } from './site.ts'

const MEMBER_COUNT = 4

export const STARTS = ['settled', 'split', 'notarized'] as const
export type Start = (typeof STARTS)[number]

export interface Exploration {
  readonly start: Start
  readonly depth: number
  /** Different worlds reached, the first one included. */
  readonly worlds: number
  /** Events tried, those included that led to a world seen before. */
  readonly events: number
  /** Worlds in which some honest member has decided. */
  readonly decided: number
  readonly violations: readonly string[]
}

interface Setting {
  readonly paramsOf: (me: MemberIndex) => Params
  readonly say: <T extends MessageType>(member: MemberIndex, type: T, body: Bodies[T]) => Message
}

/** Engines of the honest members, and what they sent since the beginning. */
interface Place {
  readonly states: readonly State[]
  readonly sent: readonly Message[]
}

function buildSetting(): Setting {
  const scenario = {
    ...buildScenario(1, { members: MEMBER_COUNT, faults: 'first' }),
    reveal: 'immediate' as const,
    minUpdates: 1,
  }
  const keys = createKeys('keyed-hash', 'exhaustive', MEMBER_COUNT)
  const charter = buildCharter(scenario, keys)
  const [schedule] = charter.rounds
  if (schedule === undefined) throw new RangeError('a simulated charter has one round')
  const round = asRoundId(sha256(utf8('exhaustive')))
  return {
    paramsOf: (me) => ({
      charter,
      charterDigest: sha256(utf8('exhaustive charter')),
      round,
      schedule,
      layout: SIMULATED_LAYOUT,
      me,
      verify: keys.verify,
      viewTimeoutMs: VIEW_TIMEOUT_MS,
    }),
    say: (member, type, body) => {
      const bytes = codecOf(type).encode(body)
      const signature = keys.signers[member]?.sign(signedBytesOf(type, bytes)) ?? new Uint8Array(64)
      return buildMessage(type, body, bytes, signature)
    },
  }
}

/** One engine's step with all that it signs; @returns its new state and what it sent */
function advance(
  setting: Setting,
  me: MemberIndex,
  from: State,
  first: Event,
): { readonly state: State; readonly sent: readonly Message[] } {
  const sent: Message[] = []
  const events: Event[] = [first]
  let state = from
  for (let event = events.shift(); event !== undefined; event = events.shift()) {
    const result = step(state, event, setting.paramsOf(me))
    state = result.state
    for (const effect of result.effects) events.push(...answerTo(setting, me, effect))
    for (const effect of result.effects) if (effect.kind === 'broadcast') sent.push(effect.message)
  }
  return { state, sent }
}

function answerTo(setting: Setting, me: MemberIndex, effect: Effect): readonly Event[] {
  if (effect.kind === 'fetch-update') {
    const { member, header } = effect
    return [{ kind: 'update-stored', member, update: header.update, result: { kind: 'admitted' } }]
  }
  if (effect.kind !== 'sign') return []
  const decoded = codecOf(effect.type).decode(effect.body)
  if (!decoded.ok) throw new TypeError(`the engine asked for a ${effect.type} that is not canonical`)
  return [{ kind: 'signed', message: setting.say(me, effect.type, decoded.value) }]
}

/** Everybody publishes, receipts everything and says so: from here on the members only agree. */
function settle(setting: Setting): readonly State[] {
  const states = Array.from({ length: MEMBER_COUNT }, (_, me) => createState(setting.paramsOf(me)))
  const waiting: Message[] = []
  const feed = (me: MemberIndex, event: Event): void => {
    const state = states[me]
    if (state === undefined) return
    const next = advance(setting, me, state, event)
    states[me] = next.state
    waiting.push(...next.sent.filter(({ type }) => ['header', 'receipt', 'status'].includes(type)))
  }
  for (let me = 0; me < MEMBER_COUNT; me++) {
    feed(me, { kind: 'restored', messages: [], observe: false })
    feed(me, { kind: 'clock', nowMs: 1 })
  }
  for (let me = 0; me < MEMBER_COUNT; me++) {
    feed(me, { kind: 'adapter-ready', header: draftFor(sha256(utf8(`update ${me}`))) })
  }
  for (let message = waiting.shift(); message !== undefined; message = waiting.shift()) {
    for (let me = 0; me < MEMBER_COUNT; me++) {
      if (me !== message.member) feed(me, { kind: 'envelope', message })
    }
  }
  return states
}

/** All that the liar may show: two values, and every ballot of view 0. */
function arsenalOf(setting: Setting, liar: MemberIndex, state: State): readonly Message[] {
  const { round } = setting.paramsOf(liar)
  const { q } = setting.paramsOf(liar).charter
  const statuses = [...state.objects.values()]
    .filter(({ type }) => type === 'status')
    .sort((a, b) => a.member - b.member)
    .map(({ member, digest }) => ({ member, digest }))
  const ballot = { round, member: liar, cut: 0, view: 0 }
  const values: readonly Value[] = [statuses.slice(0, q), statuses.slice(-q)].map((list) => ({
    round,
    cut: 0,
    statuses: list,
  }))
  const digests = values.map((value) => objectDigest(valueCodec.type, valueCodec.encode(value)))
  return [
    ...values.map((value) => setting.say(liar, 'proposal', { ...ballot, value })),
    ...digests.map((value) => setting.say(liar, 'vote', { ...ballot, value })),
    ...digests.map((value) => setting.say(liar, 'finalize', { ...ballot, value })),
    setting.say(liar, 'dummy', ballot),
  ]
}

/** What is wrong among the honest, in one place. */
function faultsOf({ states }: Place): readonly string[] {
  const instances = states.map((state) => instanceOf(state, 0))
  const decisions = new Set(instances.flatMap(({ outcome }) => (outcome === null ? [] : [outcome.key])))
  const finalized = new Set(
    instances.flatMap((each) => (each.finalized === null ? [] : [each.finalized.view])),
  )
  const dummied = new Set(instances.flatMap((each) => [...each.dummied.keys()]))
  const notarized = new Map<number, Set<string>>()
  for (const [view, value] of instances.flatMap((each) => [...each.notarized])) {
    notarized.set(view, (notarized.get(view) ?? new Set<string>()).add(digestKey(value)))
  }
  return [
    ...(decisions.size > 1 ? ['two decisions'] : []),
    ...[...finalized]
      .filter((view) => dummied.has(view))
      .map((view) => `view ${view} is finalized and has a dummy certificate`),
    ...[...notarized]
      .filter(([, values]) => values.size > 1)
      .map(([view]) => `view ${view} has two notarizations`),
    ...(states.some(({ mode }) => mode === 'halted') ? ['an honest member halted'] : []),
  ]
}

/** Gives honest members messages by their place among the honest, in this order. */
function deliver(setting: Setting, honest: readonly MemberIndex[], from: Place, given: Given): Place {
  let place = from
  for (const [index, message] of given) {
    const [state, me] = [place.states[index], honest[index]]
    if (state === undefined || me === undefined) continue
    const moved = advance(setting, me, state, { kind: 'envelope', message })
    place = { states: place.states.with(index, moved.state), sent: [...place.sent, ...moved.sent] }
  }
  return place
}
type Given = readonly (readonly [index: number, message: Message])[]

/** Goes on from the beginning to where the exploration starts. */
function startAt(
  start: Start,
  setting: Setting,
  honest: readonly MemberIndex[],
  arsenal: readonly Message[],
  first: Place,
): Place {
  const [one, other, vote] = arsenal
  if (start === 'settled' || one === undefined || other === undefined || vote === undefined) return first
  const split = deliver(setting, honest, first, [
    [0, one],
    [1, one],
    [2, other],
  ])
  if (start === 'split') return split
  const votes = split.sent.filter(({ type }) => type === 'vote')
  return deliver(
    setting,
    honest,
    split,
    [0, 1].flatMap((index) => [vote, ...votes].map((message) => [index, message] as const)),
  )
}

/**
 * Visits every world within `depth` events of where it starts: with nothing proposed yet, with one value shown to two
 * honest members and the other to the third (`split`), or with the first one notarized at those two as well.
 */
export function explore(depth: number, start: Start = 'settled'): Exploration {
  const setting = buildSetting()
  const settled = settle(setting)
  const liar = leaderOf(setting.paramsOf(0), 0, 0)
  const honest = settled.flatMap((_, member) => (member === liar ? [] : [member]))
  const liarState = settled[liar]
  if (liarState === undefined) throw new RangeError('the leader is a member')
  const arsenal = arsenalOf(setting, liar, liarState)
  const before: Place = { states: settled.filter((_, member) => member !== liar), sent: [] }
  const first = startAt(start, setting, honest, arsenal, before)
  // What all hold before the agreement begins tells no two worlds apart.
  const base = new Set(before.states.flatMap(({ objects }) => [...objects.keys()]))
  const keyOf = ({ states }: Place): string =>
    states
      .map(({ objects, signed, nowMs }) => {
        const held = [...objects.keys()].filter((key) => !base.has(key)).map((key) => key.slice(0, 12))
        return `${held.sort().join()}/${[...signed.values()].length}/${nowMs}`
      })
      .join('|')
  const seen = new Set([keyOf(first)])
  const violations: string[] = []
  let frontier: Place[] = [first]
  let [events, decided] = [0, 0]
  for (let level = 0; level < depth && violations.length === 0; level++) {
    const next: Place[] = []
    for (const place of frontier) {
      for (const reached of successorsOf(setting, honest, arsenal, place)) {
        events++
        const key = keyOf(reached)
        if (seen.has(key)) continue
        seen.add(key)
        violations.push(...faultsOf(reached))
        if (reached.states.some((state) => instanceOf(state, 0).outcome !== null)) decided++
        next.push(reached)
      }
    }
    frontier = next
  }
  return { start, depth, worlds: seen.size, events, decided, violations }
}

function* successorsOf(
  setting: Setting,
  honest: readonly MemberIndex[],
  arsenal: readonly Message[],
  { states, sent }: Place,
): Generator<Place> {
  for (const [index, me] of honest.entries()) {
    const state = states[index]
    if (state === undefined) continue
    const events: Event[] = [...arsenal, ...sent]
      .filter((message) => message.member !== me && !state.objects.has(message.key))
      .map((message) => ({ kind: 'envelope', message }))
    const view = instanceOf(state, 0).viewSinceMs
    if (view !== null && state.timerAtMs !== null) events.push({ kind: 'clock', nowMs: state.timerAtMs })
    for (const event of events) {
      const moved = advance(setting, me, state, event)
      yield { states: states.with(index, moved.state), sent: [...sent, ...moved.sent] }
    }
  }
}
