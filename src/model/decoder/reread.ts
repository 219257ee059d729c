/**
 * A key-value cache is worth nothing once positions turn otherwise than when it was filled: every layer's keys and
 * values come from what layers before it saw. Positions that look at the length of a run therefore say, in the model's
 * metadata, from where on a text is read again from its beginning. Pure.
 */
import type { OnnxModel } from '../graph.ts'
import type { DecoderConfig } from './config.ts'

export interface Reread {
  /** Tokens of a row, the new ones among them, up to which a cache goes on. */
  readonly beyond: number
  /** Whether a cache that was filled beyond goes on: positions turn in one of two ways only. */
  readonly isOnce: boolean
}

const KEY = 'oneround.reread'

/** When answers of this model must be read again, or null for never. */
export function rereadOf({ metadata }: OnnxModel): Reread | null {
  const [, kind, count] = /^(once|always) beyond (\d+)$/.exec(metadata.get(KEY) ?? '') ?? []
  return count === undefined ? null : { beyond: Number(count), isOnce: kind === 'once' }
}

/** The model with what its config says of this. */
export function withReread(model: OnnxModel, { positions }: DecoderConfig): OnnxModel {
  const scalings = positions.kind === 'rotary' ? positions.kinds.map(({ scaling }) => scaling) : []
  const found = scalings.find((scaling) => scaling?.kind === 'dynamic' || scaling?.kind === 'longrope')
  if (found?.kind !== 'dynamic' && found?.kind !== 'longrope') return model
  const often = found.kind === 'longrope' ? 'once' : 'always'
  const metadata = new Map([...model.metadata, [KEY, `${often} beyond ${Math.floor(found.originalCount)}`]])
  return { ...model, metadata }
}
