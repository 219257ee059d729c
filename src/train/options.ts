/**
 * The recipe of a training run: one schema for the library, the command line and the sites' configs. Unknown keys are
 * errors. What changes the result is in `recipe`; where it reads, writes and runs is beside it.
 */
import * as v from 'valibot'
import { RoundError } from '../core/errors.ts'
import { BLOCK_SIZES } from '../model/quantise/index.ts'
import { DEVICE_CHOICES } from './device.ts'
import type { TrainFault } from './errors.ts'
import { CHECKPOINTING } from './memory.ts'
import { OPTIMIZERS } from './optimizer/optimizer.ts'
import { SCHEDULES } from './schedule.ts'
import { BIAS_CHOICES } from './whole.ts'

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0))
const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31))
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const rate = v.pipe(v.number(), v.minValue(0), v.ltValue(1))

/** A regular expression that matches the end of a module's name, behind a dot, or the whole. */
const pattern = v.pipe(
  v.string(),
  v.check((text) => {
    try {
      return new RegExp(`^(?:${text})$`) instanceof RegExp
    } catch {
      // What the engine says of it is worth less than which key it is, which the issue's path names.
      return false
    }
  }, 'expected a regular expression of module names'),
)

export const INITIAL_A = ['uniform', 'gaussian'] as const
export type InitialA = (typeof INITIAL_A)[number]

const loraSchema = v.strictObject({
  kind: v.literal('lora'),
  /**
   * Names of modules as PEFT's `target_modules` matches them: the whole name, or its end behind a dot; a text in place of
   * a list is one regular expression that matches the whole name. None: what PEFT adapts in the base's family.
   */
  targets: v.optional(v.union([v.array(v.string()), pattern]), []),
  /** Layers whose modules are adapted, as PEFT's `layers_to_transform`: the last number in a module's name. None: all. */
  layers: v.optional(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), []),
  rank: v.optional(v.pipe(count, v.maxValue(1024)), 8),
  /** ΔW = alpha/rank · B · A. */
  alpha: v.optional(positive, 16),
  /** Modules that are left out of `targets`, named in the same way. */
  exclude: v.optional(v.array(v.string()), []),
  /** Ranks of single modules: regular expressions of names, as PEFT's `rank_pattern`; the first that fits counts. */
  rankPattern: v.optional(v.record(pattern, v.pipe(count, v.maxValue(1024))), {}),
  /** Alphas of single modules, as PEFT's `alpha_pattern`. */
  alphaPattern: v.optional(v.record(pattern, positive), {}),
  /** ΔW = alpha/√rank · B · A: the same learning rate for small and large ranks (Kalajdzievski 2023, arXiv:2312.03732). */
  rsLora: v.optional(v.boolean(), false),
  /** Share of what each adapter reads that becomes zero in a step of training, as PEFT's `lora_dropout`. */
  dropout: v.optional(rate, 0),
  /**
   * Only B is trained; A is drawn from the seed and stays. Members with one seed then share A, and the mean of their B's
   * is exact at the rank itself (FFA-LoRA: Sun et al. 2024, arXiv:2403.12313).
   */
  freezeA: v.optional(v.boolean(), false),
  /**
   * How A starts, as PEFT's `init_lora_weights`: uniform in ±1/√in (`true`), or normal with deviation 1/rank (`gaussian`).
   * B starts at 0 either way.
   */
  initialA: v.optional(v.picklist(INITIAL_A), 'uniform'),
  /** Modules that are trained whole beside the adapters, named as PEFT's `modules_to_save`: a classifier's head. */
  modulesToSave: v.optional(v.array(v.string()), []),
  /** Biases that are trained beside the factors, as PEFT's `bias`: of adapted modules, or all. */
  bias: v.optional(v.picklist(BIAS_CHOICES), 'none'),
})

/** Every parameter of the model is trained; the result is a Hugging Face folder. */
const fullSchema = v.strictObject({
  kind: v.literal('full'),
  /** Only parameters whose whole name this regular expression matches; the others stay, and are in the result. */
  parameters: v.optional(pattern),
})

/** The base's linear layers in four bits, by rounding to the nearest in blocks that share a scale and a zero point. */
export const quantisationSchema = v.strictObject({
  kind: v.literal('int4'),
  blockSize: v.optional(v.picklist(BLOCK_SIZES), 32),
})

