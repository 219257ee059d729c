/**
 * Which layers of a decoder see a window only. `layer_types` of newer configs names the kind of each layer and wins;
 * without it each family has a pattern of its own. Pure.
 */
import type { ConfigReader } from './config-reader.ts'

export interface WindowPattern {
  /** Tokens that a sliding layer sees, where the config says nothing; null: no layer slides then. */
  readonly usual: number | null
  /** Whether the family's config turns windows off. */
  readonly isOff?: boolean
  /** Whether a layer slides where `layer_types` does not say. */
  readonly isSliding: (layer: number) => boolean
}

/** By layer: how many tokens a token sees, itself among them; null where it sees all before it. */
export function readWindows(
  config: ConfigReader,
  layerCount: number,
  { usual, isOff = false, isSliding }: WindowPattern,
): (number | null)[] {
  const stated: unknown = config.raw['sliding_window']
  const value = stated === undefined ? usual : stated
  const types = layerTypesOf(config, layerCount)
  const full = Array.from({ length: layerCount }, () => null)
  if (isOff || value === null) {
    if (types?.includes('sliding_attention') === true) {
      throw config.bad('sliding_window', 'the window of layer_types')
    }
    return full
  }
  const window = config.count('sliding_window', usual ?? undefined)
  return full.map((_, i) => {
    return (types === null ? isSliding(i) : types[i] === 'sliding_attention') ? window : null
  })
}

/** The kind of each layer, where the config tells. */
function layerTypesOf(config: ConfigReader, layerCount: number): readonly unknown[] | null {
  const types: unknown = config.raw['layer_types'] ?? null
  if (types === null) return null
  if (!Array.isArray(types) || types.length !== layerCount) {
    throw config.bad('layer_types', `a list of ${layerCount} kinds`)
  }
  const odd: unknown = types.find((kind) => kind !== 'full_attention' && kind !== 'sliding_attention')
  if (odd === undefined) return types
  throw config.unsupported(
    `layer_types ${JSON.stringify(odd)}`,
    'known are full_attention, sliding_attention',
  )
}
