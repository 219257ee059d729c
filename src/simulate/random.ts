/**
 * Seeded random numbers for simulated worlds: the same seed, the same world, on every machine.
 * Source: sfc32 of Chris Doty-Humphrey's PractRand, seeded through SHA-256 so that near seeds give unrelated streams.
 */
import { utf8 } from '../core/bytes.ts'
import { sha256 } from '../core/hash.ts'

export interface Random {
  /** In [0, 1). */
  readonly fraction: () => number
  /** In [min, max], integers. */
  readonly between: (min: number, max: number) => number
  readonly chance: (probability: number) => boolean
  readonly pick: <T>(items: readonly T[]) => T
  readonly shuffle: <T>(items: readonly T[]) => readonly T[]
}

export function createRandom(label: string): Random {
  const seed = sha256(utf8(label))
  const view = new DataView(seed.buffer, seed.byteOffset)
  let a = view.getUint32(0)
  let b = view.getUint32(4)
  let c = view.getUint32(8)
  let counter = 1
  const fraction = (): number => {
    const sum = (a + b + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 2 ** 32
  }
  const between = (min: number, max: number): number => min + Math.floor(fraction() * (max - min + 1))
  return {
    fraction,
    between,
    chance: (probability) => fraction() < probability,
    pick: (items) => {
      const item = items[between(0, items.length - 1)]
      if (item === undefined) throw new RangeError('cannot pick from nothing')
      return item
    },
    shuffle: (items) => {
      const keyed = items.map((item) => ({ item, order: fraction() }))
      return keyed.sort((x, y) => x.order - y.order).map(({ item }) => item)
    },
  }
}
