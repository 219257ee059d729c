/** `oneround train`: local fine-tuning; writes a PEFT adapter, or a whole model with `--full`. */
import type { SignedCharter } from '../../charter/index.ts'
import { toHex } from '../../core/bytes.ts'
import { readCharterFile } from '../../node/charter-store.ts'
import {
  OPTIMIZERS,
  SCHEDULES,
  BIAS_CHOICES,
  checkSharedA,
  INITIAL_A,
  CHECKPOINTING,
  describeDevice,
  describeMemory,
  DEVICE_CHOICES,
  findLearningRate,
  type RateFinding,
  readRecipe,
  checkTrainingOptions,
  deviationsOf,
  recipeOfCharter,
  recipeWithFlags,
  type StatedRecipe,
  train,
  type TrainingOptions,
  type TrainingResult,
} from '../../train/index.ts'
import {
  choice,
  count,
  decimal,
  defineCommand,
  flag,
  list,
  type OptionValues,
  required,
  text,
  usageError,
} from '../command.ts'
import { jsonOf } from '../output.ts'
import { quantisationOf, quantiseOptions } from '../quantise-options.ts'
import { bytesText } from '../words.ts'

const options = {
  model: required(text('--model <path>', 'Hugging Face folder of the base model, or an ONNX export')),
  data: list('--data <files>', 'JSONL files: {"text"}, {"prompt", "completion"} or {"messages"} a line'),
  validation: list('--validation <files>', 'JSONL files to stop early by (default: a tenth of the data)'),
  out: text('-o, --out <folder>', 'gets adapter/, training.json, and the checkpoint meanwhile'),
  charter: text(
    '--charter <file>',
    'take the charter’s recipe and modules as defaults; where flags say otherwise is recorded in the header',
  ),
  recipe: text(
    '--recipe <file>',
    'JSON of the options below, or an earlier training.json; flags win over it',
  ),
  targets: list(
    '--targets <names>',
    'modules to adapt, as PEFT names them, or all-linear (default: those that PEFT adapts in the family)',
  ),
  targetsPattern: text(
    '--targets-pattern <regex>',
    'one regular expression of whole names, in place of --targets',
  ),
  layers: list('--layers <numbers>', 'layers whose modules are adapted, such as 0,5-9 (default: all)'),
  rank: count('--rank <r>', 'rank of the adapter (default: 8)', { min: 1, max: 1024 }),
  alpha: decimal('--alpha <a>', 'ΔW = a / r · B · A (default: 16)'),
  exclude: list('--exclude <names>', 'modules that are left out of the targets'),
  rankPattern: list(
    '--rank-pattern <key=r>',
    'ranks of single modules: regular expressions of names, as PEFT',
  ),
  alphaPattern: list('--alpha-pattern <key=a>', 'alphas of single modules, likewise'),
  rsLora: flag('--rslora', 'ΔW = a / √r · B · A, for large ranks'),
  dropout: decimal('--dropout <p>', 'share of what adapters read that is zero in training (default: 0)'),
  modulesToSave: list(
    '--modules-to-save <names>',
    'modules to train whole beside the adapters, such as a classifier’s head',
  ),
  bias: choice(
    '--bias <which>',
    'biases to train beside the adapters, as PEFT (default: none)',
    BIAS_CHOICES,
  ),
  freezeA: flag('--freeze-a', 'train B only; A is drawn from the seed, which members share (FFA-LoRA)'),
  initialA: choice(
    '--initial-a <how>',
    'how A starts, as PEFT’s init_lora_weights (default: uniform)',
    INITIAL_A,
  ),
  parameters: text('--parameters <regex>', 'with --full: only parameters whose whole name it matches'),
  full: flag('--full', 'train every parameter and write a model instead of an adapter'),
  ...quantiseOptions,
  epochs: count('--epochs <n>', 'how often to go through the data at most (default: 3)', { min: 1 }),
  maxLength: count('--max-length <tokens>', 'cut samples that are longer (default: the model’s positions)', {
    min: 2,
  }),
  packing: flag(
    '--packing',
    'put several short samples into one row, blind to each other; a batch counts rows',
  ),
  rowLength: count('--row-length <tokens>', 'of packed rows (default: as the longest sample)', { min: 2 }),
  batch: count('--batch <n>', 'sequences a batch (default: 8)', { min: 1 }),
  accumulation: count('--accumulation <n>', 'batches a step (default: 1)', { min: 1 }),
  rate: decimal('--rate <x>', 'highest learning rate (default: 1e-3; 1e-4 for lion, 1e-1 for sgd)'),
  optimizer: choice('--optimizer <name>', 'adamw, sgd or lion (default: adamw)', OPTIMIZERS),
  momentum: decimal('--momentum <x>', 'of sgd (default: 0.9)'),
  nesterov: flag('--nesterov', 'sgd looks ahead along its momentum'),
  schedule: choice(
    '--schedule <name>',
    'how the rate falls: cosine, linear or constant (default: cosine)',
    SCHEDULES,
  ),
  warmup: decimal('--warmup <share>', 'share of all steps until then (default: 0.05)'),
  decay: decimal('--decay <x>', 'weight decay, decoupled (default: 0)'),
  pull: decimal('--pull <x>', 'keep the weights near the base’s: x/2 · ‖ΔW‖² beside the loss (default: 0)'),
  clip: decimal('--clip <norm>', 'largest norm of a step’s gradient, 0 for none (default: 1)'),
  patience: count('--patience <n>', 'validations without gain before stopping, 0 for never (default: 3)'),
  validateEvery: count('--validate-every <steps>', 'steps between validations (default: an epoch)'),
  fisher: flag('--fisher', 'measure the Fisher information at the end, for charters that weigh by it'),
  seed: text('--seed <text>', 'decides initial values, split and order'),
  threads: count('--threads <n>', 'threads of the processor (default: ONNX Runtime’s choice)'),
  checkpointing: choice(
    '--checkpointing <when>',
    'compute layers again instead of keeping them: less memory, more time (default: auto)',
    CHECKPOINTING,
  ),
  memoryLimit: count('--memory-limit <MB>', 'memory that auto goes by (default: what is available)', {
    min: 1,
  }),
  device: choice('--device <name>', 'where the graph runs (default: cpu)', DEVICE_CHOICES),
  allowFallback: flag('--allow-fallback', 'let the processor compute what the named device cannot'),
  findLr: flag(
    '--find-lr',
    'train nothing: try rising learning rates for a hundred steps and suggest one (needs no --out)',
  ),
  fresh: flag('--fresh', 'start again instead of going on from the checkpoint'),
} as const

