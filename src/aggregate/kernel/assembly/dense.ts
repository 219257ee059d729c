// Dense rows of ΔW = s·B·A, a row at a time, so that memory does not grow with the model; and the rules that work on
// single coordinates. f64 sums over k ascending, times s, rounded to f32 once; −0 becomes +0.
import { image } from './image'
import { NETWORK_MAX, RUN, mergeRuns, sortRun } from './networks'
import { ENTRY_BYTES, entryA, entryB, entryRank, entryScale } from './gram'

/** Row `o` of ΔW into f64 [in] at `row`. */
function denseRow(entry: usize, o: i32, inCount: i32, outCount: i32, row: usize): void {
  memory.fill(row, 0, <usize>inCount << 3)
  const rank = entryRank(entry)
  const whole = inCount & ~3
  for (let k = 0; k < rank; k++) {
    const b = <f64>load<f32>(entryB(entry) + (<usize>(k * outCount + o) << 2))
    const lanes = f64x2.splat(b)
    let a = entryA(entry) + (<usize>(k * inCount) << 2)
    let at = row
    for (let i = 0; i < whole; i += 4) {
      const x = v128.load(a)
      const low = f64x2.promote_low_f32x4(x)
      const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1))
      v128.store(at, f64x2.add(v128.load(at), f64x2.mul(lanes, low)))
      v128.store(at, f64x2.add(v128.load(at, 16), f64x2.mul(lanes, high)), 16)
      a += 16
      at += 32
    }
    for (let i = whole; i < inCount; i++) {
      store<f64>(at, load<f64>(at) + b * <f64>load<f32>(a))
      a += 4
      at += 8
    }
  }
  const scale = entryScale(entry)
  for (let i = 0; i < inCount; i++) {
    const at = row + (<usize>i << 3)
    store<f64>(at, scale * load<f64>(at))
  }
}

/** f64 → f32, ties to even, −0 → +0. */
@inline
export function storeRounded(to: usize, value: f64): void {
  const single = <f32>value
  store<f32>(to, single == 0 ? 0 : single)
}

/** Rows [rowStart, rowStart + rowCount) of ΔW as f32 at `tile`; `row` is scratch for in × f64. */
export function denseTile(
  entry: usize,
  rowStart: i32,
  rowCount: i32,
  inCount: i32,
  outCount: i32,
  row: usize,
  tile: usize,
): void {
  for (let r = 0; r < rowCount; r++) {
    denseRow(entry, rowStart + r, inCount, outCount, row)
    for (let i = 0; i < inCount; i++) {
      storeRounded(tile + (<usize>(r * inCount + i) << 2), load<f64>(row + (<usize>i << 3)))
    }
  }
}

/**
 * Adds ‖ΔWᵢ − ΔWⱼ‖² of one module, from the difference itself, to both cells of square [m, m]: coordinates in order
 * within a row's sum, rows in order.
 */
export function addDifference(
  table: usize,
  i: i32,
  j: i32,
  inCount: i32,
  outCount: i32,
  rowI: usize,
  rowJ: usize,
  m: i32,
  square: usize,
): void {
  let total: f64 = 0
  for (let o = 0; o < outCount; o++) {
    denseRow(table + <usize>i * ENTRY_BYTES, o, inCount, outCount, rowI)
    denseRow(table + <usize>j * ENTRY_BYTES, o, inCount, outCount, rowJ)
    let sum: f64 = 0
    for (let c = 0; c < inCount; c++) {
      const difference = load<f64>(rowI + (<usize>c << 3)) - load<f64>(rowJ + (<usize>c << 3))
      sum += difference * difference
    }
    total += sum
  }
  const at = square + (<usize>(i * m + j) << 3)
  const sum = load<f64>(at) + total
  store<f64>(at, sum)
  store<f64>(square + (<usize>(j * m + i) << 3), sum)
}

