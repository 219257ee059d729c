/**
 * An exported graph with a merged update in its weights: `model.onnx` as it was, with W + ΔW in place of W for each adapted
 * module, computed in f32 and rounded to the dtype that W is stored in. Weights that lie outside the file stay outside, in
 * one file beside it; one tensor is in memory at a time. Names, nodes and shapes are the base's.
 *
 * In: a merged update, an ONNX file with its modules. Out: a folder. Refused by name: weights of few bits, whose steps ΔW
 * would fall between, and weights that something else reads too, which would change with them.
 */
import { basename, dirname, join } from 'node:path'
import { assert, RoundError } from '../core/errors.ts'
import {
  type AtomicWriter,
  listFiles,
  openAtomicWriter,
  openReader,
  readFileBounded,
  writeFileAtomic,
} from '../files/index.ts'
import { DataType, type Graph, type GraphNode, type OnnxModel, type TensorValue } from '../model/graph.ts'
import { findLinearModules, isQuantisedOp, type LocatedModule } from '../model/linear-modules.ts'
import { encodeModel } from '../model/onnx.ts'
import { settingsOf } from '../model/base-digest.ts'
import { elementCount } from '../model/onnx-tensor.ts'
import { openModel } from '../model/open-model.ts'
import { decodeFloat32 } from '../model/weights.ts'
import { CARD_NAME } from './export-adapter.ts'
import type { MergeTargetFault } from './export-merged.ts'
import { encodeFloats } from './float-encoding.ts'
import { deltaOf, type MergedShape, type MergedUpdate } from './merged-module.ts'

export type OnnxTargetFault = {
  readonly code: 'MODULE_NOT_MERGEABLE'
  readonly file: string
  readonly module: string
  readonly reason: string
}

/** Each tensor outside of the file begins at a multiple of it, as ONNX Runtime likes them. */
const ALIGNMENT_BYTES = 4096
const DATA_SUFFIX = '.data'
/** What belongs to a model beside its graph: settings, tokenizer, chat template. */
const COPIED = /\.(json|txt|jinja|model)$/
const COPIED_SIZE_BYTES_MAX = 256 << 20
const DTYPES: ReadonlyMap<DataType, string> = new Map([
  [DataType.float, 'F32'],
  [DataType.float16, 'F16'],
  [DataType.bfloat16, 'BF16'],
])

/** What is added to a weight: [out, in] as modules have it, or in the parameter's own order. */
interface Change {
  readonly isTransposed: boolean
  readonly read: () => Promise<Float32Array>
  /** Of the matrix, where the change is one. */
  readonly in: number
  readonly out: number
}

/**
 * @param options.file — the ONNX file
 * @throws MODULE_NOT_IN_BASE | MODULE_NOT_MERGEABLE | ONNX_INVALID | NO_SPACE
 */
export async function exportMergedOnnx(
  folder: string,
  update: MergedUpdate,
  { file, card }: { readonly file: string; readonly card: string },
): Promise<void> {
  const { model } = await openModel(file)
  const changes = new Map([...moduleChanges(model, update, file), ...partChanges(model, update, file)])
  const from = dirname(file)
  const dataName = `${basename(file)}${DATA_SUFFIX}`
  const outside: string[] = []
  const writer = await openAtomicWriter(join(folder, dataName))
  try {
    const place = outsideWriter(writer, dataName)
    const initializers = new Map<string, TensorValue>()
    for (const [name, tensor] of model.graph.initializers) {
      const change = changes.get(name)
      if (tensor.external !== undefined) {
        outside.push(tensor.external.location)
        const bytes = await changed(await readOutside(tensor, from), tensor, change)
        initializers.set(name, { ...tensor, external: await place(bytes) })
      } else if (change === undefined) initializers.set(name, tensor)
      else {
        const data = await changed(tensor.data ?? new Uint8Array(), tensor, change)
        initializers.set(name, { ...tensor, data })
      }
    }
    if (outside.length > 0) await writer.commit()
    const merged = { ...model, graph: { ...model.graph, initializers } }
    await writeFileAtomic(join(folder, basename(file)), encodeModel(merged))
  } finally {
    await writer.abort()
  }
  const kept = new Set([CARD_NAME, ...outside.map((location) => basename(location))])
  const beside = (await listFiles(from)).map((name) => [name, join(from, name)] as const)
  // A graph in a folder of its own has its settings in the one above.
  for (const [name, path] of new Map([...(await settingsOf(from)), ...beside])) {
    if (!COPIED.test(name) || kept.has(name)) continue
    await writeFileAtomic(join(folder, name), await readFileBounded(path, COPIED_SIZE_BYTES_MAX))
  }
  await writeFileAtomic(join(folder, CARD_NAME), card)
}

