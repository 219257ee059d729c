/**
 * From a base model to the graphs that training runs.
 *
 * In: a model, what of it is trained, the loss. Out: a model whose inputs are the base's, `labels`, and `parameters`
 * (f32 [P], all trained tensors one behind the other), and whose outputs are f32 scalars `loss_sum` and `token_count` and
 * f32 `gradients` [P] = ∂loss_sum/∂parameters. Sums, not means: the host divides by the count of a whole step, so that
 * accumulating over micro-batches is exact. The evaluation graph has the same inputs and no gradients.
 * Invariants: base weights stay where they lie; both graphs lay the parameters out alike.
 */
import { assert, RoundError } from '../../core/errors.ts'
import { DataType, type OnnxModel, type ValueInfo } from '../../model/graph.ts'
import { GraphBuilder } from '../../model/graph-builder.ts'
import { factorsOf, insertLora, type LinearModule } from '../../model/lora.ts'
import type { GradientFault } from './errors.ts'
import { fisherSlots, fisherSums } from './fisher-sums.ts'
import { findHead } from './head.ts'
import { inferGraphShapes, type GraphShapes } from './graph-shapes.ts'
import { activationSizes, type Extents } from './activation-size.ts'
import { buildLoss, type LossKind, type LossNodes } from './loss.ts'
import { addDropout, type Dropout } from './dropout.ts'
import { cutParameter, joinGradients, layOut, parameterCountOf, type ParameterSlot } from './parameters.ts'
import { prepareBase } from './prepare.ts'
import { trainableWeights } from './trainable-weights.ts'
import { checkpointLayers } from './checkpoint-layers.ts'
import { checkDifferentiable, differentiate } from './walk.ts'

export const PARAMETERS_INPUT = 'parameters'
export const LABELS_INPUT = 'labels'
export const LOSS_OUTPUT = 'loss_sum'
export const COUNT_OUTPUT = 'token_count'
export const GRADIENTS_OUTPUT = 'gradients'
export const FISHER_OUTPUT = 'fisher_sums'
export const EXAMPLE_LOSS_OUTPUT = 'example_loss_sums'
export const EXAMPLE_COUNT_OUTPUT = 'example_token_counts'

/** An adapter on one module: y = base(x) + scale·(x·Aᵀ)·Bᵀ. */
export interface LoraSite {
  readonly module: LinearModule
  readonly rank: number
  readonly scale: number
  /** A [rank, in] that stays as it is; only B is trained then. */
  readonly frozenA?: Float32Array
}

/** An initializer of the graph, and what its slot is called. */
export interface WholeParameter {
  readonly initializer: string
  readonly slot: string
  readonly dims: readonly number[]
}

export type Trainable =
  | {
      readonly kind: 'lora'
      readonly sites: readonly LoraSite[]
      /** Share of what each A reads that becomes zero in training, [0, 1); linear modules only. */
      readonly dropout?: number
      /** Initializers that are trained whole beside the adapters. */
      readonly whole?: readonly WholeParameter[]
    }
  /** Every weight, or those that `isTrained` names; see `trainableWeights`. */
  | { readonly kind: 'full'; readonly isTrained?: (name: string) => boolean }

export interface TrainingGraphOptions {
  readonly trainable: Trainable
  readonly loss: LossKind
  /** Computes activations again in the backward pass instead of keeping them: less memory, more time. */
  readonly hasCheckpointing?: boolean
  /** Also give `fisher_sums`: margins of the squared gradient at the adapted weights (fisher-sums.ts); without checkpointing. */
  readonly hasFisherSums?: boolean
  /** The output that the loss reads: `logits` if there is one, else the first. */
  readonly output?: string
}

export interface EvaluationGraphOptions extends TrainingGraphOptions {
  /** Also give the model's output itself, under its name. */
  readonly hasLogits?: boolean
  /** Also give `example_loss_sums` and `example_token_counts`, f32 [batch]. */
  readonly hasExampleSums?: boolean
}

export interface TrainingGraph {
  readonly model: OnnxModel
  /** Where each trained tensor lies in `parameters` and `gradients`. */
  readonly parameters: readonly ParameterSlot[]
  readonly parameterCount: number
  /** Where each margin lies in `fisher_sums`; empty where they were not asked for, or no A is trained. */
  readonly fisher: readonly ParameterSlot[]
  /** Where there is dropout: what `drawDropout` feeds to it. */
  readonly dropout?: Dropout
  /** All inputs of the graph. */
  readonly feeds: readonly ValueInfo[]
  /** Bytes of forward values that the backward pass reads, for a batch of this size; see activation-size.ts. */
  readonly activationBytes: (extents: Extents) => number
}

