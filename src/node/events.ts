/**
 * What a node tells those who watch it: screens, logs, the local consortium. Watching only: no decision depends on a
 * listener, and a listener that throws is a fault of the watcher's.
 * Members appear by their names in the charter; names of peers outside it never do.
 */
import type { MessageType } from '../agree/messages.ts'
import type { Phase } from '../agree/report.ts'
import type { Alarm } from '../agree/types.ts'
import type { RouterWord } from '../exchange/router-port.ts'

/** A member that the rule gave no weight. */
export interface LeftOut {
  readonly member: string
  /** The rule's id. */
  readonly by: string
  readonly reason: string
  readonly figures: Readonly<Record<string, number>>
}

export type NodeEvent =
  | { readonly type: 'listening'; readonly addresses: readonly string[] }
  | { readonly type: 'connected'; readonly member: string }
  | { readonly type: 'disconnected'; readonly member: string }
  /** What the router says about the port that this node asked it for. */
  | ({ readonly type: 'router' } & RouterWord)
  /** A member is reached through another from now on, or directly after that (null). Connected without a word of this is direct. */
  | { readonly type: 'path'; readonly member: string; readonly relayedBy: string | null }
  | { readonly type: 'outsider-refused'; readonly publicKey: string | null }
  | { readonly type: 'phase'; readonly phase: Phase }
  /** I signed this: it is in the journal. `of`: whose update it is about. */
  | { readonly type: 'signed'; readonly object: MessageType; readonly slot: string; readonly of?: string }
  /** I took this object of another member. */
  | { readonly type: 'object'; readonly object: MessageType; readonly member: string; readonly of?: string }
  | {
      readonly type: 'receiving'
      readonly member: string
      readonly doneBytes: number
      readonly totalBytes: number
    }
  /** An update lies whole on my disk and was judged; `fault` is the admission fault's code. */
  | { readonly type: 'stored'; readonly member: string; readonly fault: string | null }
  | { readonly type: 'evidence'; readonly member: string; readonly slot: string }
  | {
      readonly type: 'decided'
      readonly cut: number
      readonly decision: string
      readonly updates: readonly string[]
      readonly excluded: readonly string[]
      readonly missing: readonly string[]
      readonly isUndecided: boolean
      /** A late cut that added nothing. */
      readonly isUnchanged: boolean
    }
  | {
      readonly type: 'aggregated'
      readonly cut: number
      readonly aggregate: string
      readonly rule: string
      readonly leftOut: readonly LeftOut[]
    }
  | { readonly type: 'certificate'; readonly cut: number; readonly aggregate: string; readonly file: string }
  | { readonly type: 'adapter'; readonly folder: string }
  | {
      readonly type: 'alarm'
      readonly code:
        | Alarm['code']
        | 'CLOCK_SKEW'
        | 'GOSSIP_SILENT'
        | 'VERSION_MISMATCH'
        | 'PEER_OVER_BOUNDS'
        | 'RELAY_OVER_BOUNDS'
      readonly text: string
    }

/** An event with its time, as `events.jsonl` holds it. */
export type TimedNodeEvent = NodeEvent & { readonly atMs: number }

export type OnNodeEvent = (event: TimedNodeEvent) => void
