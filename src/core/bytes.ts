/** Byte strings: text, hex and comparison. A thin door to `uint8arrays` (and `@noble/hashes` for hex), so that encodings are chosen in one place. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { compare } from 'uint8arrays/compare'
import { concat } from 'uint8arrays/concat'
import { equals } from 'uint8arrays/equals'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'

export const utf8 = (text: string): Uint8Array => fromString(text, 'utf8')
export const toUtf8 = (bytes: Uint8Array): string => toString(bytes, 'utf8')
/** By table: five times as fast as the general encoder, and every key of a `Map` of digests is one. */
export const toHex = (bytes: Uint8Array): string => bytesToHex(bytes)
export const toBase64Url = (bytes: Uint8Array): string => toString(bytes, 'base64url')
export const fromBase64Url = (text: string): Uint8Array => fromString(text, 'base64url')
export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => equals(a, b)
/** Bytewise order, shorter first where one is a prefix of the other. */
export const compareBytes = (a: Uint8Array, b: Uint8Array): number => compare(a, b)
export const concatBytes = (...parts: readonly Uint8Array[]): Uint8Array => concat([...parts])

/** Bytes of lower-case hex, or null for anything else. */
export function fromHex(text: string): Uint8Array | null {
  return /^([0-9a-f]{2})*$/.test(text) ? fromString(text, 'base16') : null
}
