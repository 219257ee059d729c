/**
 * A base model with its linear layers in four bits, for training adapters on it: one more weights file, and the same graph
 * with `MatMulNBits` in place of their products.
 *
 * In: a graph whose weights lie in files. Out: a graph with the same modules under the same names, and the error of each.
 * Embeddings, norms, the head and everything that is no linear module stay as they are. The file is written aside and
 * renamed; a file of the same base and settings is used again. Memory: a few megabytes of rows at a time, or one weight where
 * it lies transposed. Source: Dettmers et al. 2023 (QLoRA, arXiv:2305.14314): the base frozen in four bits.
 */
import { join, relative, sep } from 'node:path'
import { encodeHeader, type SafetensorsHeader, type TensorLayout } from '../../core/safetensors.ts'
import {
  hasFile,
  openAtomicWriter,
  openReader,
  realPath,
  type AtomicWriter,
  type Reader,
} from '../../files/index.ts'
import { int } from '../attributes.ts'
import { modelError } from '../errors.ts'
import { DataType, type OnnxModel, type TensorValue } from '../graph.ts'
import { GraphBuilder } from '../graph-builder.ts'
import { findLinearModules, type LocatedModule } from '../linear-modules.ts'
import { itemSizeBits } from '../onnx-tensor.ts'
import { decodeFloat32, readSafetensorsHeader } from '../weights.ts'
import { BITS, blockCountOf, quantiseRows, type BlockSize, type QuantisationError } from './blocks.ts'

export interface QuantiseOptions {
  readonly model: OnnxModel
  /** The folder that the weights' locations are relative to. */
  readonly folder: string
  /** The weights file to write, or to use again. */
  readonly file: string
  readonly blockSize: BlockSize
  /** What the base is, such as the digests of its files: a file of another base is not used again. */
  readonly identity: string
  readonly onModule?: (done: number, total: number, name: string) => void
}

export interface QuantisedModule {
  readonly name: string
  readonly inSize: number
  readonly outSize: number
  /** √(Σ(w−ŵ)² / Σw²) */
  readonly relativeError: number
  readonly largestError: number
}

export interface QuantisedBase {
  readonly model: OnnxModel
  readonly modules: readonly QuantisedModule[]
  /** Of the weights that were replaced, before and after. */
  readonly sizeBytes: { readonly before: number; readonly after: number }
  readonly isReused: boolean
}

/** One weight, however many nodes read it. */
interface Target {
  readonly weight: TensorValue
  readonly module: LocatedModule
}

/** Rows are read and written in parts of about this size. */
const PART_SIZE_BYTES = 8 << 20
const SCHEMA = 'oneround/quantised@1'
const FLOATS: ReadonlyMap<DataType, string> = new Map([
  [DataType.float, 'F32'],
  [DataType.float16, 'F16'],
  [DataType.bfloat16, 'BF16'],
])

/** @throws MODEL_UNSUPPORTED if no module can be quantised | WEIGHTS_MISMATCH for values that are not finite */
export async function quantiseBase(options: QuantiseOptions): Promise<QuantisedBase> {
  const { model, file } = options
  const modules = quantisable(model)
  const targets = [...new Map(modules.map((module) => [module.weight, targetOf(model, module)])).values()]
  if (targets.length === 0) {
    const message = 'has no linear layers that can be quantised'
    throw modelError(
      { code: 'MODEL_UNSUPPORTED', file, feature: 'quantise' },
      message,
      'Train it without --quantise.',
    )
  }
  const stored = await storedErrors(options, targets)
  const errors = stored ?? (await writeQuantised(options, targets))
  const header = await readSafetensorsHeader(file)
  // Sessions follow the links of both: the way from one to the other is that between the real ones.
  const location = relative(await realPath(options.folder), await realPath(file))
    .split(sep)
    .join('/')
  return {
    model: rewritten(options, modules, { header, location }),
    modules: targets.map(({ module: { name, inSize, outSize }, weight }) => {
      const { squared, norm, largest } = errors.get(weight.name) ?? { squared: 0, norm: 0, largest: 0 }
      return {
        name,
        inSize,
        outSize,
        relativeError: norm === 0 ? 0 : Math.sqrt(squared / norm),
        largestError: largest,
      }
    }),
    sizeBytes: {
      before: targets.reduce(
        (sum, { weight, module }) =>
          sum + (module.inSize * module.outSize * itemSizeBits(weight.dataType)) / 8,
        0,
      ),
      after: header.entries.reduce((sum, entry) => sum + entry.sizeBytes, 0),
    },
    isReused: stored !== null,
  }
}