export const recipeSchema = v.strictObject({
  mode: v.optional(v.variant('kind', [loraSchema, fullSchema]), { kind: 'lora' }),
  /** Adapters only: the base is frozen in four bits while they are trained. */
  quantise: v.optional(quantisationSchema),
  /** How often the data is gone through at most; early stopping may end sooner. */
  epochs: v.optional(count, 3),
  /** Tokens of a sample at most, where the model has more positions; longer ones lose their ends. */
  maxLength: v.optional(count),
  /** Short samples share rows, blind to each other: `batchSize` then counts rows. */
  packing: v.optional(v.boolean(), false),
  /** Tokens of a packed row, where no sample alone is longer; left out: as many as the longest sample has. */
  rowLength: v.optional(count),
  /** Sequences in one run of the graph. */
  batchSize: v.optional(count, 8),
  /** Batches whose gradients make one step; each target token counts alike, whatever batch it is in. */
  accumulation: v.optional(count, 1),
  /** The highest. By default 1e-3; 1e-4 for Lion, 1e-1 for SGD. */
  learningRate: v.optional(positive, 1e-3),
  /** Share of all steps in which the rate rises to its peak. */
  warmupShare: v.optional(share, 0.05),
  /** Share of the peak rate that is left at the end; a constant schedule has none of it. */
  finalShare: v.optional(share, 0.1),
  weightDecay: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(10)), 0),
  /** λ of (λ/2)·‖ΔW‖² beside the mean loss: keeps the weights near the base's (FedProx). */
  pull: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), 0),
  /** Largest Euclidean norm of a step's gradient; 0 switches clipping off. */
  gradientNormMax: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), 1),
  /** How the rate falls after the warm-up. */
  schedule: v.optional(v.picklist(SCHEDULES), 'cosine'),
  optimizer: v.optional(v.picklist(OPTIMIZERS), 'adamw'),
  /** Decay rates of the means of AdamW and Lion. */
  betas: v.optional(v.strictTuple([rate, rate]), [0.9, 0.999]),
  /** Of SGD. */
  momentum: v.optional(rate, 0.9),
  nesterov: v.optional(v.boolean(), false),
  epsilon: v.optional(positive, 1e-8),
  /** Share of the data that is set aside for validation where no file is given. 0: no validation at all. */
  validationShare: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.5)), 0.1),
  /** Steps between validations; 0: after each epoch. */
  validateEverySteps: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  /** Validations without a gain of `minGain` nats after which training stops; 0: never. */
  patience: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 3),
  minGain: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), 1e-3),
  /** Whether the trace of the Fisher diagonal is measured at the end: what a charter with `fisher` weights weighs by. */
  fisher: v.optional(v.boolean(), false),
  /** Decides initial values, the split and the order. Any text. */
  seed: v.optional(v.string(), 'oneround'),
})

export const trainingOptionsSchema = v.strictObject({
  /** A Hugging Face folder. */
  model: v.pipe(v.string(), v.minLength(1)),
  /** JSONL files, read in this order. */
  data: v.pipe(v.array(v.string()), v.minLength(1)),
  validation: v.optional(v.array(v.string()), []),
  /** Folder that gets the adapter (or the model), `training.json`, and the checkpoint while training runs. */
  out: v.pipe(v.string(), v.minLength(1)),
  recipe: v.optional(recipeSchema, {}),
  /** The charter whose recipe was taken as the default, and where this run does otherwise (charter-recipe.ts). */
  charter: v.optional(v.strictObject({ digest: v.string(), deviations: v.array(v.string()) })),
  /** Where the graph runs; `auto`: the best device that is there. */
  device: v.optional(v.picklist(DEVICE_CHOICES), 'cpu'),
  /** Whether arithmetic may run on the processor although another device was named. */
  allowFallback: v.optional(v.boolean(), false),
  /** Threads of the CPU's kernels; 0: ONNX Runtime's choice. Another number may change the last bits of the result. */
  threads: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1024)), 0),
  /** Whether layers are computed again in the backward pass instead of kept in memory; `auto`: where memory is short. */
  checkpointing: v.optional(v.picklist(CHECKPOINTING), 'auto'),
  /** Megabytes that `auto` takes as available; 0: what the system says. */
  memoryLimitMb: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), 0),
  /** Steps between checkpoints, beside the one at each validation; 0: none beside. */
  checkpointEverySteps: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 100),
  /** Whether a checkpoint of the same run is gone on with. */
  resume: v.optional(v.boolean(), true),
})

export type TrainingRecipe = Readonly<v.InferOutput<typeof recipeSchema>>
/** What a caller states; everything but model, data and out has a default. */
export type TrainingOptions = Readonly<v.InferInput<typeof trainingOptionsSchema>>
export type CheckedTrainingOptions = Readonly<v.InferOutput<typeof trainingOptionsSchema>>

/** Fills in defaults. @throws TRAIN_OPTION_INVALID naming the option */
export function checkTrainingOptions(options: unknown): CheckedTrainingOptions {
  const parsed = v.safeParse(trainingOptionsSchema, withOptimizerDefaults(options))
  if (parsed.success) {
    const { mode, quantise, packing, rowLength } = parsed.output.recipe
    if (rowLength !== undefined && !packing) {
      throw invalidOption('recipe.rowLength', 'rows are packed only with packing')
    }
    if (quantise === undefined || mode.kind === 'lora') return parsed.output
    const reason = 'a quantised base is frozen: train an adapter, or every parameter of the base as it is'
    throw invalidOption('recipe.quantise', reason)
  }
  const [issue] = parsed.issues
  const option = v.getDotPath(issue) ?? 'options'
  throw invalidOption(option, issue.message)
}

/**
 * What suits one optimiser does not suit another: Lion's steps are as large as its rate in every element, so its rate is
 * ten times smaller and its mean shorter (Chen et al. 2023, section 5); SGD's are as large as its gradients.
 */
const OPTIMIZER_DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  lion: { learningRate: 1e-4, betas: [0.9, 0.99] },
  sgd: { learningRate: 1e-1 },
}

function withOptimizerDefaults(options: unknown): unknown {
  const checked = v.safeParse(
    v.looseObject({ recipe: v.looseObject({ optimizer: v.picklist(OPTIMIZERS) }) }),
    options,
  )
  if (!checked.success) return options
  const { recipe } = checked.output
  return { ...checked.output, recipe: { ...OPTIMIZER_DEFAULTS[recipe.optimizer], ...recipe } }
}

function invalidOption(option: string, reason: string): RoundError<TrainFault> {
  return new RoundError({ code: 'TRAIN_OPTION_INVALID', option, reason }, `${option}: ${reason}`)
}