/** Compares and exchanges keys `lower` and `upper` = lower + distance for `count` neighbours. */
@inline
function exchange(keys: usize, lower: i32, distance: i32, count: i32): void {
  let from = keys + (<usize>lower << 4)
  const apart = <usize>distance << 4
  const end = from + (<usize>count << 4)
  while (from < end) {
    const a = v128.load(from)
    const b = v128.load(from + apart)
    v128.store(from, i32x4.min_s(a, b))
    v128.store(from + apart, i32x4.max_s(a, b))
    from += 16
  }
}

/**
 * Sorts four coordinates at once in memory, by Batcher's network (networks.ts has the source): for more inputs than there
 * is a network in registers for. `keys` [m] of four i32 lanes, ascending; compare and exchange only. Runs of `sorted` keys,
 * a power of two, are sorted already.
 */
function mergeInMemory(keys: usize, m: i32, sorted: i32): void {
  for (let p = sorted; p < m; p <<= 1) {
    for (let block = 0; block + p < m; block += 2 * p) {
      exchange(keys, block, p, min(p, m - block - p))
      for (let k = p >> 1; k >= 1; k >>= 1) {
        const end = min(m, block + 2 * p) - k
        for (let lower = block + k; lower < end; lower += 2 * k) exchange(keys, lower, k, min(k, end - lower))
      }
    }
  }
}

/** Groups of four coordinates that are sorted by one call: a call costs as much as a short network. */
export const GROUPS: i32 = 8

/** Bytes that the rules which sort need at `keys` for each input. */
export function keysBytes(): i32 {
  return 16 * GROUPS
}

/** How many groups begin at coordinate `i`. */
@inline
export function groupsFrom(i: i32, count: i32): i32 {
  return min(GROUPS, (count - i + 3) >> 2)
}

/**
 * Loads four coordinates of all inputs as integer images, sorted, for as many groups: keys [groups, m]. When b are dropped
 * from each end, what is left is where it belongs, [b, m − b), and what the others hold is nobody's business. Beyond `count`
 * of a tile the lanes hold what lies there and are dropped.
 */
export function gather(
  tiles: usize,
  stride: usize,
  m: i32,
  b: i32,
  at: usize,
  groups: i32,
  keys: usize,
): void {
  const length = <usize>m << 4
  let from = tiles + at
  for (let first = 0; first < m; first += RUN) {
    sortRun(min(RUN, m - first), from, stride, keys + (<usize>first << 4), length, groups)
    from += stride * <usize>RUN
  }
  if (m <= RUN || mergeRuns(m, b, keys, groups) || mergeRuns(m, 0, keys, groups)) return
  for (let group = 0; group < groups; group++) {
    for (let first = 0; first + RUN < m; first += NETWORK_MAX) {
      mergeRuns(min(NETWORK_MAX, m - first), 0, keys + (<usize>first << 4), 1)
    }
    mergeInMemory(keys, m, NETWORK_MAX)
    keys += length
  }
}

/** Sorts keys [m] as whole numbers that are not negative: those are their own images. */
export function sortKeys(keys: usize, m: i32): void {
  gather(keys, 16, m, 0, 0, 1, keys)
}

/** The two lower of four f32, widened. */
@inline
export function lowHalf(x: v128): v128 {
  return f64x2.promote_low_f32x4(x)
}

/** The two upper. */
@inline
export function highHalf(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1))
}

/** The i-th smallest of four coordinates: the two lower lanes, widened. */
@inline
export function low(keys: usize, i: i32): v128 {
  return f64x2.promote_low_f32x4(image(v128.load(keys + (<usize>i << 4))))
}

/** The two upper lanes. */
@inline
export function high(keys: usize, i: i32): v128 {
  const x = image(v128.load(keys + (<usize>i << 4)))
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1))
}

