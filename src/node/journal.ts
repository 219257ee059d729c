/**
 * The journal: everything that this key signs, written and synced before it leaves. It is why a member never signs
 * twice: after any crash the node reads it, sends again exactly what it sent, and refuses to sign another body for a
 * slot that it has signed.
 *
 * In: records to append. Out: the records of a round, in the order of their signing.
 * Invariants: one (round, slot) has one body, asserted before it is written and checked again when it is read; an append
 * is acknowledged only after the data is synced; one process at a time holds the lock beside the file.
 * A tail that a crash left half written was never acknowledged, so never sent: it is cut, with a warning. Damage with a
 * whole record after it is none of that: it is an error, since cutting there would forget signatures.
 * Source: docs/PROTOCOL.md, "Never sign twice". File format: journal-format.ts.
 */
import { concatBytes, equalBytes, toHex } from '../core/bytes.ts'
import { assert, RoundError } from '../core/errors.ts'
import type { PublicKey, RoundId } from '../core/ids.ts'
import type { Log, Rng } from '../core/ports.ts'
import {
  acquireLock,
  type AppendFile,
  type FileLock,
  hasFile,
  openAppendFile,
  readFileBounded,
  removeFile,
} from '../files/index.ts'
import {
  corrupt,
  frameOf,
  INSTANCE_BYTES,
  type JournalFault,
  NO_PREVIOUS,
  recordCodec,
  scanRecords,
  type SignedRecord,
} from './journal-format.ts'

export type { JournalFault, SignedRecord } from './journal-format.ts'

export interface Journal {
  readonly path: string
  /** 16 random bytes, drawn when the journal was made: a second node with the same key shows another. */
  readonly instance: Uint8Array
  /** Everything signed in a round, in order. */
  readonly recordsOf: (roundId: RoundId) => readonly SignedRecord[]
  /** What was signed in a slot, or null. */
  readonly find: (roundId: RoundId, slot: string) => SignedRecord | null
  /**
   * Writes and syncs. A record that is in the journal already is skipped; a *different* body for a signed slot is a
   * broken invariant of ours and asserts before anything is written.
   * @throws NO_SPACE | FILE_UNREADABLE
   */
  readonly append: (records: readonly SignedRecord[]) => Promise<void>
  readonly close: () => Promise<void>
}

/** A round of 64 members writes some hundred records of a few kB; this is the bound on reading it whole. */
const JOURNAL_SIZE_BYTES_MAX = 1 << 30

const slotKey = (roundId: RoundId, slot: string): string => `${toHex(roundId)} ${slot}`

/** Makes the journal of a new key. @throws JOURNAL_EXISTS */
export async function createJournal(path: string, publicKey: PublicKey, rng: Rng): Promise<void> {
  if (await hasFile(path)) {
    throw new RoundError<JournalFault>({ code: 'JOURNAL_EXISTS', file: path }, `${path}: exists already`, {
      hint: 'A journal belongs to its key for ever; start a new node in a new folder.',
    })
  }
  const body = recordCodec.encode({ kind: 'open', publicKey, instance: rng.bytes(INSTANCE_BYTES) })
  const file = await openAppendFile(path)
  try {
    await file.append(frameOf(body, NO_PREVIOUS).bytes)
  } catch (error) {
    await removeFile(path)
    throw error
  } finally {
    await file.close()
  }
}

/**
 * Opens the journal of `publicKey` and holds its lock until `close`.
 * @throws JOURNAL_MISSING | JOURNAL_CORRUPT | JOURNAL_OF_ANOTHER_KEY | LOCKED
 */
