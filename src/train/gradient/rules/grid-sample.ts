/**
 * The rule of GridSample, for images that are sampled between four pixels. A place (u, v) of [−1, 1]² lies at p = (u+1)·s − o of
 * an axis, s = size/2 and o = ½, or s = (size−1)/2 and o = 0 where corners are aligned. With f = p − ⌊p⌋, the pixel ⌊p⌋ has the
 * weight 1 − f and the next one f: y = Σ over the four of wᵤ·wᵥ·x. Each pixel gets back what it gave, and the place gets
 * Σ ±w·x·dy, times s. Source: ONNX operator GridSample-20; Jaderberg et al. 2015 (arXiv:1506.02025), eqs. 5–7.
 */
import { int, text } from '../../../model/attributes.ts'
import type { GradContext, GradRule, RuleCheck } from '../context.ts'
import { add, gradientOf, indicator, inputOf, mul, neg, reduceSum, sub, zeros } from '../emit.ts'
import { emitted, extentOf, type Extent } from '../extents.ts'
import { DataType } from '../../../model/graph.ts'

/** One axis of all places, [N, P]. */
interface Along {
  /** Of the pixel before and of the one behind: where it lies (int64, inside the image), how much it weighs, whether it is one. */
  readonly sides: readonly Side[]
  /** ∂p/∂(u or v), nothing where the place was moved to the border. */
  readonly slope: string
}

interface Side {
  readonly place: string
  readonly weight: string
  /** Null where every pixel counts. */
  readonly isInside: string | null
}

export const gridSampleRule: GradRule = (c) => {
  const [x, grid] = [inputOf(c, 0), inputOf(c, 1)]
  const [height, width] = [extentOf(c, x, 2), extentOf(c, x, 3)]
  const columns = along(c, grid, { component: 0, size: width })
  const rows = along(c, grid, { component: 1, size: height })
  const flat = c.int64s(0, 0, -1)
  const slopes = c.emit('Reshape', [gradientOf(c), flat])
  const image = c.emit('Reshape', [x, flat])
  let spread = c.wants(0) ? c.emit('Reshape', [zeros(c, x), flat]) : ''
  const parts: { readonly column: string[]; readonly row: string[] } = { column: [], row: [] }
  for (const [i, row] of rows.sides.entries()) {
    for (const [j, column] of columns.sides.entries()) {
      const at = add(c, mul(c, row.place, emitted(c, width)), column.place)
      const places = c.emit('Expand', [unsqueezed(c, at), c.emit('Shape', [slopes])])
      if (c.wants(0)) {
        const weight = unsqueezed(c, masked(c, mul(c, row.weight, column.weight), [row, column]))
        const attributes = { axis: int(2), reduction: text('add') }
        spread = c.emit('ScatterElements', [spread, places, mul(c, slopes, weight)], attributes)
      }
      if (!c.wants(1)) continue
      const picked = c.emit('GatherElements', [image, places], { axis: int(2) })
      const value = masked(c, reduceSum(c, mul(c, slopes, picked), [1], false), [row, column])
      const signed = (side: number, part: string): string => (side === 0 ? neg(c, part) : part)
      parts.column.push(signed(j, mul(c, value, row.weight)))
      parts.row.push(signed(i, mul(c, value, column.weight)))
    }
  }
  const total = (terms: readonly string[], slope: string): string =>
    c.emit('Unsqueeze', [
      mul(
        c,
        terms.reduce((sum, term) => add(c, sum, term)),
        slope,
      ),
      c.int64s(2),
    ])
  const toGrid = (): string => {
    const pair = [total(parts.column, columns.slope), total(parts.row, rows.slope)]
    return c.emit('Reshape', [c.emit('Concat', pair, { axis: int(2) }), c.shapeOf(grid)])
  }
  return [c.wants(0) ? c.emit('Reshape', [spread, c.shapeOf(x)]) : null, c.wants(1) ? toGrid() : null]
}

/** [N, P] → [N, 1, P] */
const unsqueezed = (c: GradContext, value: string): string => c.emit('Unsqueeze', [value, c.int64s(1)])

function masked(c: GradContext, value: string, sides: readonly Side[]): string {
  return sides.reduce(
    (product, { isInside }) => (isInside === null ? product : mul(c, product, isInside)),
    value,
  )
}

function along(
  c: GradContext,
  grid: string,
  { component, size }: { readonly component: number; readonly size: Extent },
): Along {
  const isAligned = c.int('align_corners', 0) === 1
  const isBorder = c.text('padding_mode', 'zeros') === 'border'
  const asFloat = typeof size === 'number' ? c.scalar(size) : c.emit('Cast', [size], { to: int(c.dataType) })
  const last = sub(c, asFloat, c.scalar(1))
  const scale = mul(c, isAligned ? last : asFloat, c.scalar(0.5))
  const cut = c.emit('Slice', [grid, c.int64s(component), c.int64s(component + 1), c.int64s(-1)])
  const coordinate = c.emit('Reshape', [cut, c.int64s(0, -1)])
  const scaled = mul(c, add(c, coordinate, c.scalar(1)), scale)
  const free = isAligned ? scaled : sub(c, scaled, c.scalar(0.5))
  const clamped = (value: string): string => c.emit('Min', [c.emit('Max', [value, c.scalar(0)]), last])
  const position = isBorder ? clamped(free) : free
  const before = c.emit('Floor', [position])
  const share = sub(c, position, before)
  const side = (place: string, weight: string): Side => {
    const inside = clamped(place)
    return {
      place: c.emit('Cast', [inside], { to: int(DataType.int64) }),
      weight,
      isInside: isBorder ? null : indicator(c, c.emit('Equal', [inside, place])),
    }
  }
  const isFree = (): string => indicator(c, c.emit('Equal', [position, free]))
  return {
    sides: [side(before, sub(c, c.scalar(1), share)), side(add(c, before, c.scalar(1)), share)],
    slope: isBorder ? mul(c, isFree(), scale) : scale,
  }
}

export const gridSampleCheck: RuleCheck = (c) => {
  const mode = c.text('mode', 'linear')
  if (mode !== 'linear' && mode !== 'bilinear') return `sampling by ${mode} has no rule`
  const padding = c.text('padding_mode', 'zeros')
  if (padding !== 'zeros' && padding !== 'border') return `padding by ${padding} has no rule`
  return c.typeOf(inputOf(c, 0)).dims.length === 4 ? null : 'only images of two axes have a rule'
}
