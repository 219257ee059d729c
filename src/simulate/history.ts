/**
 * What happened in a world, as plain facts with hex digests: all that the checkers know. Nothing in here is computed by the
 * engine but the claims of honest members (what they decided, attested, held as evidence), which are what is checked.
 */
import { toHex } from '../core/bytes.ts'
import type { MemberIndex } from '../core/order.ts'

/** A body's values as a checker reads them. */
export type FactValue = string | number | boolean | readonly FactValue[] | FactBody
export interface FactBody {
  readonly [key: string]: FactValue
}

/** A body that somebody signed, whether or not anybody got it. */
export interface SignedFact {
  /** Order of happening: one counter for the whole world. */
  readonly order: number
  readonly member: MemberIndex
  readonly type: string
  readonly slot: string
  readonly digest: string
  /** The body with byte strings as hex, whatever their depth. */
  readonly body: FactBody
}

export interface DecidedFact {
  readonly member: MemberIndex
  readonly cut: number
  readonly digest: string
  /** x, by digest: two values may give one decision, yet must not both be decided. */
  readonly value: string
  readonly updates: readonly { readonly member: MemberIndex; readonly header: string }[]
  readonly excluded: readonly MemberIndex[]
  /** Marked as added by a late cut. */
  readonly late: readonly MemberIndex[]
  readonly isUndecided: boolean
  readonly isUnchanged: boolean
  readonly view: number
}

/** What the network did, in numbers. */
export interface NetworkFacts {
  /** Objects that members sent, by broadcast and by sync, and their bytes as envelopes; updates are not counted. */
  sentCount: number
  sentSizeBytes: number
  lostCount: number
  duplicatedCount: number
}

export interface CrashFact {
  readonly member: MemberIndex
  readonly why: 'crash' | 'crash-at-write' | 'full-disk' | 'restored-backup'
  /** Journal entries that were not synced and are gone. */
  readonly lostCount: number
}

export interface History {
  readonly n: number
  readonly f: number
  readonly q: number
  readonly minUpdates: number
  readonly reveal: 'committed' | 'immediate'
  readonly latecomers: boolean
  readonly liars: readonly MemberIndex[]
  /** Nobody lies, nothing is lost, and everybody has published well before the commit deadline. */
  readonly isCalm: boolean
  /** All faults end so early that what was committed can be certified before the final deadline. */
  readonly healsInTime: boolean
  readonly signed: SignedFact[]
  /** When an honest member first let anybody read its own update: order and member. */
  readonly reveals: { readonly order: number; readonly member: MemberIndex }[]
  readonly decided: DecidedFact[]
  readonly caught: { readonly by: MemberIndex; readonly member: MemberIndex }[]
  readonly alarms: { readonly member: MemberIndex; readonly code: string; readonly cut: number }[]
  /** Certificates that honest members put together, and what the offline check said of each. */
  readonly certificates: {
    readonly member: MemberIndex
    readonly cut: number
    readonly fault: string | null
  }[]
  /** Honest members that were done when the world ended. */
  finished: readonly MemberIndex[]
  readonly crashes: CrashFact[]
  readonly network: NetworkFacts
  /** Update digest → whose it is and whether its bytes are admissible. */
  readonly updates: ReadonlyMap<string, { readonly owner: MemberIndex; readonly isAdmissible: boolean }>
}

export interface Violation {
  readonly check: string
  readonly what: string
}
export type Check = (history: History) => readonly Violation[]

/** Any canonical value with its byte strings as hex. */
export function toFact(value: unknown): FactValue {
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map((item) => toFact(item))
  if (typeof value === 'object' && value !== null) return toFactBody(value)
  throw new TypeError(`no canonical value: ${typeof value}`)
}

export function toFactBody(value: object): FactBody {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toFact(item)]))
}

/** Items of a list in a body, each a map. */
export function itemsOf(body: FactBody, key: string): readonly FactBody[] {
  const list = body[key]
  if (!Array.isArray(list)) return []
  return list.filter((item: FactValue): item is FactBody => typeof item === 'object' && !Array.isArray(item))
}