type Given = OptionValues<typeof options>

export const trainCommand = defineCommand({
  name: 'train',
  description:
    'Fine-tunes a base model on local data with LoRA, on this machine, in a process of its own.\n' +
    'Keeps the parameters of the lowest validation loss, stops when that loss no longer falls, and writes a checkpoint\n' +
    'as it goes: started again after a kill, it goes on and ends with the same result.\n' +
    'The adapter folder is what PEFT loads and what `oneround run` publishes.',
  options,
  examples: ['oneround train --model base --data mine.jsonl --out mine --targets q_proj,v_proj --rank 8'],
  run: async ({ options: given }, { output, signal }) => {
    if (given.data.length === 0) throw usageError('missing --data <files>')
    const { out, findLr } = given
    if (out === undefined && !findLr) throw usageError('missing -o, --out <folder>')
    const signed = given.charter === undefined ? null : await readCharterFile(given.charter)
    const byFile = given.recipe === undefined ? {} : await readRecipe(given.recipe)
    const stated = signed === null ? byFile : overCharter(recipeOfCharter(signed.charter), byFile)
    const ownOptions = toTrainingOptions(given, stated)
    const trainingOptions = signed === null ? ownOptions : withDeviations(ownOptions, signed)
    const progress = output.progress(findLr ? 'find-lr' : 'train')
    const running = { signal, onProgress: progress.update }
    try {
      if (out === undefined || findLr) {
        const finding = await findLearningRate(trainingOptions, running)
        return { document: jsonOf(finding), text: describeFinding(finding) }
      }
      const result = await train({ ...trainingOptions, out }, running)
      return { document: jsonOf(result), text: describeTraining(result) }
    } finally {
      progress.stop()
    }
  },
})

