/**
 * A map that only grows, whose copies are cheap: what a state of the engine is made of, since every step makes a new one
 * and the old one stays as it was.
 *
 * All versions of a line share one map, which the newest holds. A write by the newest first notes at the version it was
 * forked from what that one had under the key; so a fork and a write cost O(1) whatever the size. A version that is read
 * after it was forked makes itself a map of its own from the newest one's and the notes on the way, once: the engine
 * never does, explorers of many futures do. Versions point to later ones only, so earlier ones are free to go.
 * Order of iteration is that of first insertion, as with a `Map`. A version that was forked is not written to any more; no
 * value is undefined.
 * Source: H. Baker, "Shallow Binding Makes Functional Arrays Fast", ACM SIGPLAN Notices 26(8), 1991.
 */
import { assert } from '../core/errors.ts'

export class GrowingMap<K, V> implements ReadonlyMap<K, V> {
  /** Null while a later version holds the map. */
  #held: Map<K, V> | null
  /** Who took the map over; null while it is here. */
  #next: GrowingMap<K, V> | null = null
  /** Keys that `#next` wrote → what they had here; null for nothing. */
  readonly #noted = new Map<K, { readonly value: V } | null>()
  /** Whom my writes are noted at. */
  #parent: GrowingMap<K, V> | null = null

  constructor(entries: ReadonlyMap<K, V> = new Map()) {
    this.#held = new Map(entries)
  }

  /** A copy that may be written to, while this one stays as it is for good. */
  fork(): GrowingMap<K, V> {
    const fork = new GrowingMap<K, V>()
    fork.#held = this.#own()
    fork.#parent = this
    this.#held = null
    this.#next = fork
    this.#parent = null
    return fork
  }

  set(key: K, value: V): void {
    const held = this.#held
    assert(held !== null, 'a map that was forked is written to no more')
    if (this.#parent !== null) this.#parent.#note(key, held)
    held.set(key, value)
  }

  /** Notes what I have under a key that the next version is about to write, before its first write there. */
  #note(key: K, held: ReadonlyMap<K, V>): void {
    if (this.#noted.has(key)) return
    const before = held.get(key)
    this.#noted.set(key, before === undefined ? null : { value: before })
  }

  /** The map of this version: its own, or made from a later one's by taking back what was written since. */
  #own(): Map<K, V> {
    if (this.#held !== null) return this.#held
    const between: GrowingMap<K, V>[] = []
    let newest = this.#next
    while (newest !== null && newest.#held === null) {
      between.push(newest)
      newest = newest.#next
    }
    assert(newest !== null && newest.#held !== null, 'the last version of a line holds its map')
    const own = new Map(newest.#held)
    for (const version of between.toReversed()) version.#takeBack(own)
    this.#takeBack(own)
    if (this.#next !== null) this.#next.#parent = null
    this.#next = null
    this.#noted.clear()
    this.#held = own
    return own
  }

  /** Makes of the next version's map this one's. */
  #takeBack(map: Map<K, V>): void {
    for (const [key, before] of this.#noted) {
      if (before === null) map.delete(key)
      else map.set(key, before.value)
    }
  }

  get size(): number {
    return this.#own().size
  }

  get(key: K): V | undefined {
    return this.#own().get(key)
  }

  has(key: K): boolean {
    return this.#own().has(key)
  }

  entries(): MapIterator<[K, V]> {
    return this.#own().entries()
  }

  keys(): MapIterator<K> {
    return this.#own().keys()
  }

  values(): MapIterator<V> {
    return this.#own().values()
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries()
  }

  forEach(visit: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.#own()) visit(value, key, this)
  }
}
