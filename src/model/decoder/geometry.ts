/**
 * What the layers of a decoder share: shapes that depend on the batch, positions, and masks of full and of windowed
 * attention. In: a scope whose graph has the inputs of its form. Out: names of values. Each is made once.
 * Source: Beltagy et al. 2020 (sliding windows).
 */
import { DataType } from '../graph.ts'
import type { ModuleScope } from '../module-scope.ts'
import type { DecoderConfig } from './config.ts'

/** Forms of the graph beside the plain one. */
export interface DecoderForm {
  /**
   * Inputs `position_ids` [batch, sequence] and `past_key_values.N.key|value` [batch, groups, past, head size], outputs
   * `present.N.key|value`, and an `attention_mask` as long as past and sequence together, as Optimum names them.
   */
  readonly hasCache?: boolean
  /** Inputs `position_ids` and `segment_ids` [batch, sequence]: tokens see those of their own segment only. */
  readonly isPacked?: boolean
}

/** What a masked score gets: the most negative f32, as `transformers` adds it (a row of these softmaxes to uniform). */
const MASKED = -3.4028234663852886e38

/** What all layers share: shapes that depend on the batch, and masks. */
export interface Geometry {
  /** Shape tensor [batch, sequence, …rest]. */
  readonly hiddenShape: (...rest: number[]) => string
  /** Shape tensor [batch, …heads, sequence, total]; total is the sequence, with a cache also what was before it. */
  readonly scoreShape: string
  /** Scalar: columns of the batch. */
  readonly length: string
  /** [sequence], or [batch, sequence] where positions are given. */
  readonly positions: string
  readonly hasGivenPositions: boolean
  /**
   * What is added to scores, [batch, 1, 1, sequence, total], 0 or MASKED.
   * @param window — tokens that a token sees, itself among them; null for all before it
   */
  readonly mask: (window: number | null) => string
}

export function buildGeometry(scope: ModuleScope, config: DecoderConfig, form: DecoderForm): Geometry {
  const { keyValueHeadCount, headCount } = config
  const shape = scope.op('Shape', ['input_ids'])
  const batch = scope.op('Gather', [shape, scope.ints([0])])
  const sequence = scope.op('Gather', [shape, scope.ints([1])])
  const hiddenShapes = new Map<string, string>()
  const hiddenShape = (...rest: number[]): string => {
    const key = rest.join()
    const known = hiddenShapes.get(key)
    if (known !== undefined) return known
    const made = scope.op('Concat', [batch, sequence, ...(rest.length === 0 ? [] : [scope.ints(rest)])], {
      axis: 0,
    })
    hiddenShapes.set(key, made)
    return made
  }
  const heads = scope.ints([keyValueHeadCount, headCount / keyValueHeadCount])
  const total =
    form.hasCache === true
      ? scope.op('Gather', [scope.op('Shape', ['attention_mask']), scope.ints([1])])
      : sequence
  const scoreShape = scope.op('Concat', [batch, heads, sequence, total], { axis: 0 })
  const length = scope.op('Gather', [shape, scope.int(1)])
  const hasGivenPositions = form.hasCache === true || form.isPacked === true
  const positions = hasGivenPositions
    ? 'position_ids'
    : scope.op('Range', [scope.int(0), length, scope.int(1)])
  return {
    hiddenShape,
    scoreShape,
    length,
    positions,
    hasGivenPositions,
    mask: masks(scope, length, form),
  }
}

/**
 * Position i sees the positions j ≤ i whose `attention_mask` is not 0, of its own segment where there are segments, and
 * with a window those j > i − window. Places are counted in the mask, past and padding included: a token sees no
 * padding, so that this is what counting tokens gives.
 */
function masks(
  scope: ModuleScope,
  length: string,
  { hasCache, isPacked }: DecoderForm,
): (window: number | null) => string {
  const total =
    hasCache === true ? scope.op('Gather', [scope.op('Shape', ['attention_mask']), scope.int(1)]) : length
  const all = scope.op('Range', [scope.int(0), total, scope.int(1)])
  const own =
    hasCache === true ? scope.op('Range', [scope.op('Sub', [total, length]), total, scope.int(1)]) : all
  const columns = scope.op('Unsqueeze', [all, scope.ints([0])])
  const rows = scope.op('Unsqueeze', [own, scope.ints([1])])
  const isToken = scope.op('Unsqueeze', [scope.cast('attention_mask', DataType.bool), scope.ints([1, 2, 3])])
  const segment = (axes: readonly number[]): string =>
    scope.op('Unsqueeze', ['segment_ids', scope.ints(axes)])
  const build = (window: number | null): string => {
    let isNear = scope.op('LessOrEqual', [columns, rows])
    if (window !== null) {
      const isInside = scope.op('Less', [scope.op('Sub', [rows, columns]), scope.int(window)])
      isNear = scope.op('And', [isNear, isInside])
    }
    let isSeen = scope.op('And', [isNear, isToken])
    if (isPacked === true) {
      isSeen = scope.op('And', [isSeen, scope.op('Equal', [segment([1, 2, 4]), segment([1, 2, 3])])])
    }
    return scope.op('Where', [isSeen, scope.floats([0], []), scope.floats([MASKED], [])])
  }
  const made = new Map<number | null, string>()
  return (window) => {
    const mask = made.get(window) ?? build(window)
    made.set(window, mask)
    return mask
  }
}