/** Linear modules but the head, whose float weight nothing but products reads. */
export function quantisable(model: OnnxModel): readonly LocatedModule[] {
  const modules = findLinearModules(model).filter(({ op }) => op === 'MatMul' || op === 'Gemm')
  const heads = new Set(modules.filter(({ isHead }) => isHead).map(({ weight }) => weight))
  const { nodes, initializers } = model.graph
  const products = new Set(modules.map(({ nodeIndex }) => nodes[nodeIndex]))
  return modules.filter((module) => {
    const node = nodes[module.nodeIndex]
    const type = initializers.get(module.weight)?.dataType
    const hasPlainBias = node?.inputs[2] === undefined || module.bias !== null
    return (
      !heads.has(module.weight) &&
      type !== undefined &&
      FLOATS.has(type) &&
      hasPlainBias &&
      nodes.every(
        (reader) => !reader.inputs.includes(module.weight) || products.has(reader) || KEEPERS.has(reader.op),
      )
    )
  })
}

/** Behind these a weight still goes into products only; an embedding's Gather is none of them. */
const KEEPERS: ReadonlySet<string> = new Set(['Cast', 'Identity', 'Transpose'])

function targetOf(model: OnnxModel, module: LocatedModule): Target {
  const weight = model.graph.initializers.get(module.weight)
  return { module, weight: weight ?? { name: module.weight, dataType: DataType.float, dims: [] } }
}

const namesOf = (weight: string) => ({
  elements: `elements/${weight}`,
  scales: `scales/${weight}`,
  zeroPoints: `zero_points/${weight}`,
})

/** Scales stand where four bytes divide their place: they and the elements are whole words, and zero points come last. */
function layoutOf(targets: readonly Target[], blockSize: BlockSize): readonly TensorLayout[] {
  return targets.flatMap(({ weight, module: { inSize, outSize } }) => {
    const blocks = blockCountOf(inSize, blockSize)
    const names = namesOf(weight.name)
    return [
      { name: names.elements, dtype: 'U8', shape: [outSize, blocks, blockSize / 2] },
      { name: names.scales, dtype: 'F32', shape: [outSize, blocks] },
      { name: names.zeroPoints, dtype: 'U8', shape: [outSize, Math.ceil(blocks / 2)] },
    ]
  })
}

const ERRORS = 'errors'

/** The errors that the file states, if it is of this base and these settings. */
async function storedErrors(
  { file, identity, blockSize }: QuantiseOptions,
  targets: readonly Target[],
): Promise<ReadonlyMap<string, QuantisationError> | null> {
  if (!(await hasFile(file))) return null
  const { metadata, entries } = await readSafetensorsHeader(file)
  const isSame = metadata.get('schema') === SCHEMA && metadata.get('base') === identity
  const wanted = new Map(layoutOf(targets, blockSize).map(({ name, shape }) => [name, shape.join()]))
  const isWhole =
    entries.length === wanted.size && entries.every(({ name, shape }) => wanted.get(name) === shape.join())
  return isSame && isWhole ? parseErrors(metadata.get(ERRORS) ?? '', targets) : null
}

/** Errors as text in the order of the weights: three numbers each. */
const writeErrors = (errors: readonly QuantisationError[]): string =>
  errors.map(({ squared, norm, largest }) => `${squared} ${norm} ${largest}`).join(';')

function parseErrors(
  text: string,
  targets: readonly Target[],
): ReadonlyMap<string, QuantisationError> | null {
  const rows = text.split(';').map((row) => row.split(' ').map(Number))
  if (rows.length !== targets.length) return null
  const errors = rows.map(([squared = Number.NaN, norm = Number.NaN, largest = Number.NaN]) => ({
    squared,
    norm,
    largest,
  }))
  if (!errors.every(({ squared, norm, largest }) => Number.isFinite(squared + norm + largest))) return null
  return new Map(
    targets.map(({ weight }, i) => [weight.name, errors[i] ?? { squared: 0, norm: 0, largest: 0 }]),
  )
}

/** Errors are known last but stand in the header: their place is kept by a text of fixed length. */
const ERROR_TEXT_LENGTH = 80

async function writeQuantised(
  options: QuantiseOptions,
  targets: readonly Target[],
): Promise<ReadonlyMap<string, QuantisationError>> {
  const layout = layoutOf(targets, options.blockSize)
  const headerFor = (text: string) => {
    const padded = text.padEnd(targets.length * ERROR_TEXT_LENGTH, ' ')
    return encodeHeader(
      layout,
      new Map([
        ['schema', SCHEMA],
        ['base', options.identity],
        [ERRORS, padded],
      ]),
    )
  }
  const { header } = headerFor('')
  const writer = await openAtomicWriter(options.file)
  const errors = new Map<string, QuantisationError>()
  try {
    for (const [i, target] of targets.entries()) {
      options.onModule?.(i, targets.length, target.module.name)
      errors.set(target.weight.name, await quantiseWeight(options, target, { writer, header }))
    }
    const text = writeErrors(
      targets.map(({ weight }) => errors.get(weight.name) ?? { squared: 0, norm: 0, largest: 0 }),
    )
    await writer.writeAt(headerFor(text).prefix, 0)
    await writer.commit()
  } finally {
    await writer.abort()
  }
  return errors
}

interface Writing {
  readonly writer: AtomicWriter
  readonly header: SafetensorsHeader
}

