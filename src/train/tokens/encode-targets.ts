/**
 * Text with spans to learn → ids with a mask. In: a rendered conversation. Out: ids of the whole text, as a model reads
 * it (never tokenised in pieces), and which of them are targets. Pure.
 * Where a span's border falls is found by tokenising the text up to it: the ids that both share lie before the border.
 * A token across the start of a span is a target (it holds the answer's first letters), one across its end is none.
 */
import type { TargetText } from './chat-targets.ts'

export interface MaskedIds {
  readonly ids: readonly number[]
  /** As long as `ids`. */
  readonly isTarget: readonly boolean[]
}

export function encodeTargets(
  { text, targets }: TargetText,
  encode: (text: string) => readonly number[],
): MaskedIds {
  const ids = encode(text)
  const isTarget = ids.map(() => false)
  for (const [start, end] of targets) {
    const from = sharedCount(ids, encode(text.slice(0, start)))
    const to = end === text.length ? ids.length : sharedCount(ids, encode(text.slice(0, end)))
    isTarget.fill(true, from, Math.max(from, to))
  }
  return { ids, isTarget }
}

function sharedCount(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i
  return length
}
