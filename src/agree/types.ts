/**
 * What goes into the round engine and what comes out of it: `step(state, event, params) → { state, effects }`.
 *
 * The shell (src/node/) turns effects into I/O and results into events. Contract with the shell, in full:
 * - The first event is `restored`, with every envelope of this round in my journal, mine and others', in the order in
 *   which they were written (none for a fresh one). Before it nothing is signed.
 * - On `store`: append the peer's envelope to the journal; no sync. On `sign`: append the signed envelope, sync, feed it
 *   back as `signed`; the engine then asks for its `broadcast`. One file, effects in order, so that syncing mine makes
 *   durable all that it rests on. If the process dies in between, the journal alone says whether it was signed.
 * - `clock` whenever the latest `set-timer` is due, and at any other time too. `nowMs` is the median of my clock and
 *   those of connected members; skew beyond the charter's guard is the shell's alarm.
 * - On `fetch-update`: get the bytes, check the digests, run admission if asked to, sync, then `update-stored`. After a
 *   restart `update-stored` is fed again for everything on disk, own update included. An error of mine (disk, memory) is
 *   no event: the shell tries again or says so.
 * - `pull` names objects that something held refers to: ask peers for them by digest. Sync with every peer on connect
 *   and periodically covers what is lost.
 * Source: docs/PROTOCOL.md §4 to §7.
 */
import type { Charter, RoundSchedule } from '../charter/schema.ts'
import type { Digest, RoundId } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import type { VerifySignature } from '../core/signature.ts'
import type { Certificate } from './certificate.ts'
import type { Message } from './envelope.ts'
import type { Attestation, Decision, Header, MessageType } from './messages.ts'

/** What does not change during a round. */
export interface Params {
  readonly charter: Charter
  readonly charterDigest: Digest
  readonly round: RoundId
  readonly schedule: RoundSchedule
  /** Digest that every Header must name. */
  readonly layout: Digest
  /** Aggregate of the round that this one builds on, which every Header must name; absent: none may. */
  readonly basis?: Digest
  /** My place in the roster; null for an observer, who checks and computes all and signs nothing. */
  readonly me: MemberIndex | null
  readonly verify: VerifySignature
  /** View v lasts (v + 1) times this. Mine alone: nothing agreed depends on it. */
  readonly viewTimeoutMs: number
}

/** A Header without what the engine fills in. */
export type HeaderDraft = Omit<Header, 'round' | 'member'>

export type AdmissionResult =
  | { readonly kind: 'admitted' }
  /** `fault`: the admission fault's code, upper case. */
  | { readonly kind: 'refused'; readonly fault: string }

export type Event =
  | {
      readonly kind: 'restored'
      readonly messages: readonly Message[]
      /** True when the journal cannot be trusted (lost, older than the key): sign nothing in this round. */
      readonly observe: boolean
    }
  | { readonly kind: 'envelope'; readonly message: Message }
  | { readonly kind: 'signed'; readonly message: Message }
  | { readonly kind: 'clock'; readonly nowMs: number }
  /** My adapter is ready and its chunks are on disk and synced; or I have none for this round (null). */
  | { readonly kind: 'adapter-ready'; readonly header: HeaderDraft | null }
  /** What admission says of bytes on my disk as `member`'s update; another member's claim to the same is answered apart. */
  | {
      readonly kind: 'update-stored'
      readonly member: MemberIndex
      readonly update: Digest
      readonly result: AdmissionResult
    }
  | {
      readonly kind: 'aggregated'
      readonly decision: Digest
      readonly aggregate: Digest
      readonly rule: Attestation['rule']
    }
  /** The operator gives the round up: the last thing that I sign in it. */
  | { readonly kind: 'abandon' }

