// Writes src/aggregate/kernel/assembly/networks.ts: fixed networks of compare-exchanges on four coordinates at once.
//   node scripts/generate-networks.mjs
// Batcher's odd-even merge sort (Batcher, "Sorting networks and their applications", AFIPS 1968; Knuth, TAOCP vol. 3,
// 5.3.4 algorithm M) for the next power of two, without the comparators that touch wires above the last: those wires
// would hold +∞ and never move. It is cut in two: runs of eight inputs are sorted in registers, since sixteen values at
// once are more than the processor has registers for, and then merged. Where only the middle is wanted (medians,
// trimmed means), every half of a comparator that no wanted output depends on is left out.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Inputs of one run. */
const RUN = 8
/** Above, runs are merged by a loop (dense.ts). */
const INPUT_COUNT_MAX = 32
/** Up to here there is a network for every number dropped from each end; above for the median only. */
const TRIM_COUNT_MAX = 16

/** Comparators [i, j], i < j, in order. */
function batcher(count) {
  const pairs = []
  const size = 2 ** Math.ceil(Math.log2(count))
  for (let p = 1; p < size; p *= 2) {
    for (let k = p; k >= 1; k /= 2) {
      for (let j = k % p; j <= size - 1 - k; j += 2 * k) {
        for (let i = 0; i <= Math.min(k - 1, size - j - k - 1); i++) {
          const [low, high] = [i + j, i + j + k]
          if (Math.floor(low / (2 * p)) === Math.floor(high / (2 * p)) && high < count)
            pairs.push([low, high])
        }
      }
    }
  }
  return pairs
}

/** Comparators with what is needed of each: [i, j, the lower, the upper]. */
function pruned(pairs, wanted) {
  const live = new Set(wanted)
  const kept = []
  for (const [i, j] of pairs.toReversed()) {
    const [low, high] = [live.has(i), live.has(j)]
    if (low || high) kept.push([i, j, low, high])
    if (low || high) live.add(i).add(j)
  }
  return kept.reverse()
}

/** 0-1 principle for small counts, random rows above: a wrong network is never written. */
function check(count, comparators, wanted) {
  const trials = count <= 14 ? 2 ** count : 20_000
  for (let trial = 0; trial < trials; trial++) {
    const row = Array.from({ length: count }, (_, i) =>
      count <= 14 ? (trial >> i) & 1 : Math.random() < 0.5 ? 0 : 1,
    )
    const sorted = row.toSorted((a, b) => a - b)
    for (const [i, j, low, high] of comparators) {
      const [least, most] = [Math.min(row[i], row[j]), Math.max(row[i], row[j])]
      row[i] = low ? least : Number.NaN
      row[j] = high ? most : Number.NaN
    }
    if (wanted.some((at) => row[at] !== sorted[at])) throw new Error(`the network for ${count} does not sort`)
  }
}

const range = (first, last) => Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)

function step([i, j, low, high]) {
  const [least, most] = [`i32x4.min_s(x${i}, x${j})`, `i32x4.max_s(x${i}, x${j})`]
  if (!high) return `x${i} = ${least}`
  return low ? `low = ${least}; x${j} = ${most}; x${i} = low` : `x${j} = ${most}`
}

const BODY = '    '

/** `load` gives the lines that read its wires, for each group of four coordinates; \`wanted\` wires are stored at keys. */
function looped(head, load, comparators, wanted, advance) {
  const usesLow = comparators.some(([, , low, high]) => low && high)
  return [
    head,
    '  for (let group = 0; group < groups; group++) {',
    ...load.map((line) => BODY + line),
    ...(usesLow ? [`${BODY}let low: v128`] : []),
    ...comparators.map((comparator) => BODY + step(comparator)),
    ...wanted.map((i) => `${BODY}v128.store(keys, x${i}, ${16 * i})`),
    ...advance.map((line) => BODY + line),
    '  }',
    '}',
  ].join('\n')
}