async function quantiseWeight(
  { folder, blockSize }: QuantiseOptions,
  { weight, module }: Target,
  { writer, header }: Writing,
): Promise<QuantisationError> {
  const { inSize, outSize } = module
  const names = namesOf(weight.name)
  const offset = (name: string): number => header.entries.find((entry) => entry.name === name)?.offset ?? 0
  const [elementsAt, scalesAt, zerosAt] = [
    offset(names.elements),
    offset(names.scales),
    offset(names.zeroPoints),
  ]
  const blocks = blockCountOf(inSize, blockSize)
  let error: QuantisationError = { squared: 0, norm: 0, largest: 0 }
  const rows = await openRows(folder, weight, module)
  try {
    const step = Math.max(1, Math.floor(PART_SIZE_BYTES / (4 * inSize)))
    for (let from = 0; from < outSize; from += step) {
      const rowCount = Math.min(step, outSize - from)
      const part = quantiseRows(await rows.read(from, rowCount), { rowCount, inSize, blockSize })
      if (part === null) {
        const message = `tensor ${weight.name} has values that are not finite`
        const from = join(folder, weight.external?.location ?? '')
        throw modelError({ code: 'WEIGHTS_MISMATCH', file: from, tensor: weight.name }, message)
      }
      await writer.writeAt(part.elements, elementsAt + (from * blocks * blockSize) / 2)
      await writer.writeAt(littleEndian(part.scales), scalesAt + from * blocks * 4)
      await writer.writeAt(part.zeroPoints, zerosAt + from * Math.ceil(blocks / 2))
      error = {
        squared: error.squared + part.error.squared,
        norm: error.norm + part.error.norm,
        largest: Math.max(error.largest, part.error.largest),
      }
    }
  } finally {
    await rows.close()
  }
  return error
}

function littleEndian(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4)
  const view = new DataView(bytes.buffer)
  values.forEach((value, i) => view.setFloat32(4 * i, value, true))
  return bytes
}

interface Rows {
  /** Rows of [out, in]. */
  readonly read: (from: number, count: number) => Promise<Float32Array>
  readonly close: () => Promise<void>
}

async function openRows(folder: string, weight: TensorValue, module: LocatedModule): Promise<Rows> {
  const { inSize, outSize } = module
  const decode = (bytes: Uint8Array): Float32Array => {
    const dtype = FLOATS.get(weight.dataType) ?? ''
    return decodeFloat32(bytes, { name: weight.name, path: folder, dtype })
  }
  const { external } = weight
  const reader: Reader | null =
    external === undefined ? null : await openReader(join(folder, external.location))
  const bytesAt = async (start: number, length: number): Promise<Uint8Array> => {
    if (reader !== null && external !== undefined) return reader.read(external.offset + start, length)
    return (weight.data ?? new Uint8Array(0)).subarray(start, start + length)
  }
  const itemSize = itemSizeBits(weight.dataType) / 8
  const close = async (): Promise<void> => reader?.close()
  if (module.weightLayout === 'out-in') {
    const read = async (from: number, count: number): Promise<Float32Array> =>
      decode(await bytesAt(from * inSize * itemSize, count * inSize * itemSize))
    return { read, close }
  }
  const whole = decode(await bytesAt(0, inSize * outSize * itemSize))
  const read = async (from: number, count: number): Promise<Float32Array> => {
    const rows = new Float32Array(count * inSize)
    for (let row = 0; row < count; row++) {
      for (let i = 0; i < inSize; i++) rows[row * inSize + i] = whole[i * outSize + from + row] ?? 0
    }
    return Promise.resolve(rows)
  }
  return { read, close }
}

/** The graph with quantised products; weights that nothing reads any more are left out. */
function rewritten(
  { model, blockSize }: QuantiseOptions,
  modules: readonly LocatedModule[],
  { header, location }: { readonly header: SafetensorsHeader; readonly location: string },
): OnnxModel {
  const builder = new GraphBuilder(model)
  builder.useDomain('com.microsoft', 1)
  const entries = new Map(header.entries.map((entry) => [entry.name, entry]))
  const stored = (name: string, dataType: DataType): string => {
    const { shape = [], offset = 0, sizeBytes = 0 } = entries.get(name) ?? {}
    return builder.external(name, dataType, shape, { location, offset, length: sizeBytes })
  }
  for (const { weight, nodeIndex, inSize, outSize } of modules) {
    const node = model.graph.nodes[nodeIndex]
    const [input = '', , bias = ''] = node?.inputs ?? []
    const names = namesOf(weight)
    const weights = [stored(names.elements, DataType.uint8), stored(names.scales, DataType.float)]
    const inputs = [
      input,
      ...weights,
      stored(names.zeroPoints, DataType.uint8),
      ...(bias === '' ? [] : ['', bias]),
    ]
    builder.rewrite(node?.outputs[0] ?? '', {
      op: 'MatMulNBits',
      domain: 'com.microsoft',
      inputs,
      attributes: new Map(
        Object.entries({ K: int(inSize), N: int(outSize), bits: int(BITS), block_size: int(blockSize) }),
      ),
    })
  }
  return builder.build()
}
