/**
 * The engine's memory of one round, and the draft in which one step builds the next memory.
 *
 * A `State` is never changed: a step opens a draft on it, each map is copied at its first write in that step, and what
 * was not written is shared. Everything in here is a function of the events so far; a restart rebuilds it from my journal
 * and from what peers still hold.
 * Invariant: `signed` holds every slot that I ever asked to sign in, so no second body is ever asked for.
 * Source: docs/PROTOCOL.md §3, §9.
 */
import type { MemberIndex } from '../core/order.ts'
import { objectDigest } from '../core/hash.ts'
import { type Digest, digestKey } from '../core/ids.ts'
import type { Message } from './envelope.ts'
import { GrowingMap } from './growing-map.ts'
import {
  type Authored,
  type Bodies,
  type Attestation,
  codecOf,
  type Decision,
  type MessageType,
  type Value,
} from './messages.ts'
import { slotOf } from './slot.ts'
import type { Alarm, AdmissionResult, Effect, HeaderDraft, Params } from './types.ts'

/** Whether I sign, and if not, why. Only `active` signs. */
export type Mode =
  /** Before `restored`: what I signed earlier is not known yet. */
  | 'waiting'
  | 'active'
  /** No key of the roster, or a journal that cannot be trusted. */
  | 'observing'
  /** Safety is gone (TOO_MANY_LIARS, AGGREGATE_DIFFERS): keep everything, sign nothing. */
  | 'halted'
  | 'abandoned'

export interface Evidence {
  readonly first: Message
  readonly second: Message
}

/** A value with a quorum in one view. */
export interface Quorate {
  readonly view: number
  /** The value's digest as a map key. */
  readonly value: string
}

export interface Outcome {
  readonly decision: Decision
  readonly digest: Digest
  readonly key: string
  /** Fewer updates than the charter's minimum: no result. */
  readonly isUndecided: boolean
  /** A late cut that changed nothing: the result before it stays the result. */
  readonly isUnchanged: boolean
}

/** An attestation that q members made alike; digests as map keys. */
export interface Attested {
  readonly decision: string
  readonly aggregate: Digest
  readonly rule: Attestation['rule']
}

export interface Own {
  /** What `adapter-ready` brought, until it is signed. */
  readonly draft: HeaderDraft | null
  readonly isReady: boolean
}

/** One cut: an instance of the agreement and what comes of it. */
export interface Instance {
  /** View → the value with q votes. */
  readonly notarized: ReadonlyMap<number, Digest>
  /** Views with q dummy votes. */
  readonly dummied: ReadonlyMap<number, true>
  readonly view: number
  /** When the timer of `view` began; null while it does not run. */
  readonly viewSinceMs: number | null
  readonly finalized: Quorate | null
  /** What q members attest alike. */
  readonly attested: Attested | null
  readonly outcome: Outcome | null
  readonly isAggregating: boolean
  readonly isCertified: boolean
}

const UNTOUCHED: Instance = {
  notarized: new Map(),
  dummied: new Map(),
  view: 0,
  viewSinceMs: null,
  finalized: null,
  attested: null,
  outcome: null,
  isAggregating: false,
  isCertified: false,
}

export interface State {
  readonly mode: Mode
  readonly nowMs: number
  readonly timerAtMs: number | null
  readonly own: Own
  /** Slot → bodies kept, in order of arrival: the first, the first that contradicts it, then only what others need. */
  readonly slots: ReadonlyMap<string, readonly Message[]>
  readonly objects: ReadonlyMap<string, Message>
  /** Who said one thing, ascending, under the keys of tally.ts. */
  readonly tallies: ReadonlyMap<string, readonly MemberIndex[]>
  readonly caught: ReadonlyMap<MemberIndex, Evidence>
  /** Slot → digest of the one body that I signed in it, or asked to. */
  readonly signed: ReadonlyMap<string, string>
  /** Digests that something held refers to and that I do not hold. */
  readonly wanted: ReadonlyMap<string, Digest>
  /** Values of proposals held, by digest. */
  readonly values: ReadonlyMap<string, Value>
  /** Member and update (`storedKey`) → what admission said of the bytes on my disk, as that member's. */
  readonly stored: ReadonlyMap<string, AdmissionResult>
  /** Fetches asked for, by `storedKey` → whether as decided. */
  readonly fetching: ReadonlyMap<string, boolean>
  /** Headers whose update members may read from me. */
  readonly serving: ReadonlyMap<string, true>
  /** Statuses found usable: that never ends. */
  readonly usable: ReadonlyMap<string, true>
  /** Of statuses that are not: how many of their items were found held, from the first on (value.ts). */
  readonly heldCounts: ReadonlyMap<string, number>
  /** Agreement and outcome of each cut that anything is known of; read with `instanceOf`. */
  readonly instances: ReadonlyMap<number, Instance>
  /** The cut in progress: every one before it is decided here. One beyond the last when all are. */
  readonly cut: number
  readonly alarms: ReadonlyMap<string, Alarm>
}

