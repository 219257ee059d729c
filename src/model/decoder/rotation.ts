/**
 * Rotary positions: angles of each token, and the turning of queries and keys by them. In: positions. Out: heads of the
 * same shape. Some scalings look at how long a run's sequence is (`reread.ts` says what that means for caches).
 * Source: Su et al. 2021 (RoPE, in the half-split form of `transformers`).
 */
import { DataType } from '../graph.ts'
import type { ModuleScope } from '../module-scope.ts'
import { rotaryWaves, type Beyond } from '../rope-scaling.ts'
import type { DecoderConfig, RotaryKind } from './config.ts'
import type { Geometry } from './geometry.ts'
import { buildColumns } from './parts.ts'

export interface Rotary {
  /** Turns queries, [batch, groups, perGroup, sequence, headSize], and multiplies them by the layer's score scale. */
  readonly turnQueries: (scope: ModuleScope, queries: string) => string
  /** Turns keys, [batch, groups, length, headSize]. */
  readonly turnKeys: (scope: ModuleScope, keys: string) => string
}

/** Cosines and sines, with axes for the heads. */
interface Waves {
  readonly cosine: string
  readonly sine: string
}

/** The rotary positions of each kind and score scale, each made once. @param scope — of the decoder */
export function buildRotaries(
  scope: ModuleScope,
  config: DecoderConfig,
  geometry: Geometry,
): (kind: number, scoreScale: number) => Rotary | null {
  const { positions } = config
  if (positions.kind !== 'rotary') return () => null
  const builder = new RotaryBuilder(scope.within('rotary_emb'), geometry)
  const made = new Map<string, Rotary>()
  return (index, scoreScale) => {
    const key = `${index},${scoreScale}`
    const kind = positions.kinds[index]
    if (kind === undefined) return null
    const rotary = made.get(key) ?? builder.build(kind, positions.size, config.headSize, scoreScale)
    made.set(key, rotary)
    return rotary
  }
}

class RotaryBuilder {
  readonly #scope: ModuleScope
  readonly #geometry: Geometry

  constructor(scope: ModuleScope, geometry: Geometry) {
    this.#scope = scope
    this.#geometry = geometry
  }

  build({ theta, scaling }: RotaryKind, size: number, headSize: number, scoreScale: number): Rotary {
    const scope = this.#scope
    const { frequencies, amplitude, beyond } = rotaryWaves(theta, size, scaling)
    const both = scope.floats([...frequencies, ...frequencies], [1, size])
    const slowed = beyond === null ? both : this.#beyond(both, beyond, size)
    const scale = scope.floats([scoreScale], [])
    const loud = (value: string): string =>
      amplitude === 1 ? value : scope.op('Mul', [value, scope.floats([amplitude], [])])
    const column = scope.op('Unsqueeze', [
      scope.cast(this.#geometry.positions, DataType.float),
      scope.ints([-1]),
    ])
    const angles = scope.op('Mul', [column, slowed])
    const waves = { cosine: loud(scope.op('Cos', [angles])), sine: loud(scope.op('Sin', [angles])) }
    // Beside the axes of batch, sequence and size there are those of heads, and for queries of groups.
    const byHead = ({ cosine, sine }: Waves, axes: readonly number[]): Waves =>
      this.#geometry.hasGivenPositions
        ? {
            cosine: scope.op('Unsqueeze', [cosine, scope.ints(axes)]),
            sine: scope.op('Unsqueeze', [sine, scope.ints(axes)]),
          }
        : { cosine, sine }
    const scaled = (value: string): string => scope.op('Mul', [value, scale])
    const ofQueries = byHead({ cosine: scaled(waves.cosine), sine: scaled(waves.sine) }, [1, 2])
    const ofKeys = byHead(waves, [1])
    return {
      turnKeys: (layer, keys) => turn(layer, keys, ofKeys, { size, headSize, scale: null }),
      // The waves carry the scale; what does not turn gets it by itself.
      turnQueries: (layer, queries) => turn(layer, queries, ofQueries, { size, headSize, scale }),
    }
  }

  /** Frequencies of a run of this length. @param plain — [1, size] */
  #beyond(plain: string, beyond: Beyond, size: number): string {
    const scope = this.#scope
    const { originalCount } = beyond
    const count = this.#positionCount()
    if (beyond.kind === 'replaced') {
      const isBeyond = scope.op('Greater', [
        scope.cast(count, DataType.float),
        scope.floats([originalCount], []),
      ])
      const others = scope.floats([...beyond.frequencies, ...beyond.frequencies], [1, size])
      return scope.op('Where', [isBeyond, others, plain])
    }
    const excess = scope.op('Sub', [scope.cast(count, DataType.float), scope.floats([originalCount], [])])
    const relative = scope.op('Mul', [
      scope.op('Relu', [excess]),
      scope.floats([beyond.factor / originalCount], []),
    ])
    const base = scope.op('Add', [relative, scope.floats([1], [])])
    const powers = scope.floats([...beyond.powers, ...beyond.powers], [1, size])
    return scope.op('Mul', [plain, scope.op('Pow', [base, powers])])
  }

  /** Scalar: one more than the highest position of the run. */
  #positionCount(): string {
    const scope = this.#scope
    if (!this.#geometry.hasGivenPositions) return this.#geometry.length
    const highest = scope.op('ReduceMax', ['position_ids'], { keepdims: 0 })
    return scope.op('Add', [highest, scope.int(1)])
  }
}

interface Turning {
  /** Dimensions that turn. */
  readonly size: number
  readonly headSize: number
  /** Of what does not turn; null for 1. */
  readonly scale: string | null
}

/** x·cos + rotate(x)·sin with rotate(x₁, x₂) = (−x₂, x₁), over the first dimensions of the last axis. */
function turn(
  scope: ModuleScope,
  x: string,
  { cosine, sine }: Waves,
  { size, headSize, scale }: Turning,
): string {
  const half = size / 2
  const turning = size === headSize ? x : buildColumns(scope, x, 0, size)
  const halves = [buildColumns(scope, x, half, size), buildColumns(scope, x, 0, half)] as const
  const turned = scope.op('Concat', [scope.op('Neg', [halves[0]]), halves[1]], { axis: -1 })
  const mixed = scope.op('Add', [scope.op('Mul', [turning, cosine]), scope.op('Mul', [turned, sine])])
  if (size === headSize) return mixed
  const rest = buildColumns(scope, x, size, headSize)
  const scaled = scale === null ? rest : scope.op('Mul', [rest, scale])
  return scope.op('Concat', [mixed, scaled], { axis: -1 })
}