/** Appends tensors, each at its multiple. */
function outsideWriter(
  writer: AtomicWriter,
  location: string,
): (bytes: Uint8Array) => Promise<NonNullable<TensorValue['external']>> {
  let end = 0
  return async (bytes) => {
    const padding = (ALIGNMENT_BYTES - (end % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES
    await writer.write(new Uint8Array(padding))
    await writer.write(bytes)
    const offset = end + padding
    end = offset + bytes.length
    return { location, offset, length: bytes.length }
  }
}

async function readOutside({ external }: TensorValue, folder: string): Promise<Uint8Array> {
  assert(external !== undefined, 'the tensor lies outside')
  const reader = await openReader(join(folder, external.location))
  try {
    return await reader.read(external.offset, external.length)
  } finally {
    await reader.close()
  }
}

async function changed(
  bytes: Uint8Array,
  { name, dataType }: TensorValue,
  change: Change | undefined,
): Promise<Uint8Array> {
  if (change === undefined) return bytes
  const tensor = { name, path: name, dtype: DTYPES.get(dataType) ?? '' }
  const values = decodeFloat32(bytes, tensor)
  const delta = await change.read()
  const { in: width, out } = change
  for (let i = 0; i < values.length; i++) {
    const at = change.isTransposed ? (i % out) * width + Math.floor(i / out) : i
    values[i] = (values[i] ?? 0) + (delta[at] ?? 0)
  }
  return encodeFloats(values, tensor)
}

/** Initializer → what is added to it. */
function* moduleChanges(
  model: OnnxModel,
  update: MergedUpdate,
  file: string,
): Generator<readonly [string, Change]> {
  const located = findLinearModules(model)
  for (const [index, module] of update.modules.entries()) {
    const runs = located.filter(({ name }) => name === module.name)
    const [first] = runs
    if (first === undefined) throw notInBase(file, module.name, `has no module ${module.name}`)
    checkMergeable(model, module, runs, file)
    const { weight, weightLayout } = first
    const read = async (): Promise<Float32Array> => deltaOf(await update.read(index))
    yield [weight, { isTransposed: weightLayout === 'in-out', read, in: module.in, out: module.out }]
  }
}

function* partChanges(
  { graph }: OnnxModel,
  update: MergedUpdate,
  file: string,
): Generator<readonly [string, Change]> {
  for (const [index, { name, shape }] of update.dense.entries()) {
    const dims = graph.initializers.get(name)?.dims
    if (dims === undefined) throw notInBase(file, name, `has no initializer ${name}`)
    if (dims.join() !== shape.join())
      throw notInBase(file, name, `has ${name} as ${dims.join('×')}, expected ${shape.join('×')}`)
    const count = elementCount(shape)
    yield [name, { isTransposed: false, read: () => update.readDense(index), in: count, out: 1 }]
  }
}

/** @throws MODULE_NOT_IN_BASE | MODULE_NOT_MERGEABLE */
function checkMergeable(
  { graph }: OnnxModel,
  { name, in: width, out }: MergedShape,
  runs: readonly LocatedModule[],
  file: string,
): void {
  const [first] = runs
  const tensor = graph.initializers.get(first?.weight ?? '')
  assert(first !== undefined && tensor !== undefined, 'a located module has a weight')
  const refuse = (reason: string): never => {
    throw new RoundError<OnnxTargetFault>(
      { code: 'MODULE_NOT_MERGEABLE', file, module: name, reason },
      `${file}: module ${name}: ${reason}`,
      {
        hint: 'Export the adapter itself (--format adapter), or merge into the folder that the graph was made from.',
      },
    )
  }
  if (runs.some(({ op }) => isQuantisedOp(op)) || !DTYPES.has(tensor.dataType))
    refuse(`its weight ${tensor.name} is quantised`)
  if (first.inSize !== width || first.outSize !== out)
    throw notInBase(file, name, `has ${name} as ${first.outSize}×${first.inSize}, expected ${out}×${width}`)
  if (runs.some(({ weight }) => weight !== first.weight)) refuse('runs with several weights')
  const own = new Set(runs.map(({ nodeIndex }) => graph.nodes[nodeIndex]))
  const stranger = readersOf(graph, tensor.name).find((node) => !own.has(node))
  if (stranger !== undefined)
    refuse(`its weight ${tensor.name} is also read by ${stranger.op} ${stranger.name}`.trimEnd())
  assert(elementCount(tensor.dims) === width * out, 'a weight has as many entries as its matrix')
}

/** Operators behind which a weight is still itself, but for the order of its axes. */
const PASSED_ON: ReadonlySet<string> = new Set(['Identity', 'Cast', 'Transpose'])

/** Nodes that a value ends in, those in subgraphs with the node around them. */
function readersOf(graph: Graph, value: string): readonly GraphNode[] {
  return graph.nodes.flatMap((node) => {
    const isDirect = node.inputs.includes(value)
    if (isDirect && PASSED_ON.has(node.op)) return node.outputs.flatMap((output) => readersOf(graph, output))
    return isDirect || isReadWithin(node, value) ? [node] : []
  })
}

function isReadWithin(node: GraphNode, value: string): boolean {
  return [...node.attributes.values()].some(
    (attribute) =>
      attribute.kind === 'graph' &&
      attribute.value.nodes.some((inner) => inner.inputs.includes(value) || isReadWithin(inner, value)),
  )
}

function notInBase(file: string, module: string, found: string): RoundError<MergeTargetFault> {
  return new RoundError<MergeTargetFault>({ code: 'MODULE_NOT_IN_BASE', file, module }, `${file}: ${found}`, {
    hint: 'Is this the graph that the adapters were trained on?',
  })
}
