/** What the kernel process and its client say to each other. */
import type { ErrorInfo } from '../core/errors.ts'
import type { Job, JobResult } from './job.ts'

export interface Request {
  readonly id: number
  readonly job: Job
}

export type Answer =
  | { readonly id: number; readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly id: number; readonly kind: 'result'; readonly result: JobResult }
  | {
      readonly id: number
      readonly kind: 'error'
      /** null: not an operating error, but a fault of ours. */
      readonly info: ErrorInfo | null
      readonly message: string
      readonly hint: string | undefined
    }