/** @throws GRADIENT_UNSUPPORTED | GRADIENT_OPSET | GRADIENT_SHAPE_UNKNOWN | LOSS_UNFIT | NOTHING_TRAINABLE */
export function buildTrainingGraph(base: OnnxModel, options: TrainingGraphOptions): TrainingGraph {
  const prepared = prepare(base, options, true)
  const { builder, forward, shapes, output, slots, values } = prepared
  // Before the loss, whose own needs would hide the list of what has no rule.
  checkDifferentiable({ builder, graph: forward.graph, shapes, sinks: [output], wanted: values })
  const loss = addLoss(prepared, options.loss, true)
  builder.dropOutput(output)
  const { value, gradient } = loss.seed()
  const seeds = new Map([[value, gradient]])
  const gradientOf = new Map<string, string>()
  const gradients = differentiate({
    builder,
    graph: forward.graph,
    shapes,
    seeds,
    wanted: values,
    onGradient: (name, its) => gradientOf.set(name, its),
  })
  const flat = joinGradients(
    builder,
    slots,
    values.map((value) => gradients.get(value) ?? null),
  )
  builder.outputAs(GRADIENTS_OUTPUT, flat, DataType.float, [parameterCountOf(slots)])
  const modules = options.hasFisherSums === true ? modulesWithOwnA(options.trainable) : []
  if (modules.length > 0) {
    const sums = fisherSums({ builder, graph: forward.graph, shapes, modules, gradientOf })
    builder.outputAs(FISHER_OUTPUT, sums, DataType.float, [parameterCountOf(fisherSlots(modules))])
  }
  const whole = { ...finish(prepared), fisher: fisherSlots(modules) }
  if (options.hasCheckpointing !== true)
    return { ...whole, activationBytes: activationBytesOf(whole.model, forward) }
  const checkpointed = checkpointLayers({ ...prepared, joint: whole.model, sinks: [value], gradientOf })
  return { ...whole, model: checkpointed, activationBytes: activationBytesOf(whole.model, forward) }
}

/** Where A is frozen, the gradient of B says all there is to say. */
const modulesWithOwnA = (trainable: Trainable): readonly LinearModule[] =>
  trainable.kind === 'full'
    ? []
    : trainable.sites.flatMap(({ module, frozenA }) => (frozenA === undefined ? [module] : []))

function activationBytesOf(joint: OnnxModel, forward: OnnxModel): TrainingGraph['activationBytes'] {
  return (extents) => {
    const { kept, sizeBytesOf } = activationSizes(joint, forward, extents)
    return kept.reduce((sum, value) => sum + sizeBytesOf(value), 0)
  }
}

/** The same losses at given parameters, without gradients: nothing is kept for a backward pass. @throws as `buildTrainingGraph`, and of gradients nothing */
export function buildEvaluationGraph(base: OnnxModel, options: EvaluationGraphOptions): TrainingGraph {
  const prepared = prepare(base, options, false)
  const { builder, output } = prepared
  const loss = addLoss(prepared, options.loss, options.hasLogits !== true)
  if (options.hasLogits !== true) builder.dropOutput(output)
  if (options.hasExampleSums === true) {
    const { lossSums, counts } = loss.perExample()
    builder.outputAs(EXAMPLE_LOSS_OUTPUT, lossSums, DataType.float, ['batch'])
    builder.outputAs(EXAMPLE_COUNT_OUTPUT, counts, DataType.float, ['batch'])
  }
  return finish(prepared)
}

interface Prepared {
  readonly builder: GraphBuilder
  /** The model with the parameters cut out of their input. */
  readonly forward: OnnxModel
  readonly shapes: GraphShapes
  readonly output: string
  readonly slots: readonly ParameterSlot[]
  /** The value that holds each slot's tensor. */
  readonly values: readonly string[]
  readonly dropout?: Dropout | undefined
}

function prepare(
  given: OnnxModel,
  { trainable, output: wanted }: TrainingGraphOptions,
  isTraining: boolean,
): Prepared {
  const base = prepareBase(given)
  const output = outputOf(base, wanted)
  const builder = new GraphBuilder(base, { prefix: 'train/' })
  for (const { name } of base.graph.outputs) if (name !== output) builder.dropOutput(name)
  const { slots, values, dropout }: OpenParameters =
    trainable.kind === 'lora'
      ? insertAdapters(builder, trainable, isTraining ? (trainable.dropout ?? 0) : 0)
      : openWeights(builder, base, trainable.isTrained)
  if (slots.length === 0) {
    throw new RoundError<GradientFault>(
      { code: 'NOTHING_TRAINABLE' },
      'no weight of the model is to be trained',
      {
        hint: 'Name modules that the model has.',
      },
    )
  }
  const forward = builder.build()
  const shapes = inferGraphShapes(forward)
  const gradients = new GraphBuilder(forward, { prefix: 'grad/' })
  return { builder: gradients, forward, shapes, output, slots, values, dropout }
}

