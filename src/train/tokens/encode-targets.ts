/**
 * Text with spans to learn → ids with a mask. In: a rendered conversation. Out: ids of the whole text, as a model reads
 * it (never tokenised in pieces), and which of them are targets. Pure.
 * Where a span's border falls: between two ids, where the pieces between borders have together the ids of the whole, as
 * they have with special tokens at the borders; else found by tokenising the text up to it: the ids that both share lie
 * before the border. A token across the start of a span is a target (it holds the answer's first letters), one across its
 * end is none.
 */
import type { TargetText } from './chat-targets.ts'

export interface MaskedIds {
  readonly ids: readonly number[]
  /** As long as `ids`. */
  readonly isTarget: readonly boolean[]
}

type Encode = (text: string) => readonly number[]

export function encodeTargets({ text, targets }: TargetText, encode: Encode): MaskedIds {
  const ids = encode(text)
  const isTarget = ids.map(() => false)
  const borders = bordersByPieces(ids, text, targets.flat(), encode)
  const idBefore = (border: number): number =>
    borders?.get(border) ??
    (border === text.length ? ids.length : sharedCount(ids, encode(text.slice(0, border))))
  for (const [start, end] of targets) {
    const from = idBefore(start)
    isTarget.fill(true, from, Math.max(from, idBefore(end)))
  }
  return { ids, isTarget }
}

/** How many ids stand before each border; null where tokenising apart gives other ids. Twice the work of the whole. */
function bordersByPieces(
  ids: readonly number[],
  text: string,
  borders: readonly number[],
  encode: Encode,
): ReadonlyMap<number, number> | null {
  const before = new Map<number, number>()
  let count = 0
  let from = 0
  for (const border of [...borders, text.length]) {
    const piece = border === from ? [] : encode(text.slice(from, border))
    if (piece.some((id, i) => id !== ids[count + i])) return null
    count += piece.length
    before.set(border, count)
    from = border
  }
  return count === ids.length ? before : null
}

function sharedCount(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i
  return length
}
