/**
 * Parameters as one flat f32 vector: what the optimiser, clipping and checkpoints see. Inside the graph each tensor is a
 * `Slice` and a `Reshape` of the one input, and the gradients are one `Concat` in the same order: a wide `Split` would
 * need more storage buffers than a WebGPU shader may bind.
 */
import { int } from '../../model/attributes.ts'
import { DataType } from '../../model/graph.ts'
import type { GraphBuilder } from '../../model/graph-builder.ts'
import { elementCount } from '../../model/onnx-tensor.ts'

/** A tensor's place in the flat vector. */
export interface ParameterSlot {
  /** As in the file that it is saved to: `base_model.model.<module>.lora_A.weight`, or the weight's own name. */
  readonly name: string
  readonly dims: readonly number[]
  /** First element in the flat vector. */
  readonly offset: number
  /** Elements. */
  readonly size: number
}

/** Lays tensors out one behind the other, in the order given. */
export function layOut(
  tensors: readonly { readonly name: string; readonly dims: readonly number[] }[],
): readonly ParameterSlot[] {
  let offset = 0
  return tensors.map(({ name, dims }) => {
    const slot = { name, dims, offset, size: elementCount(dims) }
    offset += slot.size
    return slot
  })
}

export const parameterCountOf = (slots: readonly ParameterSlot[]): number =>
  slots.reduce((sum, slot) => sum + slot.size, 0)

/** The tensor of a slot, cut out of the flat input. @param output — name to give it, if it must have one */
export function cutParameter(
  builder: GraphBuilder,
  flat: string,
  { dims, offset, size }: ParameterSlot,
  output?: string,
): string {
  const cut = builder.add('Slice', [
    flat,
    builder.int64s(offset),
    builder.int64s(offset + size),
    builder.int64s(0),
  ])
  const options = output === undefined ? {} : { output }
  return builder.add('Reshape', [cut, builder.int64s(...dims)], {}, options)
}

/** Inputs of one `Concat`; more than a WebGPU shader binds are joined by stages. */
const CONCAT_WIDTH_MAX = 8

/**
 * All gradients as one vector. A parameter that the loss does not depend on gets zeros.
 * @param gradients — one a slot, in order
 */
export function joinGradients(
  builder: GraphBuilder,
  slots: readonly ParameterSlot[],
  gradients: readonly (string | null)[],
): string {
  let parts = slots.map((slot, i) => {
    const gradient = gradients[i] ?? null
    return gradient === null
      ? builder.add('Expand', [builder.scalar(0), builder.int64s(slot.size)])
      : builder.add('Reshape', [gradient, builder.int64s(-1)])
  })
  while (parts.length > 1) {
    const joined: string[] = []
    for (let i = 0; i < parts.length; i += CONCAT_WIDTH_MAX) {
      const some = parts.slice(i, i + CONCAT_WIDTH_MAX)
      joined.push(some.length === 1 ? (some[0] ?? '') : builder.add('Concat', some, { axis: int(0) }))
    }
    parts = joined
  }
  return parts[0] ?? builder.constant(DataType.float, [0], [])
}

/** Tensors by name → the flat vector. @throws RangeError if a tensor is missing or of another size */
export function packParameters(
  slots: readonly ParameterSlot[],
  tensors: ReadonlyMap<string, Float32Array>,
): Float32Array {
  const flat = new Float32Array(parameterCountOf(slots))
  for (const { name, offset, size } of slots) {
    const tensor = tensors.get(name)
    if (tensor?.length !== size) {
      throw new RangeError(`parameter ${name} has ${tensor?.length ?? 'no'} elements, expected ${size}`)
    }
    flat.set(tensor, offset)
  }
  return flat
}

/** The flat vector → tensors by name, each a view into it. */
export function unpackParameters(
  slots: readonly ParameterSlot[],
  flat: Float32Array,
): ReadonlyMap<string, Float32Array> {
  return new Map(slots.map(({ name, offset, size }) => [name, flat.subarray(offset, offset + size)]))
}
