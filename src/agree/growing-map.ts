/**
 * A map that only grows, whose copies are cheap: what a state of the engine is made of, since every step makes a new one
 * and the old one stays as it was.
 *
 * Most entries lie in one map that no copy ever changes; the latest few lie in a small one beside it, which is all that
 * `fork` copies. When the small one has outgrown the square root of the large one, a fork pours both into a new large
 * one. So a map of n entries built by n forks costs about n·√n in all, not n².
 * Order of iteration is that of first insertion, as with a `Map`.
 */
const RECENT_COUNT_MIN = 16

export class GrowingMap<K, V> implements ReadonlyMap<K, V> {
  readonly #settled: ReadonlyMap<K, V>
  readonly #recent: Map<K, V>
  /** Keys in `#recent` that are not in `#settled`. */
  #freshCount: number

  constructor(
    settled: ReadonlyMap<K, V> = new Map(),
    recent: ReadonlyMap<K, V> = new Map(),
    freshCount: number = 0,
  ) {
    this.#settled = settled
    this.#recent = new Map(recent)
    this.#freshCount = freshCount
  }

  /** A copy that may be written to while this one stays as it is. */
  fork(): GrowingMap<K, V> {
    const isLong = this.#recent.size >= Math.max(RECENT_COUNT_MIN, Math.sqrt(this.#settled.size))
    if (!isLong) return new GrowingMap(this.#settled, this.#recent, this.#freshCount)
    const poured = new Map(this.#settled)
    for (const [key, value] of this.#recent) poured.set(key, value)
    return new GrowingMap(poured)
  }

  set(key: K, value: V): void {
    if (!this.#recent.has(key) && !this.#settled.has(key)) this.#freshCount++
    this.#recent.set(key, value)
  }

  get size(): number {
    return this.#settled.size + this.#freshCount
  }

  get(key: K): V | undefined {
    return this.#recent.get(key) ?? this.#settled.get(key)
  }

  has(key: K): boolean {
    return this.#recent.has(key) || this.#settled.has(key)
  }

  *entries(): Generator<[K, V], undefined> {
    for (const [key, value] of this.#settled) yield [key, this.#recent.get(key) ?? value]
    for (const entry of this.#recent) if (!this.#settled.has(entry[0])) yield entry
  }

  *keys(): Generator<K, undefined> {
    for (const [key] of this.entries()) yield key
  }

  *values(): Generator<V, undefined> {
    for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): Generator<[K, V], undefined> {
    return this.entries()
  }

  forEach(visit: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this)
  }
}
