/**
 * Writes what people look at into the node's folder: `events.jsonl`, a line an event, and `status.json`, replaced as a
 * whole. Batched, so that a burst of events costs one write. A disk that fails here is logged and costs no more than the
 * view of it: nothing reads these files back.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../core/errors.ts'
import type { Log } from '../core/ports.ts'
import { appendForDisplay, replaceForDisplay } from '../files/index.ts'
import type { TimedNodeEvent } from './events.ts'

export interface FolderWriter {
  readonly event: (event: TimedNodeEvent) => void
  /** The status has changed: it is asked for and written soon. */
  readonly changed: () => void
  /** Writes what is left. */
  readonly close: () => Promise<void>
}

export interface FolderWriterOptions {
  readonly eventsPath: string
  readonly statusPath: string
  readonly buildStatus: () => unknown
  readonly log: Log
}

const INTERVAL_MS = 200

export function openFolderWriter(options: FolderWriterOptions): FolderWriter {
  const { eventsPath, statusPath, log } = options
  const stopping = new AbortController()
  let lines: string[] = []
  let isStatusDue = false
  let loop: Promise<void> | null = null

  const flush = async (): Promise<void> => {
    const batch = lines
    const hasStatus = isStatusDue
    lines = []
    isStatusDue = false
    try {
      if (batch.length > 0) await appendForDisplay(eventsPath, `${batch.join('\n')}\n`)
      if (hasStatus)
        await replaceForDisplay(statusPath, `${JSON.stringify(options.buildStatus(), null, 2)}\n`)
    } catch (error) {
      log.warn('node folder: could not write events or status', { error: messageOf(error) })
    }
  }
  const run = async (): Promise<void> => {
    // An abort only cuts the pause short.
    await delay(INTERVAL_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    await flush()
    loop = null
    if (lines.length > 0 || isStatusDue) wake()
  }
  const wake = (): void => {
    if (!stopping.signal.aborted) loop ??= run()
  }
  return {
    event: (event) => {
      lines.push(JSON.stringify(event))
      wake()
    },
    changed: () => {
      isStatusDue = true
      wake()
    },
    close: async () => {
      if (stopping.signal.aborted) return
      stopping.abort()
      await loop
      isStatusDue = true
      await flush()
    },
  }
}
