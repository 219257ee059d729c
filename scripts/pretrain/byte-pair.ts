/**
 * Learns the merges of a byte-level BPE vocabulary from text: the base model of the demo then reads most words of its
 * small world as one or two tokens, which makes training several times cheaper than byte by byte.
 * Pretokens are split as the tokenizer splits them (digits apart, then GPT-2's pattern). Ties go to the pair that sorts
 * first, so that one corpus gives one vocabulary.
 * Source: Sennrich et al. 2016, algorithm 1; Radford et al. 2019 §2.2.
 */
import { byteCharacters } from '../../src/model/tokenizer.ts'

const PRETOKEN = /\p{N}|'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu

export type Merge = readonly [left: string, right: string]

/** @returns at most `mergeCount` merges, most frequent first; fewer where nothing repeats any more */
export function learnMerges(texts: Iterable<string>, mergeCount: number): readonly Merge[] {
  const words = [...countPretokens(texts)].map(([word, count]) => ({ symbols: Array.from(word), count }))
  const merges: Merge[] = []
  while (merges.length < mergeCount) {
    const pair = mostFrequentPair(words)
    if (pair === null) break
    merges.push(pair)
    for (const word of words) word.symbols = joinPair(word.symbols, pair)
  }
  return merges
}

function countPretokens(texts: Iterable<string>): ReadonlyMap<string, number> {
  const names = byteCharacters()
  const counts = new Map<string, number>()
  for (const text of texts) {
    for (const [pretoken] of text.matchAll(PRETOKEN)) {
      const word = [...Buffer.from(pretoken)].map((byte) => names[byte]).join('')
      counts.set(word, (counts.get(word) ?? 0) + 1)
    }
  }
  return counts
}

interface Word {
  symbols: string[]
  readonly count: number
}

function mostFrequentPair(words: readonly Word[]): Merge | null {
  const counts = new Map<string, number>()
  for (const { symbols, count } of words) {
    for (let i = 1; i < symbols.length; i++) {
      const key = `${symbols[i - 1]} ${symbols[i]}`
      counts.set(key, (counts.get(key) ?? 0) + count)
    }
  }
  const [best] = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  if (best === undefined || best[1] < 2) return null
  const [left = '', right = ''] = best[0].split(' ')
  return [left, right]
}

function joinPair(symbols: readonly string[], [left, right]: Merge): string[] {
  const out: string[] = []
  for (let i = 0; i < symbols.length; i++) {
    const isPair = symbols[i] === left && symbols[i + 1] === right
    out.push(isPair ? left + right : (symbols[i] ?? ''))
    if (isPair) i++
  }
  return out
}
