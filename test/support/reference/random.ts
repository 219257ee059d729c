/** Philox4x32-10 in big integers (Salmon et al. 2011), and what the rules draw from it. */

const MASK = 0xffffffffn

/** @param seed — 32 bytes @returns four 32-bit words */
export function philox(seed: Uint8Array, counter: readonly bigint[]): readonly bigint[] {
  const view = new DataView(seed.buffer, seed.byteOffset)
  let [k0, k1] = [BigInt(view.getUint32(0, true)), BigInt(view.getUint32(4, true))]
  let [c0 = 0n, c1 = 0n, c2 = 0n, c3 = 0n] = counter
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c0
    const p1 = 0xcd9e8d57n * c2
    ;[c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & MASK, (p0 >> 32n) ^ c3 ^ k1, p0 & MASK]
    k0 = (k0 + 0x9e3779b9n) & MASK
    k1 = (k1 + 0xbb67ae85n) & MASK
  }
  return [c0, c1, c2, c3]
}

/** Unbiased below n: words beyond the last whole run of n are drawn again. */
export function below(seed: Uint8Array, step: number, drawn: number, n: number): number {
  const limit = (1n << 32n) - ((1n << 32n) % BigInt(n))
  for (let attempt = 0n; ; attempt++) {
    const [word = 0n] = philox(seed, [BigInt(drawn), attempt, BigInt(step), 1n])
    if (word < limit) return Number(word % BigInt(n))
  }
}

/** The word that decides whether a coordinate is kept. */
export function coordinateWord(seed: Uint8Array, module: number, row: number, coordinate: number): bigint {
  const block = BigInt(coordinate) >> 2n
  const counter = [block & MASK, block >> 32n, BigInt(module), (BigInt(row) << 8n) | 2n]
  return philox(seed, counter)[coordinate % 4] ?? 0n
}
