/**
 * Rules of pooling, of any number of axes, with image sizes known in advance or not. A pool is linear in what it picks or
 * averages: the backward pass puts each window's gradient back to where its elements came from.
 */
import { assert } from '../../../core/errors.ts'
import { int, text } from '../../../model/attributes.ts'
import type { GradContext, GradRule, RuleCheck } from '../context.ts'
import { div, gradientOf, inputOf, mul, outputOf, range, zeros } from '../emit.ts'
import { emitted, extentsOf, listOf, times, type Extent } from '../extents.ts'
import { channelwise, reached, spreadBack, stepsOf, summing, type Windows, windowsOf } from './windows.ts'

function poolWindows(c: GradContext): Windows {
  const kernel = c.ints('kernel_shape')
  assert(kernel !== null, 'the operator requires kernel_shape')
  return windowsOf(c, kernel, { whole: inputOf(c, 0), slid: outputOf(c) })
}

/** The sum, for each element, of what the windows that hold it have. */
function sumBack(c: GradContext, windows: Windows, value: string): string {
  const rows = channelwise(c, value, outputOf(c))
  const back = spreadBack(c, windows, { gradient: rows, weight: summing(c, windows), group: 1 })
  return c.emit('Reshape', [back, c.shapeOf(inputOf(c, 0))])
}

/** The forward node is asked where each maximum lay in the whole tensor; ties go to the first, as in PyTorch. */
export const maxPoolRule: GradRule = (c) => {
  const x = inputOf(c, 0)
  const flat = c.int64s(-1)
  const places = c.emit('Reshape', [c.furtherOutput(1, 2), flat])
  const slopes = c.emit('Reshape', [gradientOf(c), flat])
  const none = c.emit('Reshape', [zeros(c, x), flat])
  const rows = c.emit('ScatterElements', [none, places, slopes], { axis: int(0), reduction: text('add') })
  return [c.emit('Reshape', [rows, c.shapeOf(x)])]
}

export const maxPoolCheck: RuleCheck = (c) =>
  c.int('storage_order', 0) === 0 ? null : 'column-major indices have no rule'

/** y = Σ window / n. Where windows reach outside, n is found by running the node over ones. */
export const averagePoolRule: GradRule = (c) => {
  const windows = poolWindows(c)
  const g = gradientOf(c)
  const isPlain =
    (c.ints('pads') ?? []).every((pad) => pad === 0) &&
    c.int('ceil_mode', 0) === 0 &&
    !c.text('auto_pad', 'NOTSET').startsWith('SAME')
  if (isPlain) {
    const size = windows.kernel.reduce((product, extent) => product * extent, 1)
    return [sumBack(c, windows, mul(c, g, c.scalar(1 / size)))]
  }
  const inside = [1, 1, ...extentsOf(c, inputOf(c, 0), 2)]
  const ones = c.emit('Expand', [c.scalar(1), listOf(c, inside)])
  const counted = c.emit('Conv', [reached(c, ones, windows), summing(c, windows)], stepsOf(windows))
  if (c.int('count_include_pad', 0) === 0) return [sumBack(c, windows, div(c, g, counted))]
  const averages = c.emit('AveragePool', [ones], c.attributes)
  return [sumBack(c, windows, mul(c, g, div(c, averages, counted)))]
}

/** y = (Σ|x|ᵖ)^(1/p): x·|x|ᵖ⁻² · Σ over windows of dy·y^(1−p) */
export const lpPoolRule: GradRule = (c) => {
  const [x, p] = [inputOf(c, 0), c.int('p', 2)]
  const steep = p === 1 ? gradientOf(c) : powered(c, outputOf(c), 1 - p, gradientOf(c))
  const back = sumBack(c, poolWindows(c), steep)
  const sign = c.emit('Sign', [x])
  if (p === 1) return [mul(c, back, sign)]
  return [mul(c, back, p === 2 ? x : mul(c, sign, c.emit('Pow', [c.emit('Abs', [x]), c.scalar(p - 1)])))]
}

/** factor·yᵉ for e < 0, nothing where y is zero. */
function powered(c: GradContext, y: string, exponent: number, factor: string): string {
  const isZero = c.emit('Equal', [y, c.scalar(0)])
  const safe = c.emit('Where', [isZero, c.scalar(1), y])
  return c.emit('Where', [isZero, c.scalar(0), mul(c, factor, c.emit('Pow', [safe, c.scalar(exponent)]))])
}

/** Means over the whole image. */
export const globalAveragePoolRule: GradRule = (c) => {
  const x = inputOf(c, 0)
  const count = extentsOf(c, x, 2).reduce((product: Extent, extent) => times(c, product, extent), 1)
  const share =
    typeof count === 'number'
      ? mul(c, gradientOf(c), c.scalar(1 / count))
      : div(c, gradientOf(c), c.emit('Cast', [emitted(c, count)], { to: int(c.dataType) }))
  return [c.emit('Expand', [share, c.shapeOf(x)])]
}

/** Shared equally among those that equal the maximum. */
export const globalMaxPoolRule: GradRule = (c) => {
  const x = inputOf(c, 0)
  const axes = range(2, c.typeOf(x).dims.length)
  const isChosen = c.emit('Equal', [x, outputOf(c)])
  const chosen = c.emit('Cast', [isChosen], { to: int(c.dataType) })
  const count = c.emit('ReduceSum', [chosen, c.int64s(...axes)], { keepdims: int(1) })
  return [mul(c, chosen, div(c, gradientOf(c), count))]
}