function outputOf(base: OnnxModel, wanted: string | undefined): string {
  const names = base.graph.outputs.map((output) => output.name)
  const chosen = wanted ?? (names.includes('logits') ? 'logits' : names[0])
  if (chosen !== undefined && names.includes(chosen)) return chosen
  const reason = `is none of the model's outputs (${names.join(', ')})`
  throw new RoundError<GradientFault>(
    { code: 'LOSS_UNFIT', output: chosen ?? '', reason },
    `output ${JSON.stringify(chosen ?? '')} ${reason}`,
  )
}

interface OpenParameters {
  readonly slots: readonly ParameterSlot[]
  readonly values: readonly string[]
  readonly dropout?: Dropout | undefined
}

/** A module that runs in several places of the graph has one adapter, and so one pair of slots. */
function insertAdapters(
  builder: GraphBuilder,
  { sites, whole = [] }: Extract<Trainable, { kind: 'lora' }>,
  dropoutRate: number,
): OpenParameters {
  const byName = new Map(sites.map((site) => [site.module.name, site]))
  const shapes = [...byName.values()].flatMap(({ module, rank, frozenA }) => {
    const { a, b } = factorsOf(module, rank)
    return frozenA === undefined ? [a, b] : [b]
  })
  const slots = layOut([...shapes, ...whole.map(({ slot, dims }) => ({ name: slot, dims }))])
  const flat = builder.input(PARAMETERS_INPUT, DataType.float, [parameterCountOf(slots)])
  for (const { initializer } of whole) builder.dropInitializer(initializer)
  const values = slots.map((slot, i) =>
    cutParameter(builder, flat, slot, whole[i - shapes.length]?.initializer),
  )
  const valueOf = new Map(slots.map(({ name }, i) => [name, values[i] ?? '']))
  for (const [name, { module, rank, frozenA }] of byName) {
    const { a } = factorsOf(module, rank)
    if (frozenA !== undefined) valueOf.set(a.name, builder.constant(DataType.float, a.dims, frozenA))
    assert(valueOf.has(a.name), `${name} has an A, trained or frozen`)
  }
  const width = sites.reduce((widest, { module }) => Math.max(widest, module.inSize), 0)
  const masking = dropoutRate === 0 ? null : addDropout(builder, dropoutRate, width)
  for (const { module, rank, scale } of sites) {
    const { a, b } = factorsOf(module, rank)
    const [down, up] = [valueOf.get(a.name) ?? '', valueOf.get(b.name) ?? '']
    insertLora(builder, { module, a: down, b: up, scale, mask: masking?.mask })
  }
  return { slots, values, dropout: masking?.dropout }
}

/** Weights become cuts of the flat input under their own names, so that nothing that reads them changes. */
function openWeights(
  builder: GraphBuilder,
  base: OnnxModel,
  isTrained: ((name: string) => boolean) | undefined,
): OpenParameters {
  const weights = trainableWeights(base).filter(({ name }) => isTrained?.(name) ?? true)
  const slots = layOut(weights)
  const flat = builder.input(PARAMETERS_INPUT, DataType.float, [parameterCountOf(slots)])
  for (const slot of slots) {
    builder.dropInitializer(slot.name)
    cutParameter(builder, flat, slot, slot.name)
  }
  return { slots, values: slots.map((slot) => slot.name) }
}

/** @param maySkip — whether the rows without labels need not go through the head */
function addLoss(
  { builder, forward, shapes, output }: Prepared,
  kind: LossKind,
  maySkip: boolean,
): LossNodes {
  const type = shapes.typeOf(output)
  if (type === null) {
    const reason = 'has a shape that cannot be inferred'
    throw new RoundError<GradientFault>({ code: 'LOSS_UNFIT', output, reason }, `output ${output} ${reason}`)
  }
  const head = maySkip && kind === 'causal-lm' ? findHead(forward.graph, shapes, output) : null
  const loss = buildLoss(builder, { kind, output, type, labels: LABELS_INPUT, head })
  builder.outputAs(LOSS_OUTPUT, loss.lossSum, DataType.float, [])
  builder.outputAs(COUNT_OUTPUT, loss.count, DataType.float, [])
  return loss
}

function finish({ builder, slots, dropout }: Prepared): TrainingGraph {
  const model = builder.build()
  const parameterCount = parameterCountOf(slots)
  return {
    model,
    parameters: slots,
    parameterCount,
    feeds: model.graph.inputs,
    activationBytes: () => 0,
    fisher: [],
    ...(dropout === undefined ? {} : { dropout }),
  }
}
