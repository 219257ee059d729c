/**
 * Mutants of bytes that were valid: what a fuzzer feeds to decoders. Each is one to six changes, of bits, of ranges, of
 * what CBOR and JSON count and nest by. Seeded: the same numbers give the same mutants.
 */
import { concatBytes, utf8 } from '../../src/core/bytes.ts'
import type { SeededRng } from '../../src/core/seeded-rng.ts'

export const MUTANT_SIZE_BYTES_MAX = 1 << 18

/** Heads of CBOR items that promise far more than follows, or are not canonical; floats, tags, undefined, endless ones. */
const CBOR_HEADS = [
  '1bffffffffffffffff',
  '1b0020000000000000',
  '3bffffffffffffffff',
  '5affffffff',
  '5b7fffffffffffffff',
  '7affffffff',
  '9affffffff',
  '9b7fffffffffffffff',
  'baffffffff',
  'bb7fffffffffffffff',
  '5f',
  '7f',
  '9f',
  'bf',
  'ff',
  'd82a',
  'f4',
  'f6',
  'f7',
  'fb7ff8000000000000',
  'fbfff0000000000000',
  'f97e00',
  'c0',
  'a0',
  '80',
  '40',
  '60',
  '1800',
  '190000',
]
const JSON_PARTS = [
  '{',
  '[',
  ']',
  '}',
  '"',
  ',',
  ':',
  'null',
  '1e999',
  '-0',
  '0.1',
  '9007199254740993',
  '"__proto__":',
  '\\u0000',
  '\\ud800',
  '\u00e9',
  '1'.repeat(400),
]
const PARTS: readonly Uint8Array[] = [
  ...CBOR_HEADS.map((hex) => new Uint8Array(Buffer.from(hex, 'hex'))),
  ...JSON_PARTS.map(utf8),
]
const EDGES = [0, 1, 0x17, 0x18, 0x7f, 0x80, 0xff]
/** Deep enough for any stack. */
const DEPTHS = [20, 1_000, 100_000]
const NESTING = [0x81, 0xd8, 0x5b, 0x7b, 0xa1]

type Change = (bytes: Uint8Array, rng: SeededRng, other: Uint8Array) => Uint8Array

const replaced = (bytes: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array =>
  concatBytes(bytes.subarray(0, from), by, bytes.subarray(to))
const place = (bytes: Uint8Array, rng: SeededRng): number => rng.below(bytes.length + 1)
const part = (bytes: Uint8Array, rng: SeededRng): Uint8Array => {
  const from = place(bytes, rng)
  return bytes.subarray(from, from + rng.below(Math.min(64, bytes.length - from) + 1))
}
const set = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
  const out = bytes.slice()
  if (at < out.length) out[at] = value
  return out
}

const CHANGES: readonly Change[] = [
  (bytes, rng) => {
    const at = place(bytes, rng)
    return set(bytes, at, (bytes[at] ?? 0) ^ (1 << rng.below(8)))
  },
  (bytes, rng) => set(bytes, place(bytes, rng), rng.below(256)),
  (bytes, rng) => set(bytes, place(bytes, rng), EDGES[rng.below(EDGES.length)] ?? 0),
  (bytes, rng) => bytes.subarray(0, place(bytes, rng)),
  (bytes, rng) => {
    const from = place(bytes, rng)
    return replaced(bytes, from, Math.min(bytes.length, from + 1 + rng.below(32)), new Uint8Array())
  },
  (bytes, rng) => {
    const at = place(bytes, rng)
    return replaced(bytes, at, at, part(bytes, rng))
  },
  (bytes, rng, other) => {
    const at = place(bytes, rng)
    const piece = part(other, rng)
    return replaced(bytes, at, Math.min(bytes.length, at + rng.below(2) * piece.length), piece)
  },
  (bytes, rng) => {
    const at = place(bytes, rng)
    const piece = PARTS[rng.below(PARTS.length)] ?? new Uint8Array()
    return replaced(bytes, at, Math.min(bytes.length, at + rng.below(2) * piece.length), piece)
  },
  (bytes, rng) => {
    const at = place(bytes, rng)
    const depth = DEPTHS[rng.below(DEPTHS.length)] ?? 0
    return replaced(bytes, at, at, new Uint8Array(depth).fill(NESTING[rng.below(NESTING.length)] ?? 0))
  },
]
/** Deep nesting is expensive to make and found once: rarer than the others. */
const NESTING_SHARE = 1 / 64

/** @param other — another example, whose parts may get in */
export function mutate(bytes: Uint8Array, rng: SeededRng, other: Uint8Array): Uint8Array {
  let out = bytes
  for (let left = 1 + rng.below(1 + rng.below(6)); left > 0; left--) {
    const count = rng.float() < NESTING_SHARE ? CHANGES.length : CHANGES.length - 1
    out = CHANGES[count === CHANGES.length ? count - 1 : rng.below(count)]?.(out, rng, other) ?? out
  }
  return out.subarray(0, MUTANT_SIZE_BYTES_MAX)
}