/** A recipe file goes before the charter, key by key. */
function overCharter(charter: StatedRecipe, { mode, ...recipe }: StatedRecipe): StatedRecipe {
  const isWhole = charter.mode?.kind === 'full'
  if (mode?.kind === 'full' && !isWhole)
    throw usageError('the charter is for adapters, and the recipe file trains every parameter')
  if (isWhole) {
    const { parameters } = mode?.kind === 'full' ? mode : {}
    const chosen = parameters === undefined ? {} : { parameters }
    return recipeWithFlags(charter, { recipe, lora: {}, isFull: true, ...chosen })
  }
  const { kind: _kind, ...lora } = mode?.kind === 'lora' ? mode : { kind: 'lora' as const }
  return recipeWithFlags(charter, { recipe, lora, isFull: false })
}

type GivenOptions = Omit<TrainingOptions, 'out'>

/** What is recorded where a run does otherwise than its charter. */
function withDeviations(given: GivenOptions, { charter, digest }: SignedCharter): GivenOptions {
  const { recipe } = checkTrainingOptions({ ...given, out: '.' })
  checkSharedA(charter.layout, recipe)
  return { ...given, charter: { digest: toHex(digest), deviations: [...deviationsOf(charter, recipe)] } }
}

/** Only what was given, over what the recipe file states: the library has the defaults. */
function toTrainingOptions(given: Given, stated: StatedRecipe): Omit<TrainingOptions, 'out'> {
  const lora = {
    targets: targetsOf(given),
    layers: layersOf(given.layers),
    initialA: given.initialA,
    exclude: listOrNone(given.exclude),
    rank: given.rank,
    alpha: given.alpha,
    rankPattern: patternOf(given.rankPattern, '--rank-pattern'),
    alphaPattern: patternOf(given.alphaPattern, '--alpha-pattern'),
    rsLora: given.rsLora || undefined,
    dropout: given.dropout,
    freezeA: given.freezeA || undefined,
    modulesToSave: listOrNone(given.modulesToSave),
    bias: given.bias,
  }
  const recipe = {
    epochs: given.epochs,
    maxLength: given.maxLength,
    ...(given.packing ? { packing: true } : {}),
    rowLength: given.rowLength,
    batchSize: given.batch,
    accumulation: given.accumulation,
    learningRate: given.rate,
    optimizer: given.optimizer,
    momentum: given.momentum,
    nesterov: given.nesterov || undefined,
    schedule: given.schedule,
    warmupShare: given.warmup,
    weightDecay: given.decay,
    pull: given.pull,
    gradientNormMax: given.clip,
    patience: given.patience,
    validateEverySteps: given.validateEvery,
    fisher: given.fisher || undefined,
    seed: given.seed,
  }
  return {
    model: given.model,
    data: [...given.data],
    validation: [...given.validation],
    resume: !given.fresh,
    ...withoutGaps({
      threads: given.threads,
      device: given.device,
      ...(given.allowFallback ? { allowFallback: true } : {}),
      checkpointing: given.checkpointing,
      memoryLimitMb: given.memoryLimit,
    }),
    recipe: recipeWithFlags(stated, {
      recipe: { ...withoutGaps(recipe), ...quantisationOf(given) },
      lora: withoutGaps(lora),
      isFull: given.full,
      ...(given.parameters === undefined ? {} : { parameters: given.parameters }),
    }),
  }
}

/** `key=number` words; a key may hold `=` itself. */
function patternOf(words: readonly string[], option: string): Record<string, number> | undefined {
  if (words.length === 0) return undefined
  const entries = words.map((word) => {
    const at = word.lastIndexOf('=')
    const value = Number(word.slice(at + 1))
    if (at < 1 || word.slice(at + 1) === '' || !Number.isFinite(value))
      throw usageError(`${option}: expected key=number, got "${word}"`)
    return [word.slice(0, at), value] as const
  })
  return Object.fromEntries(entries)
}

function targetsOf({ targets, targetsPattern }: Given): string[] | string | undefined {
  if (targetsPattern === undefined) return listOrNone(targets)
  if (targets.length > 0) throw usageError('--targets and --targets-pattern exclude each other')
  return targetsPattern
}

const LAYER_COUNT_MAX = 4096

