/** A charter's limits for tests of the transfer: small chunks, so that a small update has many. */
export const CHUNK_SIZE_BYTES = 1 << 16
export const STORE_LIMITS = {
  updateSizeBytes: 1 << 26,
  chunkSizeBytes: CHUNK_SIZE_BYTES,
  moduleNorm: [1, 1],
  entry: [1, 1],
  updateNorm: [1, 1],
  memoryBytes: 1 << 30,
} as const
