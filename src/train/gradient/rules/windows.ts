/**
 * Where a sliding window lies: shared by convolutions and pooling, of any number of axes, with sizes known in advance or
 * not. Along each axis, `out` windows of `kernel` elements, `dilation` apart, start every `stride`; together they reach over
 * L = (out−1)·stride + dilation·(kernel−1) + 1 elements, beginning `before` elements ahead of the first one of the input.
 * What they reach behind its end is `after`, below zero where no window touches the end.
 * Source: ONNX operators Conv-11 and AveragePool-19.
 */
import { ints } from '../../../model/attributes.ts'
import type { Attribute } from '../../../model/graph.ts'
import type { GradContext } from '../context.ts'
import { extentOf, extentsOf, isKnown, larger, listOf, minus, over, plus, times } from '../extents.ts'
import type { Extent } from '../extents.ts'
import { range } from '../emit.ts'

export type Looking = Omit<GradContext, 'emit'>

export interface Windows {
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  readonly before: readonly Extent[]
  readonly after: readonly Extent[]
}

export interface Slid {
  /** The value that windows run over. */
  readonly whole: string
  /** One element a window. */
  readonly slid: string
  /** Whether the node spreads windows instead of sliding them: then it divides automatic padding its own way. */
  readonly isTransposed?: boolean
}

export function windowsOf(
  c: GradContext,
  kernel: readonly number[],
  { whole, slid, isTransposed }: Slid,
): Windows {
  const strides = c.ints('strides') ?? kernel.map(() => 1)
  const dilations = c.ints('dilations') ?? kernel.map(() => 1)
  const pads = c.ints('pads') ?? kernel.map(() => 0)
  const extra = c.ints('output_padding') ?? kernel.map(() => 0)
  const mode = modeOf(c, isTransposed === true)
  const before: Extent[] = []
  const after: Extent[] = []
  kernel.forEach((size, i) => {
    const inside = extentOf(c, whole, i + 2)
    const steps = times(c, minus(c, extentOf(c, slid, i + 2), 1), strides[i] ?? 1)
    const reach = plus(c, steps, (dilations[i] ?? 1) * (size - 1) + 1)
    const missing = (): Extent => larger(c, minus(c, plus(c, reach, extra[i] ?? 0), inside), 0)
    const first = startOf(c, mode, { pad: pads[i] ?? 0, missing })
    before.push(first)
    after.push(minus(c, minus(c, reach, inside), first))
  })
  return { kernel, strides, dilations, before, after }
}

/** A transposed convolution whose output is stated pads as SAME does, with the odd element at the other end. */
function modeOf(c: GradContext, isTransposed: boolean): string {
  const mode = c.text('auto_pad', 'NOTSET')
  if (!isTransposed) return mode
  if (c.ints('output_shape') === null && !mode.startsWith('SAME')) return mode
  return mode === 'SAME_UPPER' ? 'SAME_UPPER' : 'SAME_LOWER'
}

/** Automatic padding goes to both ends, an odd element to the end that the mode names. */
function startOf(
  c: GradContext,
  mode: string,
  { pad, missing }: { readonly pad: number; readonly missing: () => Extent },
): Extent {
  if (mode === 'SAME_UPPER') return over(c, missing(), 2)
  if (mode === 'SAME_LOWER') return over(c, plus(c, missing(), 1), 2)
  return mode === 'VALID' ? 0 : pad
}

export const isStatic = ({ before, after }: Windows): boolean => isKnown([...before, ...after])

/** Strides and dilations as attributes. */
export const stepsOf = ({ strides, dilations }: Windows): Readonly<Record<string, Attribute>> => ({
  strides: ints(strides),
  dilations: ints(dilations),
})

/** The value widened, or cut at its end, to what the windows reach over. */
export function reached(c: GradContext, value: string, { before, after }: Windows): string {
  if ([...before, ...after].every((extent) => extent === 0)) return value
  return c.emit('Pad', [value, listOf(c, [0, 0, ...before, 0, 0, ...after]), c.scalar(0)])
}

/** What the windows reach over, cut or widened back to the value. */
export function unreached(c: GradContext, value: string, { before, after }: Windows): string {
  if ([...before, ...after].every((extent) => extent === 0)) return value
  const back = [0, 0, ...before, 0, 0, ...after].map((extent) => minus(c, 0, extent))
  return c.emit('Pad', [value, listOf(c, back), c.scalar(0)])
}

/** The transposed convolution of a gradient over windows, in the shape of what they run over. */
export function spreadBack(
  c: GradContext,
  windows: Windows,
  { gradient, weight, group }: { readonly gradient: string; readonly weight: string; readonly group: number },
): string {
  const steps = { ...stepsOf(windows), group: { kind: 'int', value: group } as const }
  const { before, after } = windows
  if (!isKnown(before) || !isKnown(after)) {
    return unreached(c, c.emit('ConvTranspose', [gradient, weight], steps), windows)
  }
  return c.emit('ConvTranspose', [gradient, weight], {
    ...steps,
    pads: ints([...before, ...after.map((extent) => Math.max(0, extent))]),
    output_padding: ints(after.map((extent) => Math.max(0, -extent))),
  })
}

/** Images and channels as one axis before a single channel: [N, C, …] → [N·C, 1, …]. */
export function channelwise(c: GradContext, value: string, like: string): string {
  const spatial = extentsOf(c, like, 2)
  const open = spatial.filter((extent) => typeof extent !== 'number').length
  const first: Extent = open === 0 ? -1 : times(c, extentOf(c, like, 0), extentOf(c, like, 1))
  return c.emit('Reshape', [value, listOf(c, [first, 1, ...spatial])])
}

/** Ones [1, 1, …kernel]: a convolution with them sums each window. */
export const summing = (c: GradContext, { kernel }: Windows): string =>
  c.emit('Expand', [c.scalar(1), c.int64s(1, 1, ...kernel)])

export const spatialAxes = (rank: number): readonly number[] => range(2, rank)
