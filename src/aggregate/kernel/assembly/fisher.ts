// The mean of each coordinate, weighted by the Fisher information that its update publishes for it: Matena and Raffel 2022,
// arXiv:2111.09832, equation 4. A diagonal comes as its sums over rows and over columns (of ΔW, or of s·B); its entry at
// row o, column i is rows[o] · columns[i] / Σ columns, as in Adafactor (Shazeer and Stern 2018, arXiv:1804.04235, section 3).
// Diagonals are claims: at each coordinate they are capped, so that the b largest together have at most half of the weight.
import { at, put, sortAscending } from './array'
import { storeRounded } from './dense'

/** Of a table's entry: address of rows (0: a single row whose factor is 1), address of columns, Σ columns. */
const DIAGONAL_BYTES: usize = 16

/**
 * Fills an entry of the table from f32 rows [out] (0: none) and columns [width].
 * @returns −1, or the place of the first value below 0, rows before columns
 */
export function setDiagonal(entry: usize, rows: usize, out: i32, columns: usize, width: i32): i32 {
  if (rows != 0) {
    for (let o = 0; o < out; o++) if (load<f32>(rows + (<usize>o << 2)) < 0) return o
  }
  let total: f64 = 0
  for (let i = 0; i < width; i++) {
    const value = load<f32>(columns + (<usize>i << 2))
    if (value < 0) return (rows == 0 ? 0 : out) + i
    total += <f64>value
  }
  store<u32>(entry, <u32>rows)
  store<u32>(entry, <u32>columns, 4)
  store<f64>(entry, total, 8)
  return -1
}

/** What the columns of row `o` are multiplied by: 0 where nothing is claimed. */
function rowFactor(entry: usize, o: i32): f64 {
  const rows = <usize>load<u32>(entry)
  const total = load<f64>(entry, 8)
  if (rows == 0) return 1
  return total == 0 ? 0 : <f64>load<f32>(rows + (<usize>o << 2)) / total
}

/** Sums of the m − b smallest up to each of them, and of the others up to each of those: from the smallest, [m]. */
function addUp(sorted: usize, m: i32, b: i32, sums: usize): void {
  let sum: f64 = 0
  for (let j = 0; j < m; j++) {
    if (j == m - b) sum = 0
    sum += at(sorted, j)
    put(sums, j, sum)
  }
}

/** The largest c for which the b largest of min(w, c) sum up to at most half of all; `sorted` [m] ascending, 2b < m. */
function capOf(sorted: usize, m: i32, b: i32, sums: usize): f64 {
  const honest = m - b
  const rest = at(sums, honest - 1)
  // k of them stay as they are, the others become c.
  for (let k = m - 1; k >= honest; k--) {
    const kept = k == honest ? 0 : at(sums, k - 1)
    const cap = (rest - kept) / <f64>(m - k)
    if (cap >= at(sorted, k - 1)) return cap
  }
  // Ends at k = m − 2b + 1 at the latest, where the cap is a sum that the last kept weight is part of; b = 1 ended above.
  let k = honest
  let cap: f64 = 0
  do {
    k--
    cap = at(sums, k - 1) / <f64>(k - (m - 2 * b))
  } while (cap < at(sorted, k - 1))
  return cap
}

/** Caps `weights` [m]; all become 1 where nobody, or only those to be capped, claim anything. @returns whether any was capped */
function capWeights(weights: usize, sorted: usize, sums: usize, m: i32, b: i32): bool {
  let total: f64 = 0
  let largest: f64 = 0
  for (let i = 0; i < m; i++) {
    const weight = at(weights, i)
    total += weight
    largest = max(largest, weight)
  }
  if (total == 0) fillOnes(weights, m)
  // Most coordinates end here, with nothing sorted.
  if (<f64>(2 * b) * largest <= total) return false
  memory.copy(sorted, weights, <usize>m << 3)
  sortAscending(sorted, m)
  addUp(sorted, m, b, sums)
  if (at(sums, m - 1) <= at(sums, m - b - 1)) return false
  const cap = capOf(sorted, m, b, sums)
  for (let i = 0; i < m; i++) put(weights, i, min(at(weights, i), cap))
  if (cap == 0) fillOnes(weights, m)
  return true
}

function fillOnes(weights: usize, m: i32): void {
  for (let i = 0; i < m; i++) put(weights, i, 1)
}

/**
 * λ × Σ wᵢ·tileᵢ ÷ Σ wᵢ for `count` coordinates of whole rows of `width`, from row `firstRow` of the matrix.
 * @param table — m entries of `setDiagonal` @param scratch — f64 [4m]
 * @param sums — f64 [m + 1]: each update's shares of the weight are added up, and how many coordinates were capped
 */
export function fisherMeanTile(
  tiles: usize,
  stride: usize,
  m: i32,
  b: i32,
  table: usize,
  firstRow: i32,
  width: i32,
  count: i32,
  numerator: f64,
  denominator: f64,
  scratch: usize,
  sums: usize,
  to: usize,
): void {
  const lambda = numerator / denominator
  const weights = scratch + (<usize>m << 3)
  const sorted = weights + (<usize>m << 3)
  const partial = sorted + (<usize>m << 3)
  for (let first = 0; first < count; first += width) {
    const o = firstRow + first / width
    for (let i = 0; i < m; i++) put(scratch, i, rowFactor(table + <usize>i * DIAGONAL_BYTES, o))
    for (let c = 0; c < width; c++) {
      for (let i = 0; i < m; i++) {
        const columns = <usize>load<u32>(table + <usize>i * DIAGONAL_BYTES, 4)
        put(weights, i, at(scratch, i) * <f64>load<f32>(columns + (<usize>c << 2)))
      }
      if (capWeights(weights, sorted, partial, m, b)) put(sums, m, at(sums, m) + 1)
      const place = <usize>(first + c) << 2
      let sum: f64 = 0
      let total: f64 = 0
      for (let i = 0; i < m; i++) {
        const weight = at(weights, i)
        sum += weight * <f64>load<f32>(tiles + <usize>i * stride + place)
        total += weight
      }
      storeRounded(to + place, lambda * (sum / total))
      const share = 1 / total
      for (let i = 0; i < m; i++) put(sums, i, at(sums, i) + share * at(weights, i))
    }
  }
}
