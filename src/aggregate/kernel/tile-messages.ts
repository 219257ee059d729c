/** What the thread that runs a job and the threads that make its tiles say to each other. */
import type { ErrorInfo } from '../../core/errors.ts'
import type { AggregateJob } from '../job.ts'
import type { Span } from './each-tile.ts'
import type { CombinedTile, Threshold } from './tile-work.ts'

/** What a thread starts from: the job, and what the first passes have found, as bytes of the kernel's memory. */
export interface TileSeat {
  readonly job: AggregateJob
  /** Of the kernel that runs the job, hex. */
  readonly kernelDigest: string
  readonly gram: Uint8Array
  readonly square: Uint8Array
  readonly norms: Uint8Array
  readonly claims: Uint8Array
}

export type TileOrder =
  | { readonly kind: 'combine'; readonly span: Span; readonly thresholds: readonly Threshold[] | null }
  | { readonly kind: 'count'; readonly span: Span; readonly uppers: readonly number[] | null }
  /** What was counted for one of the chosen rows, into a buffer that comes back; after the last one, the bins are given up. */
  | {
      readonly kind: 'collect'
      readonly place: number
      readonly uppers: readonly number[] | null
      readonly buffer: ArrayBuffer
    }
  /** A tile's buffer, written and free again. Not answered. */
  | { readonly kind: 'spare'; readonly buffer: ArrayBuffer }
  /** The known answers again, after the last tile. */
  | { readonly kind: 'finish' }

export type TileAnswer =
  | { readonly kind: 'tile'; readonly tile: CombinedTile; readonly buffer: ArrayBuffer }
  /** @param bins — f64, whole numbers, where they were asked for and any were counted */
  | { readonly kind: 'done'; readonly bins: Uint8Array<ArrayBuffer> | null }
  | {
      readonly kind: 'error'
      /** null: not an operating error, but a fault of ours. */
      readonly info: ErrorInfo | null
      readonly message: string
      readonly hint: string | undefined
    }
