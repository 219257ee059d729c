/**
 * The journal: everything that this key signs, written and synced before it leaves, and what those signatures rest on:
 * the other members' objects, in the order in which both came. It is why a member never signs twice: after any crash the
 * node reads it, sends again exactly what it sent, and refuses to sign another body for a slot that it has signed.
 *
 * Why the others' objects are in the same file: a liar may be the only other member that holds them, and keep them. One
 * file and one sync make durable, together with my signature, all that came before it.
 * In: records to append. Out: the records of a round, in order.
 * File: a record log (record-log.ts) of canonical DAG-CBOR records. The first names the key and the instance, 16 random
 * bytes drawn when the journal was made: a second node with the same key shows another instance.
 * Invariants: one (round, slot) has one body, asserted before it is written and checked again when it is read; an append
 * is acknowledged only after the data is synced; one process at a time holds the lock beside the file.
 * A tail that a crash left half written was never acknowledged, so never sent: it is cut, with a warning. Damage with a
 * readable record after it is none of that: it is an error, since cutting there would forget signatures.
 * Source: docs/PROTOCOL.md, "Never sign twice".
 */
import * as v from 'valibot'
import { equalBytes, toHex } from '../core/bytes.ts'
import {
  type Codec,
  defineCodec,
  describeDecodeFault,
  publicKeySchema,
  roundIdSchema,
  signatureSchema,
  textSchema,
} from '../core/canonical.ts'
import { assert, RoundError } from '../core/errors.ts'
import type { PublicKey, RoundId } from '../core/ids.ts'
import type { Log, Rng } from '../core/ports.ts'
import { acquireLock, type FileLock, hasFile, removeFile } from '../files/index.ts'
import {
  EMPTY_LOG,
  openRecordLog,
  readRecordLog,
  RECORD_SIZE_BYTES_MAX,
  type RecordLog,
} from './record-log.ts'

export type JournalFault =
  | { readonly code: 'JOURNAL_MISSING'; readonly file: string }
  | { readonly code: 'JOURNAL_EXISTS'; readonly file: string }
  | {
      readonly code: 'JOURNAL_CORRUPT'
      readonly file: string
      readonly offset: number
      readonly reason: string
    }
  | { readonly code: 'JOURNAL_OF_ANOTHER_KEY'; readonly file: string }

interface Recorded {
  readonly roundId: RoundId
  readonly type: string
  /** Canonical bytes of the object. */
  readonly body: Uint8Array
  readonly signature: Uint8Array
}

/** What this key signed, as it was sent. */
export interface SignedRecord extends Recorded {
  readonly kind: 'signed'
  /** The slot's name (docs/PROTOCOL.md §3): a member signs at most one body in it. */
  readonly slot: string
}

/** What another member signed and this node holds. */
export interface HeldRecord extends Recorded {
  readonly kind: 'held'
}

export type RoundRecord = SignedRecord | HeldRecord

export interface Journal {
  readonly path: string
  /** 16 random bytes, drawn when the journal was made. */
  readonly instance: Uint8Array
  /** Everything of a round, in the order in which it was written. */
  readonly recordsOf: (roundId: RoundId) => readonly RoundRecord[]
  /** What was signed in a slot, or null. */
  readonly find: (roundId: RoundId, slot: string) => SignedRecord | null
  /**
   * Writes and syncs, in this order. A signed record that is in the journal already is skipped; a *different* body for a
   * signed slot is a broken invariant of ours and asserts before anything is written.
   * @throws NO_SPACE | FILE_UNREADABLE
   */
  readonly append: (records: readonly RoundRecord[]) => Promise<void>
  readonly close: () => Promise<void>
}

const INSTANCE_BYTES = 16

const bytesSchema: v.GenericSchema<Uint8Array, Uint8Array> = v.instance(Uint8Array)
const openSchema = v.strictObject({
  kind: v.literal('open'),
  publicKey: publicKeySchema,
  instance: v.pipe(
    bytesSchema,
    v.check((bytes) => bytes.length === INSTANCE_BYTES, `expected ${INSTANCE_BYTES} bytes`),
  ),
})
const recorded = {
  roundId: roundIdSchema,
  type: textSchema(64),
  body: bytesSchema,
  signature: signatureSchema,
}
const signedSchema = v.strictObject({ kind: v.literal('signed'), slot: textSchema(256), ...recorded })
const heldSchema = v.strictObject({ kind: v.literal('held'), ...recorded })
const recordSchema = v.variant('kind', [openSchema, signedSchema, heldSchema])
type JournalRecord = v.InferOutput<typeof recordSchema>
const recordCodec: Codec<JournalRecord> = defineCodec('journal-record', RECORD_SIZE_BYTES_MAX, recordSchema)

const slotKey = (roundId: RoundId, slot: string): string => `${toHex(roundId)} ${slot}`
const isSameBody = (a: SignedRecord, b: SignedRecord): boolean =>
  a.type === b.type && equalBytes(a.body, b.body)

function corrupt(file: string, offset: number, reason: string): RoundError<JournalFault> {
  return new RoundError(
    { code: 'JOURNAL_CORRUPT', file, offset, reason },
    `${file}: damaged at byte ${offset}: ${reason}`,
    {
      hint: 'This key cannot know what it has signed. Keep the file, and let the key sign nothing until the rounds it took part in are over.',
    },
  )
}

