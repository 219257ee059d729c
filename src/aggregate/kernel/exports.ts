/** The WebAssembly module's functions, as TypeScript sees them; what they do is said where they are (assembly/). */

/** In the module's memory, in bytes. */
export type Address = number

/** What the module exports; kernel.lock.json lists the same names and is compared at load. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory
  readonly heapBase: () => Address
  readonly knownAnswers: (from: Address, to: Address) => void
  readonly widen: (from: Address, to: Address, count: number, dtype: number) => number
  readonly widenTransposed: (
    from: Address,
    to: Address,
    rows: number,
    columns: number,
    dtype: number,
  ) => number
  readonly findAbove: (at: Address, count: number, numerator: number, denominator: number) => number
  readonly addGram: (table: Address, m: number, inCount: number, outCount: number, gram: Address) => void
  readonly dot: (a: Address, b: Address, count: number) => number
  readonly factorNorm: (entry: Address, inCount: number, outCount: number) => number
  readonly isWithin: (value: number, numerator: number, denominator: number) => number
  readonly isRootWithin: (square: number, numerator: number, denominator: number) => number
  readonly denseTile: (
    entry: Address,
    rowStart: number,
    rowCount: number,
    inCount: number,
    outCount: number,
    row: Address,
    tile: Address,
  ) => void
  readonly addDifference: (
    table: Address,
    i: number,
    j: number,
    inCount: number,
    outCount: number,
    rowI: Address,
    rowJ: Address,
    m: number,
    square: Address,
  ) => void
  /** Bytes that the rules which sort need at `keys` for each input. */
  readonly keysBytes: () => number
  readonly medianTile: (
    tiles: Address,
    stride: number,
    m: number,
    count: number,
    numerator: number,
    denominator: number,
    keys: Address,
    to: Address,
  ) => void
  readonly trimmedMeanTile: (
    tiles: Address,
    stride: number,
    m: number,
    b: number,
    count: number,
    numerator: number,
    denominator: number,
    keys: Address,
    to: Address,
  ) => void
  readonly stackA: (entry: Address, inCount: number, to: Address) => void
  readonly stackB: (
    entry: Address,
    outCount: number,
    totalRank: number,
    column: number,
    weight: Address,
    numerator: number,
    denominator: number,
    to: Address,
  ) => void
  readonly distances: (gram: Address, m: number, to: Address) => void
  readonly isCancelled: (gram: Address, square: Address, m: number, i: number, j: number) => number
  readonly clearDistance: (square: Address, m: number, i: number, j: number) => void
  readonly weighClaims: (claims: Address, keep: Address, m: number, weights: Address) => void
  readonly norms: (gram: Address, m: number, to: Address) => void
  readonly median: (values: Address, count: number, scratch: Address) => number
  readonly clipToMedian: (norm: Address, m: number, scratch: Address, weights: Address) => void
  readonly krumScores: (square: Address, m: number, b: number, scratch: Address, scores: Address) => void
  readonly keepSmallest: (scores: Address, m: number, count: number, keep: Address) => void
  readonly factorQr: (
    columns: Address,
    length: number,
    count: number,
    factors: Address,
    q: Address,
    r: Address,
  ) => void
  readonly multiplyTransposed: (
    x: Address,
    rowsX: number,
    y: Address,
    rowsY: number,
    count: number,
    to: Address,
  ) => void
  readonly combineColumns: (
    columns: Address,
    length: number,
    count: number,
    weights: Address,
    to: Address,
  ) => void
  readonly promote: (from: Address, to: Address, count: number) => void
  readonly promoteTransposed: (from: Address, rows: number, columns: number, to: Address) => void
  readonly jacobi: (c: Address, length: number, count: number, v: Address, sweepCount: number) => number
  readonly squaredValues: (c: Address, length: number, count: number, squares: Address) => void
  readonly orderDescending: (squares: Address, count: number, order: Address) => void
  readonly divideByRoot: (column: Address, count: number, square: number) => void
  readonly multiplyByRoot: (column: Address, count: number, square: number) => void
  readonly isTurned: (column: Address, count: number) => number
  readonly demote: (from: Address, count: number, isNegated: boolean, to: Address, step: number) => void
  readonly fillSigns: (to: Address, count: number, seed: number) => void
  readonly multiplyRows: (
    matrix: Address,
    rows: number,
    columns: number,
    x: Address,
    count: number,
    row: Address,
    to: Address,
  ) => void
  readonly multiplyColumns: (
    matrix: Address,
    rows: number,
    columns: number,
    y: Address,
    count: number,
    row: Address,
    to: Address,
  ) => void
  readonly scaleClaims: (claims: Address, m: number, weights: Address) => void
  readonly inverseNormClaims: (norm: Address, m: number, scratch: Address, claims: Address) => void
  readonly keepRepeatedKrum: (square: Address, m: number, b: number, scratch: Address, keep: Address) => void
  readonly geometricMedian: (
    square: Address,
    claims: Address,
    m: number,
    iterations: number,
    weights: Address,
    scratch: Address,
  ) => number
  readonly centeredClipping: (
    square: Address,
    claims: Address,
    m: number,
    iterations: number,
    numerator: number,
    denominator: number,
    weights: Address,
    clipped: Address,
    scratch: Address,
  ) => number
  readonly keepNarrowest: (square: Address, m: number, size: number, picked: Address, keep: Address) => number
  readonly keepCalmest: (
    square: Address,
    m: number,
    size: number,
    picked: Address,
    matrix: Address,
    keep: Address,
  ) => number
  readonly identityRows: (m: number, rows: Address) => void
  readonly nearestRows: (square: Address, m: number, b: number, to: Address) => void
  readonly bucketRows: (
    m: number,
    size: number,
    seed: Address,
    step: number,
    order: Address,
    to: Address,
  ) => number
  readonly clipRows: (
    norms: Address,
    m: number,
    numerator: number,
    denominator: number,
    scratch: Address,
    clipped: Address,
    to: Address,
  ) => void
  readonly composeRows: (
    step: Address,
    count: number,
    middle: number,
    rows: Address,
    m: number,
    to: Address,
  ) => void
  readonly mixGram: (gram: Address, m: number, rows: Address, count: number, to: Address) => void
  readonly mixDistances: (
    gram: Address,
    square: Address,
    m: number,
    rows: Address,
    count: number,
    areMeans: number,
    u: Address,
    to: Address,
  ) => void
  readonly unmixWeights: (shares: Address, count: number, rows: Address, m: number, weights: Address) => void
  readonly aroundMedianTile: (
    tiles: Address,
    stride: number,
    m: number,
    dropped: number,
    count: number,
    numerator: number,
    denominator: number,
    keys: Address,
    to: Address,
  ) => void
  readonly setDiagonal: (
    entry: Address,
    rows: Address,
    out: number,
    columns: Address,
    width: number,
  ) => number
  readonly fisherMeanTile: (
    tiles: Address,
    stride: number,
    m: number,
    b: number,
    table: Address,
    firstRow: number,
    width: number,
    count: number,
    numerator: number,
    denominator: number,
    scratch: Address,
    sums: Address,
    to: Address,
  ) => void
  readonly weightedMedianTile: (
    tiles: Address,
    stride: number,
    m: number,
    claims: Address,
    count: number,
    numerator: number,
    denominator: number,
    keys: Address,
    to: Address,
  ) => void
  readonly disjointMeanTile: (
    tiles: Address,
    stride: number,
    m: number,
    count: number,
    numerator: number,
    denominator: number,
    to: Address,
  ) => void
  readonly signMajorityTile: (
    tiles: Address,
    stride: number,
    m: number,
    claims: Address,
    count: number,
    numerator: number,
    denominator: number,
    keys: Address,
    to: Address,
  ) => void
  readonly countUpper: (tile: Address, count: number, bins: Address) => void
  readonly countLower: (tile: Address, count: number, upper: number, bins: Address) => void
  readonly keptCount: (total: number, numerator: number, denominator: number) => number
  readonly findBin: (bins: Address, isUpper: number, kept: number, rest: Address) => number
  readonly trimTile: (tile: Address, count: number, upper: number, lower: number) => void
  readonly dropTile: (
    tile: Address,
    count: number,
    first: number,
    seed: Address,
    module: number,
    member: number,
    numerator: number,
    denominator: number,
  ) => void
  readonly mixTile: (
    tiles: Address,
    stride: number,
    m: number,
    shares: Address,
    count: number,
    to: Address,
  ) => void
  readonly weightedMeanTile: (
    tiles: Address,
    stride: number,
    m: number,
    claims: Address,
    count: number,
    numerator: number,
    denominator: number,
    to: Address,
  ) => void
  readonly weightedSumTile: (
    tiles: Address,
    stride: number,
    m: number,
    weights: Address,
    count: number,
    numerator: number,
    denominator: number,
    to: Address,
  ) => void
  readonly meanTile: (
    tiles: Address,
    stride: number,
    m: number,
    count: number,
    numerator: number,
    denominator: number,
    to: Address,
  ) => void
  readonly markUsed: (weights: Address, m: number, flags: Address) => void
  readonly markAboveMedian: (norm: Address, m: number, scratch: Address, flags: Address) => void
  readonly philoxBlock: (seed: Address, counter: Address, to: Address) => void
}
