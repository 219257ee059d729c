// Rules that let the updates vote on the sign of each coordinate. Four coordinates at a time; what a lane adds for an update
// that does not vote is +0, which changes no sum.
import { at } from './array'
import { highHalf, lowHalf, sortKeys, storeFour } from './dense'

const ALL_BUT_SIGN: i32 = 0x7fffffff

@inline
function agreeing(sum: v128, value: v128): v128 {
  const zero = f64x2.splat(0)
  return v128.or(
    v128.and(f64x2.gt(sum, zero), f64x2.gt(value, zero)),
    v128.and(f64x2.lt(sum, zero), f64x2.lt(value, zero)),
  )
}

/** λ × (agreed ÷ voters), 0 without voters. */
@inline
function meanOfVoters(lambda: v128, agreed: v128, voters: v128): v128 {
  const mean = f64x2.mul(lambda, f64x2.div(agreed, voters))
  return v128.and(mean, f64x2.gt(voters, f64x2.splat(0)))
}

/**
 * λ × the disjoint mean: the sign of the coordinate's sum is elected, and those that have it are averaged, in the order of
 * the updates; 0 where the sum is 0. Yadav et al. 2023, arXiv:2306.01708, section 3 (elect sign, disjoint merge).
 */
export function disjointMeanTile(
  tiles: usize,
  stride: usize,
  m: i32,
  count: i32,
  numerator: f64,
  denominator: f64,
  to: usize,
): void {
  const lambda = f64x2.splat(numerator / denominator)
  const one = f64x2.splat(1)
  for (let c = 0; c < count; c += 4) {
    const first = tiles + (<usize>c << 2)
    let sumLow = f64x2.splat(0)
    let sumHigh = f64x2.splat(0)
    for (let i = 0; i < m; i++) {
      const x = v128.load(first + <usize>i * stride)
      sumLow = f64x2.add(sumLow, lowHalf(x))
      sumHigh = f64x2.add(sumHigh, highHalf(x))
    }
    let agreedLow = f64x2.splat(0)
    let agreedHigh = f64x2.splat(0)
    let votersLow = f64x2.splat(0)
    let votersHigh = f64x2.splat(0)
    for (let i = 0; i < m; i++) {
      const x = v128.load(first + <usize>i * stride)
      const agreesLow = agreeing(sumLow, lowHalf(x))
      const agreesHigh = agreeing(sumHigh, highHalf(x))
      agreedLow = f64x2.add(agreedLow, v128.and(lowHalf(x), agreesLow))
      agreedHigh = f64x2.add(agreedHigh, v128.and(highHalf(x), agreesHigh))
      votersLow = f64x2.add(votersLow, v128.and(one, agreesLow))
      votersHigh = f64x2.add(votersHigh, v128.and(one, agreesHigh))
    }
    const low = meanOfVoters(lambda, agreedLow, votersLow)
    const high = meanOfVoters(lambda, agreedHigh, votersHigh)
    storeFour(to + (<usize>c << 2), low, high, min(4, count - c))
  }
}

/** size with the sign that has more claims; 0 for equal ones. */
@inline
function signed(size: v128, up: v128, down: v128): v128 {
  return v128.or(v128.and(size, f64x2.gt(up, down)), v128.and(f64x2.neg(size), f64x2.lt(up, down)))
}

/** Claims of those that vote this way. */
@inline
function counted(votes: v128, claim: v128, isVoting: v128): v128 {
  return f64x2.add(votes, v128.and(claim, isVoting))
}

/**
 * λ × sign × size: the sign with the larger sum of claims (a value of 0 votes for neither; equal sums give 0), the size the
 * median of all absolute values, even m: the mean of the two middle ones. The vote after Bernstein et al. 2019,
 * arXiv:1810.05291; there every coordinate has one size. `claims` [m], `keys` [m] of four i32 lanes scratch.
 */
export function signMajorityTile(
  tiles: usize,
  stride: usize,
  m: i32,
  claims: usize,
  count: i32,
  numerator: f64,
  denominator: f64,
  keys: usize,
  to: usize,
): void {
  const lambda = f64x2.splat(numerator / denominator)
  const zero = f64x2.splat(0)
  const two = f64x2.splat(2)
  for (let c = 0; c < count; c += 4) {
    let upLow = zero
    let upHigh = zero
    let downLow = zero
    let downHigh = zero
    for (let i = 0; i < m; i++) {
      const x = v128.load(tiles + <usize>i * stride + (<usize>c << 2))
      const claim = f64x2.splat(at(claims, i))
      upLow = counted(upLow, claim, f64x2.gt(lowHalf(x), zero))
      upHigh = counted(upHigh, claim, f64x2.gt(highHalf(x), zero))
      downLow = counted(downLow, claim, f64x2.lt(lowHalf(x), zero))
      downHigh = counted(downHigh, claim, f64x2.lt(highHalf(x), zero))
      // Without their signs, sizes sort as the whole numbers that their bits are.
      v128.store(keys + (<usize>i << 4), v128.and(x, i32x4.splat(ALL_BUT_SIGN)))
    }
    sortKeys(keys, m)
    const upper = v128.load(keys + (<usize>(m >> 1) << 4))
    let sizeLow = lowHalf(upper)
    let sizeHigh = highHalf(upper)
    if ((m & 1) == 0) {
      const lower = v128.load(keys + (<usize>((m >> 1) - 1) << 4))
      sizeLow = f64x2.div(f64x2.add(lowHalf(lower), sizeLow), two)
      sizeHigh = f64x2.div(f64x2.add(highHalf(lower), sizeHigh), two)
    }
    const low = f64x2.mul(lambda, signed(sizeLow, upLow, downLow))
    const high = f64x2.mul(lambda, signed(sizeHigh, upHigh, downHigh))
    storeFour(to + (<usize>c << 2), low, high, min(4, count - c))
  }
}
