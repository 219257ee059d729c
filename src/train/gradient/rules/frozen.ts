/**
 * Frozen weights that the forward pass widens (half precision) or dequantises: the backward pass does it again, for one product
 * at a time, instead of keeping an f32 copy of every weight from the forward pass on.
 *
 * What is made of constants alone could be made early, all of it at once, or be folded when the session opens. A zero that is
 * known only once dY is holds it back.
 */
import { int } from '../../../model/attributes.ts'
import { DataType, type TensorValue } from '../../../model/graph.ts'
import type { GradContext } from '../context.ts'

/** 0 with one axis, known only once dY is; also where dY is not a number. */
export function zeroAfter(c: GradContext, g: string, dataType: DataType): string {
  const first = c.emit('Slice', [c.emit('Reshape', [g, c.int64s(-1)]), c.int64s(0), c.int64s(1)])
  return c.emit('Cast', [c.emit('Less', [first, first])], { to: int(dataType) })
}

/** A factor of a product, to be read by its backward pass: made anew where it is a stored weight in another type. */
export function frozenFactor(c: GradContext, name: string, g: string): string {
  const made = c.producerOf(name)
  const stored = made === null ? null : c.initializerOf(made.inputs[0] ?? '')
  if (made === null || stored === null || stored.dims.length < 2) return name
  if (made.op === 'Cast' && isHalf(stored)) {
    const shape = c.emit('Add', [c.int64s(...stored.dims), zeroAfter(c, g, DataType.int64)])
    return c.emit('Cast', [c.emit('Reshape', [stored.name, shape])], Object.fromEntries(made.attributes))
  }
  return made.op === 'DequantizeLinear' ? dequantisedAgain(c, name, g) : name
}

const isHalf = ({ dataType }: TensorValue): boolean =>
  dataType === DataType.float16 || dataType === DataType.bfloat16

function dequantisedAgain(c: GradContext, name: string, g: string): string {
  const made = c.producerOf(name)
  const [elements = '', scale = '', ...zeroPoint] = made?.inputs ?? []
  const scales = c.initializerOf(scale)
  const isConstant = zeroPoint.every((input) => input === '' || c.initializerOf(input) !== null)
  if (made === null || scales === null || !isConstant) return name
  const later = c.emit('Add', [scale, zeroAfter(c, g, scales.dataType)])
  // One scale for the whole tensor has no axes, and adding gave it one.
  const like = scales.dims.length === 0 ? c.emit('Reshape', [later, c.int64s()]) : later
  return c.emit('DequantizeLinear', [elements, like, ...zeroPoint], Object.fromEntries(made.attributes))
}
