/**
 * Memory for bytes that are all written before anybody reads them. Zeroing a mebibyte costs as much as hashing a third
 * of it, and fresh pages more than that: what the allocator hands out again is neither.
 */
export function bufferOf(sizeBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(sizeBytes).buffer)
}