/** `3` and `5-9`, in any order. */
function layersOf(words: readonly string[]): number[] | undefined {
  if (words.length === 0) return undefined
  const layers = words.flatMap((word) => {
    const [, first, last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(word) ?? []
    const count = Number(last) - Number(first) + 1
    if (!(count >= 1 && count <= LAYER_COUNT_MAX))
      throw usageError(`--layers: expected numbers and spans such as 0,5-9, got "${word}"`)
    return Array.from({ length: count }, (_, i) => Number(first) + i)
  })
  return [...new Set(layers)].sort((x, y) => x - y)
}

const listOrNone = (items: readonly string[]): string[] | undefined =>
  items.length === 0 ? undefined : [...items]

type WithoutGaps<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function withoutGaps<T extends object>(values: T): WithoutGaps<T> {
  // Exactly the entries that are not undefined remain, which is what the type says.
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as WithoutGaps<T>
}

function describeTraining(result: TrainingResult): string {
  const { samples, steps, seconds, validationLoss, stoppedEarly, bestStep, modules, parameterCount, out } =
    result
  const what = modules.length === 0 ? 'every parameter' : `${modules.length} modules`
  const lines = [
    `Trained ${what} (${parameterCount} parameters) on ${samples.training} sequences: ${steps} steps in ${seconds.toFixed(1)} s.`,
  ]
  for (const deviation of result.charter?.deviations ?? [])
    lines.push(`Otherwise than the charter: ${deviation}.`)
  if (result.placement !== undefined) lines.push(describeDevice(result.placement))
  if (result.memory?.checkpointing === true) lines.push(describeMemory(result.memory))
  if (validationLoss !== null) {
    const { before, best } = validationLoss
    const stop = stoppedEarly ? '; stopped early, since it no longer fell' : ''
    lines.push(
      `Validation loss ${before.toFixed(4)} → ${best.toFixed(4)} nats a token at step ${bestStep}${stop}.`,
    )
  }
  if (result.quantisation !== undefined) lines.push(describeQuantisation(result.quantisation))
  const { packing } = result
  if (packing !== undefined) {
    const share = `${(100 * packing.filledShare).toFixed(1)} %`
    lines.push(`Packed into ${packing.rows} rows of ${packing.rowLength} tokens at most, ${share} filled.`)
  }
  const { samplesCut, samplesLeftOut } = result.dataSummary
  if (samplesCut > 0) lines.push(`${samplesCut} samples were too long and lost their ends.`)
  if (samplesLeftOut > 0) lines.push(`${samplesLeftOut} samples have nothing to learn and were left out.`)
  if (result.resumedFromStep > 0) lines.push(`Went on from the checkpoint of step ${result.resumedFromStep}.`)
  for (const { kind, step, sentence } of result.alarms) lines.push(`${kind} at step ${step}: ${sentence}`)
  return [...lines, `Wrote ${out}.`].join('\n')
}

/** Each tenth step, and what to do. */
function describeFinding({ rates, losses, suggestion }: RateFinding): string {
  const rows = rates.flatMap((rate, i) =>
    i % 10 === 0 || i === rates.length - 1
      ? [`${rate.toExponential(1).padStart(8)}  ${(losses[i] ?? 0).toFixed(4)}`]
      : [],
  )
  const advice =
    suggestion === null
      ? 'The loss fell at no rate: check that the data has what is to be learnt, or adapt more modules.'
      : `Suggestion: --rate ${suggestion.toPrecision(2)} (where the loss falls the most steeply).`
  return ['    rate  loss (smoothed)', ...rows, advice].join('\n')
}

function describeQuantisation({ sizeBytes, modules }: NonNullable<TrainingResult['quantisation']>): string {
  const percent = (error: number): string => `${(100 * error).toFixed(1)} %`
  const mean = modules.reduce((sum, module) => sum + module.relativeError, 0) / modules.length
  const [worst] = modules.toSorted((a, b) => b.relativeError - a.relativeError)
  const errors = `off by ${percent(mean)} on average, ${percent(worst?.relativeError ?? 0)} in ${worst?.name ?? ''}`
  return `Base in four bits: ${modules.length} layers, ${bytesText(sizeBytes.before)} → ${bytesText(sizeBytes.after)}, ${errors}.`
}