export function createState(params: Params): State {
  return {
    mode: params.me === null ? 'observing' : 'waiting',
    nowMs: 0,
    timerAtMs: null,
    own: { draft: null, isReady: false },
    slots: new GrowingMap(),
    objects: new GrowingMap(),
    tallies: new GrowingMap(),
    caught: new Map(),
    signed: new GrowingMap(),
    wanted: new Map(),
    values: new Map(),
    stored: new Map(),
    fetching: new Map(),
    serving: new Map(),
    usable: new GrowingMap(),
    heldCounts: new GrowingMap(),
    instances: new Map(),
    cut: 0,
    alarms: new Map(),
  }
}

/** What is known of one cut. */
export function instanceOf(state: State, cut: number): Instance {
  return state.instances.get(cut) ?? UNTOUCHED
}

/** The decision of one cut, or null while there is none here. */
export function outcomeOf(state: State, cut: number): Outcome | null {
  return instanceOf(state, cut).outcome
}

/** The decision of the latest cut that has one. */
export function latestOutcome(state: State): Outcome | null {
  return state.cut === 0 ? null : outcomeOf(state, state.cut - 1)
}

type MapField = {
  [K in keyof State]: State[K] extends ReadonlyMap<infer _Key, infer _Value> ? K : never
}[keyof State]
type KeyOf<K extends MapField> = State[K] extends ReadonlyMap<infer Key, infer _Value> ? Key : never
type ValueOf<K extends MapField> = State[K] extends ReadonlyMap<infer _Key, infer Value> ? Value : never

/** The state that a step is building, with its effects. `state` may be read at any time. */
export interface Draft {
  readonly params: Params
  state: State
  readonly effects: Effect[]
  /** Maps that this step has copied already. */
  readonly copied: Set<MapField>
}

export function openDraft(state: State, params: Params): Draft {
  return { params, state, effects: [], copied: new Set() }
}

export function patch(draft: Draft, fields: Partial<State>): void {
  draft.state = { ...draft.state, ...fields }
}

/** Either kind of map, as `put` sees it. */
type Writable<K, V> = Map<K, V> | GrowingMap<K, V>

function writable<K extends MapField>(draft: Draft, field: K): Writable<KeyOf<K>, ValueOf<K>> {
  const held = draft.state[field] as ReadonlyMap<KeyOf<K>, ValueOf<K>>
  // Sound: the map under `field` is the copy made in this step, of this field's own type.
  if (draft.copied.has(field)) return held as Writable<KeyOf<K>, ValueOf<K>>
  draft.copied.add(field)
  const copy = held instanceof GrowingMap ? held.fork() : new Map(held)
  draft.state = { ...draft.state, [field]: copy }
  return copy
}

export function put<K extends MapField>(draft: Draft, field: K, key: KeyOf<K>, value: ValueOf<K>): void {
  writable(draft, field).set(key, value)
}

export function patchInstance(draft: Draft, cut: number, fields: Partial<Instance>): void {
  put(draft, 'instances', cut, { ...instanceOf(draft.state, cut), ...fields })
}

/** Takes a digest out of what is wanted: the only thing that ever leaves a state. */
export function dropWanted(draft: Draft, key: string): void {
  const wanted = new Map(draft.state.wanted)
  wanted.delete(key)
  patch(draft, { wanted })
}

/** Raises an alarm once, or once a cut where it is about one. */
export function alarm(draft: Draft, raised: Alarm): void {
  const key = 'cut' in raised ? `${raised.code}/${raised.cut}` : raised.code
  if (draft.state.alarms.has(key)) return
  put(draft, 'alarms', key, raised)
  draft.effects.push({ kind: 'alarm', alarm: raised })
}

/** Whether I may sign in `slot`: active, and never asked in it before. */
export function maySign(draft: Draft, slot: string): boolean {
  return draft.state.mode === 'active' && !draft.state.signed.has(slot)
}

/** Fields that `sign` fills in. */
type Unsigned<T extends MessageType> = Omit<Bodies[T], 'round' | 'member'>

/**
 * Asks the shell to sign one body of mine, unless its slot was used before or I do not sign at all.
 * @returns whether it was asked
 */
export function sign<T extends MessageType>(draft: Draft, type: T, fields: Unsigned<T>): boolean {
  const { me, round } = draft.params
  if (me === null) return false
  // Sound: Unsigned<T> is Bodies[T] without exactly these two fields.
  const body = { ...fields, round, member: me } as Unsigned<T> & Authored as Bodies[T]
  const slot = slotOf(type, body)
  // §9.1 One body a slot, whatever happened since: the slot is taken before the effect leaves.
  if (!maySign(draft, slot)) return false
  const bytes = codecOf(type).encode(body)
  put(draft, 'signed', slot, digestKey(objectDigest(type, bytes)))
  draft.effects.push({ kind: 'sign', type, slot, body: bytes })
  return true
}