/** Rounds four f64 to f32, ties to even, −0 → +0, and stores the first `lanes` of them. */
@inline
export function storeFour(to: usize, lower: v128, upper: v128, lanes: i32): void {
  const x = v128.shuffle<i64>(f32x4.demote_f64x2_zero(lower), f32x4.demote_f64x2_zero(upper), 0, 2)
  const clean = v128.andnot(x, f32x4.eq(x, f32x4.splat(0)))
  if (lanes == 4) {
    v128.store(to, clean)
    return
  }
  store<f32>(to, f32x4.extract_lane(clean, 0))
  if (lanes > 1) store<f32>(to, f32x4.extract_lane(clean, 1), 4)
  if (lanes > 2) store<f32>(to, f32x4.extract_lane(clean, 2), 8)
}

/**
 * λ × coordinate median of m tiles of `count` f32, each `stride` bytes after the one before (padded to 16 bytes).
 * Even m: the mean of the two middle values. f64, rounded once.
 */
export function medianTile(
  tiles: usize,
  stride: usize,
  m: i32,
  count: i32,
  numerator: f64,
  denominator: f64,
  keys: usize,
  to: usize,
): void {
  const lambda = f64x2.splat(numerator / denominator)
  const two = f64x2.splat(2)
  const upper = m >> 1
  const lower = (m - 1) >> 1
  for (let first = 0; first < count; first += 4 * GROUPS) {
    gather(tiles, stride, m, lower, <usize>first << 2, groupsFrom(first, count), keys)
    let group = keys
    for (let i = first; i < min(count, first + 4 * GROUPS); i += 4) {
      let p = low(group, upper)
      let q = high(group, upper)
      if (lower != upper) {
        p = f64x2.div(f64x2.add(low(group, lower), p), two)
        q = f64x2.div(f64x2.add(high(group, lower), q), two)
      }
      storeFour(to + (<usize>i << 2), f64x2.mul(lambda, p), f64x2.mul(lambda, q), min(4, count - i))
      group += <usize>m << 4
    }
  }
}

/** λ × mean of what is left when the b smallest and the b largest of each coordinate are dropped, summed ascending. */
export function trimmedMeanTile(
  tiles: usize,
  stride: usize,
  m: i32,
  b: i32,
  count: i32,
  numerator: f64,
  denominator: f64,
  keys: usize,
  to: usize,
): void {
  const lambda = f64x2.splat(numerator / denominator)
  const kept = f64x2.splat(<f64>(m - 2 * b))
  for (let first = 0; first < count; first += 4 * GROUPS) {
    gather(tiles, stride, m, b, <usize>first << 2, groupsFrom(first, count), keys)
    let group = keys
    for (let i = first; i < min(count, first + 4 * GROUPS); i += 4) {
      let p = f64x2.splat(0)
      let q = f64x2.splat(0)
      for (let k = b; k < m - b; k++) {
        p = f64x2.add(p, low(group, k))
        q = f64x2.add(q, high(group, k))
      }
      p = f64x2.mul(lambda, f64x2.div(p, kept))
      q = f64x2.mul(lambda, f64x2.div(q, kept))
      storeFour(to + (<usize>i << 2), p, q, min(4, count - i))
      group += <usize>m << 4
    }
  }
}

/** One member's A rows into the stack, unchanged: [rank, in]. */
export function stackA(entry: usize, inCount: i32, to: usize): void {
  memory.copy(to, entryA(entry), <usize>(entryRank(entry) * inCount) << 2)
}

/**
 * One member's B columns into the stack [out, totalRank] at `column`, times λ·w·s, rounded once.
 * λ·(w·s): the product's order is part of the definition. `weight` is the address of w (f64).
 */
export function stackB(
  entry: usize,
  outCount: i32,
  totalRank: i32,
  column: i32,
  weight: usize,
  numerator: f64,
  denominator: f64,
  to: usize,
): void {
  const factor = (numerator / denominator) * (load<f64>(weight) * entryScale(entry))
  const rank = entryRank(entry)
  for (let o = 0; o < outCount; o++) {
    for (let k = 0; k < rank; k++) {
      const value = <f64>load<f32>(entryB(entry) + (<usize>(k * outCount + o) << 2))
      storeRounded(to + (<usize>(o * totalRank + column + k) << 2), factor * value)
    }
  }
}