/** Makes the journal of a new key. @throws JOURNAL_EXISTS */
export async function createJournal(path: string, publicKey: PublicKey, rng: Rng): Promise<void> {
  if (await hasFile(path)) {
    throw new RoundError<JournalFault>({ code: 'JOURNAL_EXISTS', file: path }, `${path}: exists already`, {
      hint: 'A journal belongs to its key for ever; start a new node in a new folder.',
    })
  }
  const file = await openRecordLog(path, EMPTY_LOG)
  try {
    await file.append([recordCodec.encode({ kind: 'open', publicKey, instance: rng.bytes(INSTANCE_BYTES) })])
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
  const scan = await readRecordLog(path, (body) => recordCodec.decode(body).ok)
  if (scan.isDamagedWithin) throw corrupt(path, scan.end, 'readable records lie after it')
  const [first, ...rest] = scan.bodies.map((body) => {
    const decoded = recordCodec.decode(body)
    if (!decoded.ok) throw corrupt(path, 0, describeDecodeFault(decoded.fault))
    return decoded.value
  })
  if (first?.kind !== 'open') throw corrupt(path, 0, 'its first record does not name a key')
  if (!equalBytes(first.publicKey, publicKey)) {
    throw new RoundError<JournalFault>(
      { code: 'JOURNAL_OF_ANOTHER_KEY', file: path },
      `${path}: the journal of another key, ${toHex(first.publicKey)}`,
      { hint: 'Key and journal belong together: restore both from the same place.' },
    )
  }
  const records = new Records()
  for (const record of rest) {
    if (record.kind === 'open') throw corrupt(path, 0, 'a second record that names a key')
    const isContradiction = record.kind === 'signed' && !records.mayAdd(record)
    if (isContradiction) throw corrupt(path, 0, `two bodies for slot ${record.slot}`)
    records.add(record)
  }
  if (scan.end < scan.fileSizeBytes) {
    const sizeBytes = scan.fileSizeBytes - scan.end
    log.warn('journal: cut a half-written last record', { file: path, offset: scan.end, sizeBytes })
  }
  const file = await openRecordLog(path, scan)
  return appendingJournal({ path, instance: first.instance, records, file, lock })
}

/** The journal's records in memory: at most one body a signed slot. */
class Records {
  readonly #inOrder: RoundRecord[] = []
  readonly #bySlot = new Map<string, SignedRecord>()

  mayAdd(record: SignedRecord): boolean {
    const held = this.#bySlot.get(slotKey(record.roundId, record.slot))
    return held === undefined || isSameBody(held, record)
  }

  add(record: RoundRecord): void {
    this.#inOrder.push(record)
    if (record.kind === 'signed') this.#bySlot.set(slotKey(record.roundId, record.slot), record)
  }

  /** What of a batch is to be written; asserts that no slot in it or held gets a second body. */
  checkNew(batch: readonly RoundRecord[]): readonly RoundRecord[] {
    const inBatch = new Map<string, SignedRecord>()
    return batch.filter((record) => {
      if (record.kind === 'held') return true
      const key = slotKey(record.roundId, record.slot)
      const known = this.#bySlot.get(key) ?? inBatch.get(key)
      assert(known === undefined || isSameBody(known, record), `never sign twice: slot ${record.slot}`)
      inBatch.set(key, record)
      return known === undefined
    })
  }

  find(roundId: RoundId, slot: string): SignedRecord | null {
    return this.#bySlot.get(slotKey(roundId, slot)) ?? null
  }

  recordsOf(roundId: RoundId): readonly RoundRecord[] {
    return this.#inOrder.filter((record) => equalBytes(record.roundId, roundId))
  }
}

interface OpenParts {
  readonly path: string
  readonly instance: Uint8Array
  readonly records: Records
  readonly file: RecordLog
  readonly lock: FileLock
}

function appendingJournal({ path, instance, records, file, lock }: OpenParts): Journal {
  let tail: Promise<void> = Promise.resolve()
  let isOpen = true
  const appendNow = async (batch: readonly RoundRecord[]): Promise<void> => {
    assert(isOpen, 'the journal is open')
    const fresh = records.checkNew(batch)
    if (fresh.length === 0) return
    await file.append(fresh.map((record) => recordCodec.encode({ ...record })))
    for (const record of fresh) {
      assert(
        record.kind === 'held' || records.mayAdd(record),
        'never sign twice: checked again after the write',
      )
      records.add(record)
    }
  }
  const append = (batch: readonly RoundRecord[]): Promise<void> => {
    // One after the other: the check and the write of one batch must not interleave with another's.
    const done = tail.then(() => appendNow(batch))
    tail = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }
  const close = async (): Promise<void> => {
    await tail
    if (!isOpen) return
    isOpen = false
    await file.close()
    await lock.release()
  }
  const recordsOf = (roundId: RoundId) => records.recordsOf(roundId)
  return { path, instance, recordsOf, find: (roundId, slot) => records.find(roundId, slot), append, close }
}
