/**
 * Where gradients meet. Contributions to one value are summed back to its shape, pieces of an axis are joined, and
 * everything is added up: the only place that accumulates or undoes broadcasting.
 */
import { int } from '../../model/attributes.ts'
import type { Dim, ValueType } from './graph-shapes.ts'
import { add, range, reduceSum, type Emitter } from './emit.ts'
import type { BroadcastGradient, InputGradient, PieceGradient } from './context.ts'

export interface Accumulating extends Emitter {
  readonly typeOf: (name: string) => ValueType
  readonly shapeOf: (name: string) => string
  readonly reshapeTarget: (name: string) => string
  /** Zero in the element type of a value. */
  readonly zeroFor: (name: string) => string
}

/** The gradient of `target`, or null where no contribution came. */
export function accumulate(
  c: Accumulating,
  target: string,
  contributions: readonly InputGradient[],
): string | null {
  const whole: string[] = []
  const pieces: PieceGradient[] = []
  for (const part of contributions) {
    if (part === null) continue
    if (typeof part === 'string') whole.push(part)
    else if (part.kind === 'piece') pieces.push(part)
    else whole.push(sumBack(c, target, part))
  }
  whole.push(...joinPieces(c, target, pieces))
  return whole.length === 0 ? null : whole.reduce((sum, part) => add(c, sum, part))
}

/** Sums over the axes along which the target was repeated. */
function sumBack(c: Accumulating, target: string, { value, dims }: BroadcastGradient): string {
  const own = c.typeOf(target).dims
  const leading = dims.length - own.length
  const repeated: number[] = []
  let isOpen = false
  own.forEach((dim, i) => {
    const wide = dims[leading + i]
    if (wide === undefined || isSame(dim, wide)) return
    if (dim.constant === 1) repeated.push(leading + i)
    else isOpen = true
  })
  if (isOpen) return sumBackAtRunTime(c, target, value, leading)
  const axes = [...range(0, leading), ...repeated]
  if (axes.length === 0) return value
  if (repeated.length === 0) return reduceSum(c, value, axes, false)
  const summed = reduceSum(c, value, axes, true)
  return leading === 0 ? summed : c.emit('Squeeze', [summed, c.int64s(...range(0, leading))])
}

const isSame = (a: Dim, b: Dim): boolean => a.key === b.key

/**
 * Two symbols that may or may not be equal: the axes to sum are those where the target measures 1 when it runs, and
 * summing an axis of one element changes nothing.
 */
function sumBackAtRunTime(c: Accumulating, target: string, value: string, leading: number): string {
  const flat = leading === 0 ? value : reduceSum(c, value, range(0, leading), false)
  const isOne = c.emit('Equal', [c.shapeOf(target), c.int64s(1)])
  const found = c.emit('NonZero', [isOne])
  const axes = c.emit('Squeeze', [found, c.int64s(0)])
  return c.emit('ReduceSum', [flat, axes], { keepdims: int(1), noop_with_empty_axes: int(1) })
}

/** Pieces that tile their axis become one `Concat`; what remains is padded with zeros. */
function joinPieces(c: Accumulating, target: string, pieces: readonly PieceGradient[]): string[] {
  const open = [...pieces].sort((a, b) => a.axis - b.axis || a.start - b.start || a.stop - b.stop)
  const joined: string[] = []
  while (open.length > 0) {
    const run = takeRun(open)
    joined.push(fill(c, target, run))
  }
  return joined
}

/** Takes pieces of one axis that do not overlap, from the front. */
function takeRun(open: PieceGradient[]): readonly PieceGradient[] {
  const run: PieceGradient[] = []
  for (let i = 0; i < open.length;) {
    const piece = open[i]
    const last = run.at(-1)
    const fits =
      piece !== undefined && (last === undefined || (piece.axis === last.axis && piece.start >= last.stop))
    if (piece !== undefined && fits) {
      run.push(piece)
      open.splice(i, 1)
    } else i++
  }
  return run
}

/** One tensor out of pieces in order, with zeros in the gaps. */
function fill(c: Accumulating, target: string, run: readonly PieceGradient[]): string {
  const parts: string[] = []
  let end = 0
  const { axis, length } = run[0] ?? { axis: 0, length: 0 }
  for (const piece of run) {
    if (piece.start > end) parts.push(zeros(c, target, axis, piece.start - end))
    parts.push(piece.value)
    end = piece.stop
  }
  if (end < length) parts.push(zeros(c, target, axis, length - end))
  const [only] = parts
  return parts.length === 1 && only !== undefined ? only : c.emit('Concat', parts, { axis: int(axis) })
}

/** Zeros as wide as the target but for one axis. */
function zeros(c: Accumulating, target: string, axis: number, extent: number): string {
  const { dims } = c.typeOf(target)
  const isKnown = dims.every((dim, i) => i === axis || dim.constant !== null)
  const known = dims.map((dim, i) => (i === axis ? extent : (dim.constant ?? 0)))
  const shape = isKnown ? c.int64s(...known) : patchedShape(c, target, axis, extent, dims.length)
  return c.emit('Expand', [c.zeroFor(target), shape])
}

function patchedShape(c: Accumulating, target: string, axis: number, extent: number, rank: number): string {
  const shape = c.shapeOf(target)
  const cut = (from: number, to: number): string => c.emit('Slice', [shape, c.int64s(from), c.int64s(to)])
  const parts = [
    ...(axis > 0 ? [cut(0, axis)] : []),
    c.int64s(extent),
    ...(axis + 1 < rank ? [cut(axis + 1, rank)] : []),
  ]
  return parts.length === 1 ? c.int64s(extent) : c.emit('Concat', parts, { axis: int(0) })
}
