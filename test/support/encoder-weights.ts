/** Weights of the reference encoders, taken out of their TorchScript exports, as files of safetensors have them. */
import { writeFile } from 'node:fs/promises'
import { encodeHeader } from '../../src/core/safetensors.ts'
import { fixtureModel } from '../fixtures/reference.ts'

export type Family = 'bert' | 'vit'

/** A matrix the other way round: exporters turn those of products. */
function turned(bytes: Uint8Array, [rows = 0, columns = 0]: readonly number[]): Uint8Array {
  const from = new Float32Array(bytes.slice().buffer)
  const to = new Float32Array(from.length)
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) to[c * rows + r] = from[r * columns + c] ?? 0
  return new Uint8Array(to.buffer)
}

export interface Stored {
  readonly name: string
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

/** The weights of the fixture's TorchScript export, under the names of their modules. */
export function exportedWeights(family: Family): readonly Stored[] {
  const { initializers, nodes } = fixtureModel(family, 'script').graph
  const named = [...initializers.values()].flatMap(({ name, dims, data }) =>
    name.startsWith('m.') && data !== undefined ? [{ name: name.slice(2), shape: dims, data }] : [],
  )
  const products = nodes.flatMap(({ op, name, inputs }) => {
    const weight = initializers.get(inputs[1] ?? '')
    if (op !== 'MatMul' || weight?.data === undefined || !weight.name.startsWith('onnx::')) return []
    const path = name
      .replace(/^\/m\//, '')
      .replace(/\/MatMul$/, '')
      .replaceAll('/', '.')
    return [
      { name: `${path}.weight`, shape: weight.dims.toReversed(), data: turned(weight.data, weight.dims) },
    ]
  })
  return [...named, ...products]
}

export async function writeStored(path: string, tensors: readonly Stored[]): Promise<void> {
  const layout = tensors.map(({ name, shape }) => ({ name, dtype: 'F32', shape }))
  const { prefix, header } = encodeHeader(layout)
  const parts = header.entries.map(
    ({ name }) => tensors.find((tensor) => tensor.name === name)?.data ?? new Uint8Array(),
  )
  await writeFile(path, Buffer.concat([prefix, ...parts]))
}