/** Why a well-formed envelope is not taken. Finite: used as a metric's label. */
export type IgnoreCode = 'OTHER_ROUND' | 'OTHER_CUT' | 'DUPLICATE' | 'SLOT_FULL' | 'VIEW_FAR' | 'OWN_UNKNOWN'
export type RejectCode =
  | 'NOT_A_MEMBER'
  | 'BAD_SIGNATURE'
  | 'NAMES_NO_MEMBER'
  | 'HEADER_OVER_LIMITS'
  | 'HEADER_OTHER_LAYOUT'
  | 'HEADER_OTHER_BASIS'
  | 'PROPOSAL_NOT_BY_LEADER'
  | 'PROPOSAL_TOO_FEW_STATUSES'
  | 'PROPOSAL_OTHER_INSTANCE'
  | 'PROPOSAL_CARRIED_FROM_LATER'
export type Verdict =
  | { readonly kind: 'accept' }
  | { readonly kind: 'ignore'; readonly code: IgnoreCode }
  | { readonly kind: 'reject'; readonly code: RejectCode }

/** What a person must hear of, loudly. Each is raised once. */
export type Alarm =
  /** My key signed what my journal does not know: another process has it, or the journal is a restored backup. */
  | { readonly code: 'OWN_KEY_ELSEWHERE'; readonly slot: string }
  /** More members lie than the charter bears: both sides of a contradiction have a quorum. */
  | { readonly code: 'TOO_MANY_LIARS'; readonly what: string; readonly members: readonly MemberIndex[] }
  /** q others attest another aggregate from the same decision: my arithmetic or disk is at fault. */
  | { readonly code: 'AGGREGATE_DIFFERS'; readonly mine: Digest; readonly theirs: Digest }
  /** Decided, with fewer updates than the charter's minimum: no result, the same at everyone. */
  | {
      readonly code: 'UNDECIDED'
      readonly cut: number
      readonly updateCount: number
      readonly minUpdates: number
      readonly missing: readonly MemberIndex[]
    }
  /** Past the final deadline without a decision of a cut: `silent` have not been heard from in the phase it waits in. */
  | { readonly code: 'STALLED'; readonly cut: number; readonly silent: readonly MemberIndex[] }
  /** More members gave the round up than it can do without: it will end for nobody unless these had decided before. */
  | { readonly code: 'ABANDONED'; readonly members: readonly MemberIndex[] }

export type Effect =
  | {
      readonly kind: 'sign'
      readonly type: MessageType
      readonly slot: string
      /** Canonical bytes of the body. */
      readonly body: Uint8Array
    }
  /** A peer's message is held from now on: append it to the journal, to be synced no later than my next signature. */
  | { readonly kind: 'store'; readonly message: Message }
  | { readonly kind: 'broadcast'; readonly message: Message }
  | { readonly kind: 'verdict'; readonly digest: Digest; readonly verdict: Verdict }
  | { readonly kind: 'pull'; readonly digests: readonly Digest[] }
  | {
      readonly kind: 'fetch-update'
      readonly member: MemberIndex
      readonly header: Header
      /** Who says to hold it, its owner first. May be lies; `providersOf` has the current list. */
      readonly providers: readonly MemberIndex[]
      /** True once decided: the bytes are needed whatever admission says. */
      readonly isDecided: boolean
    }
  /** From now on the chunks of this update may be read by members. */
  | { readonly kind: 'allow-serving'; readonly member: MemberIndex; readonly update: Digest }
  | { readonly kind: 'set-timer'; readonly atMs: number }
  | {
      readonly kind: 'decided'
      readonly decision: Decision
      readonly digest: Digest
      /** Fewer updates than the charter's minimum: the round has no result, unless a late cut brings one. */
      readonly isUndecided: boolean
      /** A late cut that changed nothing: no aggregation follows, the certificate before it stays the round's. */
      readonly isUnchanged: boolean
      /** Members of the roster whose update is not in it, excluded ones included. */
      readonly missing: readonly MemberIndex[]
    }
  /**
   * All decided bytes are here: run the charter's rule, then `aggregated`. Lots are drawn from the nonces of the updates
   * that are not in `decision.late` (§8.12). A later cut's may come while an earlier one's is still at work.
   */
  | { readonly kind: 'aggregate'; readonly decision: Decision; readonly digest: Digest }
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  | {
      readonly kind: 'evidence'
      readonly member: MemberIndex
      readonly first: Message
      readonly second: Message
    }
  | { readonly kind: 'alarm'; readonly alarm: Alarm }
