/**
 * A language model's graph, made ready to continue text. In: a graph with token ids in and logits out, from wherever it
 * comes; an adapter. Out: the same graph whose first output is the logits of the last position alone, [batch, vocabulary],
 * and what it wants fed: masks, positions, and a key-value cache where it takes one.
 * Invariants: base weights stay where they lie; the adapter's factors are constants of the graph; of a big vocabulary's
 * head only one row a sequence is computed.
 * Source: names of inputs and outputs as Optimum exports them (`past_key_values.0.key` → `present.0.key`).
 */
import { RoundError } from '../core/errors.ts'
import { DataType, type Dimension, type OnnxModel, type ValueInfo } from '../model/graph.ts'
import { GraphBuilder } from '../model/graph-builder.ts'
import { int } from '../model/attributes.ts'
import { decompose } from '../model/decompose/index.ts'
import { rereadOf, type Reread } from '../model/decoder/reread.ts'
import { modelError } from '../model/errors.ts'
import { findLinearModules } from '../model/linear-modules.ts'
import { factorsOf, insertLora, type LinearModule } from '../model/lora.ts'
import { littleEndian, type Adapter } from '../model/peft.ts'
import { inferShapes } from '../model/shapes.ts'
import { inferGraphShapes } from '../train/gradient/graph-shapes.ts'
import { findHead, runHead } from '../train/gradient/head.ts'
import type { GenerateFault } from './errors.ts'

export const LAST_LOGITS = 'oneround_last_logits'

/** One tensor of the cache: what goes in, and what comes out longer. */
export interface CacheSlot {
  readonly past: string
  readonly present: string
  readonly dataType: DataType
  /** null: the batch at 0, the positions so far elsewhere. */
  readonly dims: readonly (number | null)[]
}

export interface GenerationGraph {
  readonly model: OnnxModel
  /** Empty: every step runs the whole text. */
  readonly cache: readonly CacheSlot[]
  readonly inputs: ReadonlyMap<string, ValueInfo>
  /** Whether shorter sequences can stand beside longer ones, padded on the left: it is told masks and positions. */
  readonly canPad: boolean
  /** From where on a text is read again from its beginning, since its cache holds nothing that is true. */
  readonly reread: Reread | null
}

const FED: ReadonlySet<string> = new Set(['input_ids', 'attention_mask', 'position_ids', 'token_type_ids'])
const PAST = /^past(?:_key_values)?[._](\d+)[._](?:decoder[._])?(key|value)s?$/
const PRESENT = /^present(?:_key_values)?[._](\d+)[._](?:decoder[._])?(key|value)s?$/

/** @param file — the name for errors @throws MODEL_NOT_GENERATIVE | ADAPTER_MISMATCH */
export function buildGenerationGraph(
  base: OnnxModel,
  file: string,
  adapter: { readonly folder: string; readonly adapter: Adapter } | null = null,
): GenerationGraph {
  const cache = cacheOf(base, file)
  checkInputs(base, cache, file)
  const adapted = adapter === null ? base : adapt(base, adapter)
  const builder = new GraphBuilder(adapted, { prefix: 'generate/' })
  const logits = logitsOf(base, file)
  const presents = new Set(cache.map(({ present }) => present))
  for (const { name } of adapted.graph.outputs) if (!presents.has(name)) builder.dropOutput(name)
  const row = lastLogits(builder, adapted, logits)
  const isFloat = logits.dataType === DataType.float
  const last = isFloat ? row : builder.add('Cast', [row], { to: int(DataType.float) })
  builder.outputAs(LAST_LOGITS, last, DataType.float, ['batch', null])
  const model = builder.build()
  const inputs = new Map(model.graph.inputs.map((input) => [input.name, input]))
  // GroupQueryAttention reads lengths where others read a mask: what is padded on the left would be read as text.
  const hasLengths = model.graph.nodes.some(({ op }) => op === 'GroupQueryAttention')
  const canPad = inputs.has('attention_mask') && inputs.has('position_ids') && !hasLengths
  return { model, cache, inputs, canPad, reread: rereadOf(base) }
}

function logitsOf(base: OnnxModel, file: string): ValueInfo {
  const logits = base.graph.outputs.find(({ name }) => name === 'logits')
  if (logits !== undefined && (logits.dims === null || logits.dims.length === 3)) return logits
  const names = base.graph.outputs.slice(0, 8).map(({ name }) => name)
  throw notGenerative(file, `it has no output logits [batch, sequence, vocabulary] but ${names.join(', ')}`)
}

function cacheOf(base: OnnxModel, file: string): readonly CacheSlot[] {
  const presents = new Map(
    base.graph.outputs.flatMap(({ name }) => {
      const [, layer, side] = PRESENT.exec(name) ?? []
      return layer === undefined ? [] : [[`${Number(layer)} ${side}`, name] as const]
    }),
  )
  return base.graph.inputs.flatMap(({ name, dataType, dims }): readonly CacheSlot[] => {
    const [, layer, side] = PAST.exec(name) ?? []
    if (layer === undefined) return []
    const present = presents.get(`${Number(layer)} ${side}`)
    if (present === undefined)
      throw notGenerative(file, `its input ${name} has no output that goes on with it`)
    const fixed = dims?.map((dim: Dimension) => (typeof dim === 'number' ? dim : null)) ?? []
    const open = fixed.flatMap((dim, axis) => (dim === null ? [axis] : []))
    if (open.length !== 2 || open[0] !== 0) {
      throw notGenerative(file, `its input ${name} is not open in its batch and its positions alone`)
    }
    return [{ past: name, present, dataType, dims: fixed }]
  })
}

