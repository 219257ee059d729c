// Sparsifying tiles of one update in place, before the updates are merged: by size (TIES) or at random (DARE).
import { coordinateWord } from './random'
import { storeRounded } from './dense'

/** Bins of the upper half of a size's 31 bits, and of its lower half. */
const UPPER_BINS: i32 = 32768
const LOWER_BINS: i32 = 65536

@inline
function sizeBits(from: usize, c: i32): u32 {
  return load<u32>(from + (<usize>c << 2)) & 0x7fffffff
}

/** Counts the sizes of a tile by their upper 15 bits: bins [32768] f64, whole numbers. */
export function countUpper(tile: usize, count: i32, bins: usize): void {
  for (let c = 0; c < count; c++) {
    const bin = bins + (<usize>(sizeBits(tile, c) >> 16) << 3)
    store<f64>(bin, load<f64>(bin) + 1)
  }
}

/** Of the sizes whose upper bits are `upper`, counts the lower 16 bits: bins [65536] f64. */
export function countLower(tile: usize, count: i32, upper: i32, bins: usize): void {
  for (let c = 0; c < count; c++) {
    const bits = sizeBits(tile, c)
    if (<i32>(bits >> 16) != upper) continue
    const bin = bins + (<usize>(bits & 0xffff) << 3)
    store<f64>(bin, load<f64>(bin) + 1)
  }
}

/**
 * How many of `total` coordinates are kept: ⌈density × total⌉, at least 1; density = numerator/denominator ≤ 1.
 * In whole numbers as f64 products may round: ⌊total/denominator⌋ runs of `numerator`, then what is left.
 */
export function keptCount(total: f64, numerator: f64, denominator: f64): f64 {
  const whole = <u64>total
  const parts = <u64>denominator
  const share = <u64>numerator
  const rest = whole % parts
  const count = (whole / parts) * share + (rest * share + parts - 1) / parts
  return count < 1 ? 1 : <f64>count
}

/**
 * The bin that holds the `kept`-th largest, counted from the top; what is above it is subtracted from `kept` and left at
 * `rest` (f64), so that the search goes on inside the bin.
 */
export function findBin(bins: usize, isUpper: i32, kept: f64, rest: usize): i32 {
  let left = kept
  for (let bin = (isUpper != 0 ? UPPER_BINS : LOWER_BINS) - 1; bin > 0; bin--) {
    const count = load<f64>(bins + (<usize>bin << 3))
    if (count >= left) {
      store<f64>(rest, left)
      return bin
    }
    left -= count
  }
  store<f64>(rest, left)
  return 0
}

/** Sets to 0 every value whose size is below the one with these bits; equal ones stay. */
export function trimTile(tile: usize, count: i32, upper: i32, lower: i32): void {
  const threshold = (<u32>upper << 16) | <u32>lower
  for (let c = 0; c < count; c++) if (sizeBits(tile, c) < threshold) store<f32>(tile + (<usize>c << 2), 0)
}

/**
 * Keeps each value with probability density = numerator/denominator and divides it by the density; the others become 0.
 * Value c of the tile is coordinate `first` + c of the module; kept when its word is below ⌊density·2³²⌋. The rest is
 * multiplied by denominator/numerator in f64 and rounded once. Yu et al. 2024, arXiv:2311.03099, section 3.1.
 */
export function dropTile(
  tile: usize,
  count: i32,
  first: f64,
  seed: usize,
  module: i32,
  member: i32,
  numerator: f64,
  denominator: f64,
): void {
  const threshold = ((<u64>numerator) << 32) / <u64>denominator
  const factor = denominator / numerator
  const start = <u64>first
  for (let c = 0; c < count; c++) {
    const index = start + <u64>c
    const word = coordinateWord(seed, index, <u32>module, <u32>member, c == 0 || (index & 3) == 0)
    const place = tile + (<usize>c << 2)
    if (<u64>word < threshold) storeRounded(place, factor * <f64>load<f32>(place))
    else store<f32>(place, 0)
  }
}