function sortFunction(count) {
  const inputs = range(0, count - 1)
  const comparators = pruned(batcher(count), inputs)
  check(count, comparators, inputs)
  const load = inputs.flatMap((i) => [
    i === 0 ? 'let from = start' : 'from += stride',
    `let x${i} = image(v128.load(from))`,
  ])
  const head = `function sort${count}(start: usize, stride: usize, keys: usize, length: usize, groups: i32): void {`
  return looped(head, load, comparators, inputs, ['start += 16', 'keys += length'])
}

const inRuns = ([i, j]) => Math.floor(i / RUN) === Math.floor(j / RUN)

function mergeFunction(count, dropped) {
  const wanted = range(dropped, count - dropped - 1)
  const all = batcher(count)
  // What comes first inside of runs is what sorts them.
  const first = all.findIndex((pair) => !inRuns(pair))
  check(count, pruned(all, wanted), wanted)
  const comparators = pruned(all.slice(first), wanted)
  const touched = new Set([...comparators.flatMap(([i, j]) => [i, j]), ...wanted])
  const load = [...touched].sort((a, b) => a - b).map((i) => `let x${i} = v128.load(keys, ${16 * i})`)
  const head = `function merge${count}x${dropped}(keys: usize, groups: i32): void {`
  return looped(head, load, comparators, wanted, [`keys += ${16 * count}`])
}

const counts = range(RUN + 1, INPUT_COUNT_MAX)
const median = (count) => (count - 1) >> 1
/** [count, dropped] of every merge. */
const merges = counts.flatMap((count) =>
  (count <= TRIM_COUNT_MAX ? range(0, median(count)) : [0, median(count)]).map((dropped) => [count, dropped]),
)
const slots = new Map(merges.map(([count, dropped]) => [count * 16 + dropped, `merge${count}x${dropped}`]))
const slotCount = (INPUT_COUNT_MAX + 1) * 16
const lines = (names) =>
  range(0, Math.ceil(names.length / 8) - 1).map((row) => `  ${names.slice(8 * row, 8 * row + 8).join(', ')},`)

const text = `// Written by scripts/generate-networks.mjs; never edited by hand.
import { image } from './image'

/** Inputs that are sorted in registers. */
export const RUN: i32 = ${RUN}
/** The largest number of inputs whose runs are merged by a network. */
export const NETWORK_MAX: i32 = ${INPUT_COUNT_MAX}

type Sort = (start: usize, stride: usize, keys: usize, length: usize, groups: i32) => void
type Merge = (keys: usize, groups: i32) => void

${range(1, RUN).map(sortFunction).join('\n\n')}

${merges.map(([count, dropped]) => mergeFunction(count, dropped)).join('\n\n')}

// By table and not by name, so that the compiler does not make one function of all of them.
const SORTS: StaticArray<Sort | null> = [
${lines(['null', ...range(1, RUN).map((count) => `sort${count}`)]).join('\n')}
]

/** At 16 m + b. */
const MERGES: StaticArray<Merge | null> = [
${lines(range(0, slotCount - 1).map((at) => slots.get(at) ?? 'null')).join('\n')}
]

/**
 * Loads four coordinates of 1 to ${RUN} inputs, \`stride\` bytes apart, and stores their integer images at keys, ascending lane by
 * lane; then the next four, \`length\` bytes further at keys, for as many groups.
 */
export function sortRun(
  count: i32,
  start: usize,
  stride: usize,
  keys: usize,
  length: usize,
  groups: i32,
): void {
  const sort = unchecked(SORTS[count])
  if (sort === null) unreachable()
  else sort(start, stride, keys, length, groups)
}

/**
 * Merges the sorted runs of keys [groups, m]. When b are dropped from each end, only those that are left are put where
 * they belong.
 * @returns whether there is a network for it; nothing was done otherwise
 */
export function mergeRuns(m: i32, b: i32, keys: usize, groups: i32): bool {
  if (m > NETWORK_MAX || b > 15) return false
  const merge = unchecked(MERGES[(m << 4) + b])
  if (merge === null) return false
  merge(keys, groups)
  return true
}
`
writeFileSync(fileURLToPath(new URL('../src/aggregate/kernel/assembly/networks.ts', import.meta.url)), text)