function checkInputs(base: OnnxModel, cache: readonly CacheSlot[], file: string): void {
  const pasts = new Set(cache.map(({ past }) => past))
  const names = base.graph.inputs.map(({ name }) => name)
  if (!names.includes('input_ids')) throw notGenerative(file, 'it has no input input_ids')
  const unknown = names.filter((name) => !FED.has(name) && !pasts.has(name))
  if (unknown.length > 0)
    throw notGenerative(file, `it wants inputs that are not known: ${unknown.join(', ')}`)
}

function notGenerative(file: string, reason: string): RoundError<GenerateFault> {
  return new RoundError(
    { code: 'MODEL_NOT_GENERATIVE', file, reason },
    `${file} does not continue text: ${reason}`,
    {
      hint: 'Name a causal language model: a Hugging Face folder, or an ONNX export of one.',
    },
  )
}

/** Puts an adapter in, its factors as constants. @throws ADAPTER_MISMATCH */
function adapt(
  base: OnnxModel,
  { folder, adapter }: { readonly folder: string; readonly adapter: Adapter },
): OnnxModel {
  const { graph, modules } = adaptable(base, adapter)
  const builder = new GraphBuilder(graph, { prefix: 'adapter/' })
  for (const { name, rank, scale, a, b, ...sizes } of adapter.modules) {
    // A module that runs in several places has one adapter.
    const places = modules.filter((module) => module.name === name)
    const [first] = places
    if (first?.inSize !== sizes.in || first.outSize !== sizes.out) {
      const found =
        first === undefined ? 'has no such module' : `has it as [${first.outSize}, ${first.inSize}]`
      const message = `adapts module ${name} [${sizes.out}, ${sizes.in}], but the base ${found}`
      throw modelError({ code: 'ADAPTER_MISMATCH', file: folder, module: name }, message)
    }
    const shapes = factorsOf(first, rank)
    const constant = (
      shape: { readonly name: string; readonly dims: readonly number[] },
      values: Float32Array,
    ) =>
      builder.initializer({
        name: shape.name,
        dataType: DataType.float,
        dims: shape.dims,
        data: littleEndian(values),
      })
    const [left, right] = [constant(shapes.a, a), constant(shapes.b, b)]
    for (const module of places) insertLora(builder, { module, a: left, b: right, scale })
  }
  for (const { name, shape, values } of adapter.whole) {
    const stored = graph.graph.initializers.get(name)
    if (stored?.dims.join() !== shape.join()) {
      const message = `holds parameter ${name} [${shape.join()}], which the base lacks in this shape`
      throw modelError({ code: 'ADAPTER_MISMATCH', file: folder, module: name }, message)
    }
    const { dataType } = builder.dropInitializer(name)
    const trained = { dataType: DataType.float, dims: shape, data: littleEndian(values) }
    if (dataType === DataType.float) builder.initializer({ ...trained, name })
    else {
      const wide = builder.initializer({ ...trained, name: `${name}/trained` })
      builder.add('Cast', [wide], { to: int(dataType) }, { output: name })
    }
  }
  return builder.build()
}

/** Modules inside of fused operators, which training saw decomposed, are only there when the graph is. */
function adaptable(
  base: OnnxModel,
  adapter: Adapter,
): { readonly graph: OnnxModel; readonly modules: readonly LinearModule[] } {
  const modules = findLinearModules(base, inferShapes(base))
  const names = new Set(modules.map(({ name }) => name))
  if (adapter.modules.every(({ name }) => names.has(name))) return { graph: base, modules }
  const graph = decompose(base)
  return { graph, modules: findLinearModules(graph, inferShapes(graph)) }
}

/** The head's product for the last position alone, where the head is found; else the last row of all logits. */
function lastLogits(builder: GraphBuilder, model: OnnxModel, logits: ValueInfo): string {
  const head = findHead(model.graph, inferGraphShapes(model), logits.name)
  if (head === null) return lastOf(builder, logits.name)
  const { input, inputRank, width } = head
  const rows = inputRank === 3 ? input : byBatch(builder, input, width)
  return runHead(builder, head, lastOf(builder, rows)).logits
}

const lastOf = (builder: GraphBuilder, rows: string): string =>
  builder.add('Gather', [rows, builder.scalar(-1, DataType.int64)], { axis: int(1) })

/** [batch · sequence, width] → [batch, sequence, width]. */
function byBatch(builder: GraphBuilder, value: string, width: number): string {
  const batch = builder.add('Gather', [builder.add('Shape', ['input_ids']), builder.int64s(0)])
  const shape = builder.add('Concat', [batch, builder.int64s(-1, width)], { axis: int(0) })
  return builder.add('Reshape', [value, shape])
}
