/**
 * The tensors of a decoder: which ones its config asks for, and where they are in a folder's files. Pure.
 * Names are those of modules, whatever files call them (`stored-names.ts`).
 */
import { modelError } from '../errors.ts'
import { DataType } from '../graph.ts'
import { storedNameOf } from '../stored-names.ts'
import type { StoredTensor, StoredTensors } from '../weights.ts'
import type { DecoderConfig } from './config.ts'

export const DTYPES: ReadonlyMap<string, DataType> = new Map([
  ['F32', DataType.float],
  ['F16', DataType.float16],
  ['BF16', DataType.bfloat16],
])

/** The names and shapes of the tensors that a config asks for, in the order `transformers` creates them. */
export function decoderTensorShapes(config: DecoderConfig): ReadonlyMap<string, readonly number[]> {
  const { hiddenSize, vocabSize, names, norm, positions } = config
  const shapes = new Map<string, readonly number[]>()
  const addNorm = (path: string, width: number): void => {
    shapes.set(`${path}.weight`, [width])
    if (norm.kind === 'layer') shapes.set(`${path}.bias`, [width])
  }
  shapes.set(`${names.root}.${names.embedding}.weight`, [vocabSize, hiddenSize])
  if (positions.kind === 'learned') {
    shapes.set(`${names.root}.${names.positions}.weight`, [config.positionCountMax, hiddenSize])
  }
  config.layers.forEach((_, i) => {
    const layer = `${names.root}.${names.layers}.${i}`
    for (const [name, shape] of layerTensorShapes(config)) shapes.set(`${layer}.${name}`, shape)
    for (const name of Object.values(names.norms)) if (name !== null) addNorm(`${layer}.${name}`, hiddenSize)
  })
  addNorm(`${names.root}.${names.finalNorm}`, hiddenSize)
  if (!config.head.isTied) shapes.set(`${names.head}.weight`, [vocabSize, hiddenSize])
  return shapes
}

/** Of attention and feed-forward, by their names in a layer. */
function layerTensorShapes(config: DecoderConfig): ReadonlyMap<string, readonly number[]> {
  const { hiddenSize, names, attention, mlp, bias } = config
  const shapes = new Map<string, readonly number[]>()
  const linear = (name: string, out: number, width: number, hasBias: boolean): void => {
    shapes.set(`${name}.weight`, config.weightLayout === 'out-in' ? [out, width] : [width, out])
    if (hasBias) shapes.set(`${name}.bias`, [out])
  }
  const { path, input, output } = names.attention
  const queries = config.headCount * config.headSize
  const keys = config.keyValueHeadCount * config.headSize
  const widths = attention.projection === 'separate' ? [queries, keys, keys] : [queries + 2 * keys]
  input.forEach((name, i) => linear(`${path}.${name}`, widths[i] ?? 0, hiddenSize, bias.queryKeyValue))
  linear(`${path}.${output}`, hiddenSize, queries, bias.output)
  if (attention.norms !== 'none') {
    const isByHead = attention.norms === 'head'
    shapes.set(`${path}.q_norm.weight`, [isByHead ? config.headSize : queries])
    shapes.set(`${path}.k_norm.weight`, [isByHead ? config.headSize : keys])
  }
  const inner = mlp.kind === 'gated-stacked' ? 2 * mlp.size : mlp.size
  for (const name of names.mlp.input) linear(`${names.mlp.path}.${name}`, inner, hiddenSize, bias.mlp)
  linear(`${names.mlp.path}.${names.mlp.output}`, hiddenSize, mlp.size, bias.mlp)
  return shapes
}

/** Each tensor that the config asks for, by the name of its module. @throws WEIGHTS_MISMATCH */
export function findWeights(
  config: DecoderConfig,
  tensors: StoredTensors,
): ReadonlyMap<string, StoredTensor> {
  const [first] = tensors.values()
  const found = new Map<string, StoredTensor>()
  for (const [name, shape] of decoderTensorShapes(config)) {
    const tensor = tensors.get(storedNameOf(tensors, name) ?? name)
    const file = tensor?.path ?? first?.path ?? 'model.safetensors'
    const bad = (message: string): Error =>
      modelError({ code: 'WEIGHTS_MISMATCH', file, tensor: name }, message)
    if (tensor === undefined)
      throw bad(`tensor ${name} is absent, config.json needs it as [${shape.join(', ')}]`)
    if (tensor.shape.join() !== shape.join()) {
      throw bad(`tensor ${name} is [${tensor.shape.join(', ')}], config.json needs [${shape.join(', ')}]`)
    }
    if (!DTYPES.has(tensor.dtype)) throw bad(`tensor ${name} is ${tensor.dtype}, expected F32, F16 or BF16`)
    found.set(name, tensor)
  }
  return found
}
