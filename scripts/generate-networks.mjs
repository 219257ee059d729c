// Writes src/aggregate/kernel/assembly/networks.ts: one function for each number of inputs from 2 to 16 that loads four
// coordinates of all inputs, sorts them by a fixed network of compare-exchanges in registers, and stores them.
//   node scripts/generate-networks.mjs
// Batcher's odd-even merge sort (Batcher, "Sorting networks and their applications", AFIPS 1968; Knuth, TAOCP vol. 3,
// 5.3.4 algorithm M) for the next power of two, without the comparators that touch wires above the last: those wires
// would hold +∞ and never move.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Registers of x86-64 hold as many; above, the same network runs in memory (dense.ts). */
const INPUT_COUNT_MAX = 16

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

/** 0-1 principle for small counts, random rows above: a wrong network is never written. */
function check(count, pairs) {
  const trials = count <= 14 ? 2 ** count : 20_000
  for (let trial = 0; trial < trials; trial++) {
    const row = Array.from({ length: count }, (_, i) =>
      count <= 14 ? (trial >> i) & 1 : Math.random() < 0.5 ? 0 : 1,
    )
    for (const [i, j] of pairs) if (row[i] > row[j]) [row[i], row[j]] = [row[j], row[i]]
    if (row.some((value, i) => i > 0 && row[i - 1] > value))
      throw new Error(`the network for ${count} does not sort`)
  }
}

function functionFor(count) {
  const pairs = batcher(count)
  check(count, pairs)
  const names = Array.from({ length: count }, (_, i) => `x${i}`)
  const lines = [
    `// ${pairs.length} comparators`,
    `function sort${count}(from: usize, stride: usize, keys: usize): void {`,
    ...names.map((name, i) => `  let ${name} = image(v128.load(from + ${i} * stride))`),
    '  let low: v128',
    ...pairs.map(
      ([i, j]) => `  low = i32x4.min_s(x${i}, x${j}); x${j} = i32x4.max_s(x${i}, x${j}); x${i} = low`,
    ),
    ...names.map((name, i) => `  v128.store(keys, ${name}, ${16 * i})`),
    '}',
  ]
  return lines.join('\n')
}

const counts = Array.from({ length: INPUT_COUNT_MAX - 1 }, (_, i) => i + 2)
const text = `// Written by scripts/generate-networks.mjs; never edited by hand.
import { image } from './image'

/** The largest number of inputs that a network is there for. */
export const NETWORK_MAX: i32 = ${INPUT_COUNT_MAX}

${counts.map(functionFor).join('\n\n')}

/**
 * Loads four coordinates of m inputs (2 to ${INPUT_COUNT_MAX}), \`stride\` bytes apart, and stores their integer images
 * sorted ascending, lane by lane, at keys [m].
 */
export function sortNetwork(m: i32, from: usize, stride: usize, keys: usize): void {
  switch (m) {
${counts.map((count) => `    case ${count}:\n      return sort${count}(from, stride, keys)`).join('\n')}
    default:
      unreachable()
  }
}
`
writeFileSync(fileURLToPath(new URL('../src/aggregate/kernel/assembly/networks.ts', import.meta.url)), text)
