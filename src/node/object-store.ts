/**
 * The signed objects of one round that this node holds, its own and the others', on disk: what it reads again after a
 * restart. What it serves to members that were away is the engine's state, which is made of the same.
 *
 * In: messages that the engine took. Out: the same, in order. File: a record log of envelopes (record-log.ts).
 * Losing a tail of it costs a sync, nothing else: what this key signed lies in the journal. So a damaged log is cut at
 * the damage, with a warning, and the rest comes again from the others. The engine's slots bound how much there can be.
 */
import type { Log } from '../core/ports.ts'
import { decodeMessage, encodeEnvelope, envelopeOf, type Message } from '../agree/envelope.ts'
import { openRecordLog, readRecordLog } from './record-log.ts'

export interface ObjectStore {
  /** What was held when the store was opened, in the order in which it came. */
  readonly restored: readonly Message[]
  /** Keeps it; resolves when it is on disk. @throws NO_SPACE | FILE_UNREADABLE */
  readonly add: (message: Message) => Promise<void>
  readonly close: () => Promise<void>
}

export async function openObjectStore(path: string, log: Log): Promise<ObjectStore> {
  const scan = await readRecordLog(path, (body) => decodeMessage(body).ok)
  if (scan.end < scan.fileSizeBytes) {
    log.warn('object store: cut at a damaged record; the rest comes again by sync', {
      file: path,
      offset: scan.end,
    })
  }
  const held = new Set<string>()
  const restored: Message[] = []
  for (const bytes of scan.bodies) {
    const decoded = decodeMessage(bytes)
    // Written by another version of the program, if at all: it comes again by sync if anybody still needs it.
    if (!decoded.ok || held.has(decoded.message.key)) continue
    held.add(decoded.message.key)
    restored.push(decoded.message)
  }
  const file = await openRecordLog(path, scan)
  return {
    restored,
    add: async (message) => {
      if (held.has(message.key)) return
      held.add(message.key)
      await file.append([encodeEnvelope(envelopeOf(message))])
    },
    close: () => file.close(),
  }
}
