/**
 * A log of records in one file, read with suspicion: what the journal is made of.
 *
 * A record is `magic(4) length(4, little-endian) hash(32) body(length)`, the hash SHA-256 over the previous record's
 * hash and the body, so that no record can be taken out of the middle unseen. Every append is synced before it is
 * acknowledged. A tail that a crash left half written was never acknowledged; readable records after a damaged place
 * mean damage of another kind. What to do about either is the caller's business.
 */
import { concatBytes, equalBytes, utf8 } from '../core/bytes.ts'
import { assert } from '../core/errors.ts'
import { sha256 } from '../core/hash.ts'
import { asDigest, DIGEST_BYTES } from '../core/ids.ts'
import { type AppendFile, hasFile, openAppendFile, readFileBounded } from '../files/index.ts'

/** A proposal or a status of 64 members stays far below. */
export const RECORD_SIZE_BYTES_MAX: number = 8 << 20
/** A round of 64 members writes some thousand records of at most a few kB; this is the bound on reading a log whole. */
const LOG_SIZE_BYTES_MAX = 1 << 30

const MAGIC = utf8('1RJ\n')
const FRAME_BYTES = MAGIC.length + 4 + DIGEST_BYTES
const NO_PREVIOUS = asDigest(new Uint8Array(DIGEST_BYTES))

/** What a log file holds. */
export interface LogScan {
  readonly bodies: readonly Uint8Array[]
  /** Where the last whole record ends. */
  readonly end: number
  readonly lastHash: Uint8Array
  readonly fileSizeBytes: number
  /** Whether there are readable records after a damaged place: no half-written tail looks like that. */
  readonly isDamagedWithin: boolean
}

export interface RecordLog {
  /** Writes and syncs, one batch after the other. @throws NO_SPACE | FILE_UNREADABLE */
  readonly append: (bodies: readonly Uint8Array[]) => Promise<void>
  /** Waits for what is being written. */
  readonly close: () => Promise<void>
}

function frameOf(
  body: Uint8Array,
  previous: Uint8Array,
): { readonly bytes: Uint8Array; readonly hash: Uint8Array } {
  assert(body.length <= RECORD_SIZE_BYTES_MAX, 'a record within its bound')
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, body.length, true)
  const hash = sha256(previous, body)
  return { bytes: concatBytes(MAGIC, length, hash, body), hash }
}

interface Frame {
  readonly body: Uint8Array
  readonly hash: Uint8Array
  readonly end: number
}

/** The frame at `offset` if it is all there, whatever its hash says. */
function frameAt(bytes: Uint8Array, offset: number): Frame | null {
  if (offset + FRAME_BYTES > bytes.length) return null
  if (!equalBytes(bytes.subarray(offset, offset + MAGIC.length), MAGIC)) return null
  const length = new DataView(bytes.buffer, bytes.byteOffset + offset + MAGIC.length, 4).getUint32(0, true)
  const begin = offset + FRAME_BYTES
  if (length > RECORD_SIZE_BYTES_MAX || begin + length > bytes.length) return null
  return {
    hash: bytes.subarray(begin - DIGEST_BYTES, begin),
    body: bytes.subarray(begin, begin + length),
    end: begin + length,
  }
}

function hasRecordFrom(
  bytes: Uint8Array,
  offset: number,
  isReadable: (body: Uint8Array) => boolean,
): boolean {
  for (let at = offset; at + FRAME_BYTES <= bytes.length; at++) {
    const frame = frameAt(bytes, at)
    if (frame && isReadable(frame.body)) return true
  }
  return false
}

/**
 * Reads a log file whole; an absent one is empty.
 * @param isReadable — whether a body decodes, to tell damage in the middle from a half-written tail
 * @throws FILE_TOO_LARGE | FILE_UNREADABLE
 */
export async function readRecordLog(
  path: string,
  isReadable: (body: Uint8Array) => boolean,
): Promise<LogScan> {
  const bytes = (await hasFile(path)) ? await readFileBounded(path, LOG_SIZE_BYTES_MAX) : new Uint8Array(0)
  const bodies: Uint8Array[] = []
  let end = 0
  let lastHash: Uint8Array = NO_PREVIOUS
  for (;;) {
    const frame = frameAt(bytes, end)
    if (frame === null || !equalBytes(sha256(lastHash, frame.body), frame.hash)) break
    bodies.push(frame.body)
    end = frame.end
    lastHash = frame.hash
  }
  const isDamagedWithin = end < bytes.length && hasRecordFrom(bytes, end, isReadable)
  return { bodies, end, lastHash, fileSizeBytes: bytes.length, isDamagedWithin }
}

/** Opens a log for appending after what `scan` found whole; what lies behind that is cut off. */
export async function openRecordLog(
  path: string,
  scan: Pick<LogScan, 'end' | 'lastHash'>,
): Promise<RecordLog> {
  const file = await openAppendFile(path)
  if (file.sizeBytes() > scan.end) await file.truncate(scan.end)
  return appendingLog(file, scan.lastHash)
}

/** The state of a log that holds nothing yet. */
export const EMPTY_LOG: Pick<LogScan, 'end' | 'lastHash'> = { end: 0, lastHash: NO_PREVIOUS }

function appendingLog(file: AppendFile, hashAtOpen: Uint8Array): RecordLog {
  let lastHash = hashAtOpen
  let tail: Promise<void> = Promise.resolve()
  let isOpen = true
  const appendNow = async (bodies: readonly Uint8Array[]): Promise<void> => {
    assert(isOpen, 'the log is open')
    let hash = lastHash
    const frames = bodies.map((body) => {
      const frame = frameOf(body, hash)
      hash = frame.hash
      return frame.bytes
    })
    await file.append(concatBytes(...frames))
    lastHash = hash
  }
  const append = (bodies: readonly Uint8Array[]): Promise<void> => {
    // One batch after the other: each hash covers the one before it. A batch that failed left nothing behind, so the
    // next one starts from the same place; the failure itself is its own caller's to handle.
    const done = tail.then(() => appendNow(bodies))
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
  }
  return { append, close }
}
