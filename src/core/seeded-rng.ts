/**
 * Random numbers that a seed decides, the same on every machine: for shuffles, initial values and generated data.
 * Never for keys or nonces, and never on the agreed path, whose generator is part of each rule's definition.
 * xoshiro128** with its state from SHA-256 of the seed's text. Period 2^128 − 1.
 * Source: Blackman and Vigna 2021, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS 47(4).
 * Check: seed "oneround" gives test/unit/core/seeded-rng.test.ts's numbers, for ever.
 */
import { utf8 } from './bytes.ts'
import { assert } from './errors.ts'
import { sha256 } from './hash.ts'

const rotateLeft = (x: number, k: number): number => (x << k) | (x >>> (32 - k))

export class SeededRng {
  readonly #state: Uint32Array
  #spareNormal: number | null = null

  /** @param seed — any text; generators of different purposes take different texts, such as `${seed}/shuffle/3` */
  constructor(seed: string) {
    const digest = sha256(utf8(seed))
    const view = new DataView(digest.buffer, digest.byteOffset, 16)
    this.#state = Uint32Array.from({ length: 4 }, (_, i) => view.getUint32(i * 4, true))
  }

  /** The next 32 bits, 0 … 2^32 − 1. */
  uint32(): number {
    const s = this.#state
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = s
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0
    const third = s2 ^ s0
    const fourth = s3 ^ s1
    s[1] = s1 ^ third
    s[0] = s0 ^ fourth
    s[2] = third ^ (s1 << 9)
    s[3] = rotateLeft(fourth, 11)
    return result
  }

  /** Uniform in [0, 1), 32 bits. */
  float(): number {
    return this.uint32() / 2 ** 32
  }

  /** Uniform whole number in [0, n), unbiased: numbers of the last, incomplete run are drawn again. */
  below(n: number): number {
    assert(Number.isInteger(n) && n >= 1 && n <= 2 ** 32, 'n is a whole number from 1 to 2^32')
    const limit = 2 ** 32 - (2 ** 32 % n)
    let draw = this.uint32()
    while (draw >= limit) draw = this.uint32()
    return draw % n
  }

  /** Uniform whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  pick<T>(items: readonly T[]): T {
    assert(items.length > 0, 'there is something to pick from')
    return items[this.below(items.length)] as T
  }

  /** Standard normal (Box and Muller 1958). */
  normal(): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal
      this.#spareNormal = null
      return spare
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.float()))
    const angle = 2 * Math.PI * this.float()
    this.#spareNormal = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  /** A new list in random order (Fisher and Yates; Durstenfeld 1964). */
  shuffled<T>(items: readonly T[]): T[] {
    const out = [...items]
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const held = out[i] as T
      out[i] = out[j] as T
      out[j] = held
    }
    return out
  }
}
