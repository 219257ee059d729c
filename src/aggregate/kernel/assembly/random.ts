// Philox4x32-10: random numbers as a function of a key and a place, so that any tile can draw its own in any order.
// Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3", SC'11, section 3.3. Integers only.
//
// The key is the first 8 bytes of the seed, as two little-endian 32-bit words. The counter's words: place (low, high),
// stream, purpose.

const PURPOSE_ORDER: u32 = 1
const PURPOSE_DROP: u32 = 2

let w0: u32 = 0
let w1: u32 = 0
let w2: u32 = 0
let w3: u32 = 0

/** Fills w0 … w3. */
function philox(seed: usize, c0: u32, c1: u32, c2: u32, c3: u32): void {
  let key0 = load<u32>(seed)
  let key1 = load<u32>(seed, 4)
  for (let round = 0; round < 10; round++) {
    const product0 = <u64>0xd2511f53 * <u64>c0
    const product1 = <u64>0xcd9e8d57 * <u64>c2
    c0 = <u32>(product1 >> 32) ^ c1 ^ key0
    c1 = <u32>product1
    c2 = <u32>(product0 >> 32) ^ c3 ^ key1
    c3 = <u32>product0
    key0 += 0x9e3779b9
    key1 += 0xbb67ae85
  }
  w0 = c0
  w1 = c1
  w2 = c2
  w3 = c3
}

/** One block for known-answer tests: counter (4 × u32) at `counter`, the block to `to`. */
export function philoxBlock(seed: usize, counter: usize, to: usize): void {
  philox(seed, load<u32>(counter), load<u32>(counter, 4), load<u32>(counter, 8), load<u32>(counter, 12))
  store<u32>(to, w0)
  store<u32>(to, w1, 4)
  store<u32>(to, w2, 8)
  store<u32>(to, w3, 12)
}

/**
 * Unbiased whole number in [0, n) for the `drawn`-th draw of a step: the first word of block `attempt` that lies below the
 * largest multiple of n; place = (drawn, attempt), stream = the step.
 */
export function below(seed: usize, step: i32, drawn: i32, n: i32): i32 {
  const words: u64 = 0x100000000
  const limit = words - (words % <u64>n)
  let attempt: u32 = 0
  philox(seed, <u32>drawn, attempt, <u32>step, PURPOSE_ORDER)
  while (<u64>w0 >= limit) philox(seed, <u32>drawn, ++attempt, <u32>step, PURPOSE_ORDER)
  return <i32>(w0 % <u32>n)
}

/** The word of coordinate `index` of a stream; four coordinates share a block, so `isFresh` says whether to make one. */
@inline
export function coordinateWord(seed: usize, index: u64, stream: u32, member: u32, isFresh: bool): u32 {
  if (isFresh) philox(seed, <u32>(index >> 2), <u32>(index >> 34), stream, (member << 8) | PURPOSE_DROP)
  const lane = <u32>index & 3
  return lane == 0 ? w0 : lane == 1 ? w1 : lane == 2 ? w2 : w3
}