export async function openJournal(path: string, publicKey: PublicKey, log: Log): Promise<Journal> {
  const lock = await acquireLock(`${path}.lock`)
  try {
    if (!(await hasFile(path))) {
      throw new RoundError<JournalFault>({ code: 'JOURNAL_MISSING', file: path }, `${path}: no such file`, {
        hint: 'A key without its journal may have signed anything. Restore the whole node folder, or make a new key with `oneround init` and let the other members admit it.',
      })
    }
    return await openLocked(path, publicKey, log, lock)
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function openLocked(path: string, publicKey: PublicKey, log: Log, lock: FileLock): Promise<Journal> {
  const bytes = await readFileBounded(path, JOURNAL_SIZE_BYTES_MAX)
  const { records, end, lastHash } = scanRecords(bytes, path)
  const [first, ...rest] = records
  if (first?.kind !== 'open') throw corrupt(path, 0, 'its first record does not name a key')
  if (!equalBytes(first.publicKey, publicKey)) {
    throw new RoundError<JournalFault>(
      { code: 'JOURNAL_OF_ANOTHER_KEY', file: path },
      `${path}: the journal of another key, ${toHex(first.publicKey)}`,
      { hint: 'Key and journal belong together: restore both from the same place.' },
    )
  }
  const signed = new SignedSlots()
  for (const record of rest) {
    if (record.kind !== 'signed') throw corrupt(path, 0, 'a second record that names a key')
    const { roundId, slot, type, body, signature } = record
    if (!signed.add({ roundId, slot, type, body, signature }))
      throw corrupt(path, 0, `two bodies for slot ${slot}`)
  }
  const file = await openAppendFile(path)
  if (end < bytes.length) {
    log.warn('journal: cut a half-written last record', {
      file: path,
      offset: end,
      sizeBytes: bytes.length - end,
    })
    await file.truncate(end)
  }
  return appendingJournal({ path, instance: first.instance, signed, file, lock, lastHash })
}

const isSameBody = (a: SignedRecord, b: SignedRecord): boolean =>
  a.type === b.type && equalBytes(a.body, b.body)

/** The signed slots, in memory: at most one body each. */
class SignedSlots {
  readonly #bySlot = new Map<string, SignedRecord>()

  /** Whether the slot now holds this body; false if it holds another. */
  add(record: SignedRecord): boolean {
    const key = slotKey(record.roundId, record.slot)
    const held = this.#bySlot.get(key)
    if (held) return isSameBody(held, record)
    this.#bySlot.set(key, record)
    return true
  }

  /** The records that are not held yet, each once; asserts that none contradicts another or one that is held. */
  checkNew(records: readonly SignedRecord[]): readonly SignedRecord[] {
    const fresh = new Map<string, SignedRecord>()
    for (const record of records) {
      const key = slotKey(record.roundId, record.slot)
      const held = this.#bySlot.get(key) ?? fresh.get(key)
      if (held) assert(isSameBody(held, record), `never sign twice: slot ${record.slot}`)
      else fresh.set(key, record)
    }
    return [...fresh.values()]
  }

  find(roundId: RoundId, slot: string): SignedRecord | null {
    return this.#bySlot.get(slotKey(roundId, slot)) ?? null
  }

  recordsOf(roundId: RoundId): readonly SignedRecord[] {
    return [...this.#bySlot.values()].filter((record) => equalBytes(record.roundId, roundId))
  }
}

interface OpenParts {
  readonly path: string
  readonly instance: Uint8Array
  readonly signed: SignedSlots
  readonly file: AppendFile
  readonly lock: FileLock
  readonly lastHash: Uint8Array
}

function appendingJournal(parts: OpenParts): Journal {
  const { path, instance, signed, file, lock } = parts
  let lastHash = parts.lastHash
  // Appends run one after the other: each hash covers the one before it.
  let tail: Promise<void> = Promise.resolve()
  let isOpen = true

  const appendNow = async (records: readonly SignedRecord[]): Promise<void> => {
    assert(isOpen, 'the journal is open')
    const fresh = signed.checkNew(records)
    const frames: Uint8Array[] = []
    let hash = lastHash
    for (const { roundId, slot, type, body, signature } of fresh) {
      const frame = frameOf(
        recordCodec.encode({ kind: 'signed', roundId, slot, type, body, signature }),
        hash,
      )
      frames.push(frame.bytes)
      hash = frame.hash
    }
    if (frames.length > 0) await file.append(concatBytes(...frames))
    lastHash = hash
    for (const record of fresh) assert(signed.add(record), `never sign twice: slot ${record.slot}`)
  }
  const append = (records: readonly SignedRecord[]): Promise<void> => {
    const done = tail.then(() => appendNow(records))
    // A failed append is its caller's to handle; the next one starts from the same place.
    tail = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }
  const close = async (): Promise<void> => {
    if (!isOpen) return
    await tail
    isOpen = false
    await file.close()
    await lock.release()
  }
  const recordsOf = (roundId: RoundId) => signed.recordsOf(roundId)
  return { path, instance, recordsOf, find: (roundId, slot) => signed.find(roundId, slot), append, close }
}
