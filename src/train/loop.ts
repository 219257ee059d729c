/**
 * The training loop: epochs, steps, accumulation, clipping, schedule, validation, early stopping, checkpoints.
 * In: an objective (loss and gradient of a batch at given parameters), a dataset, a recipe. Out: the parameters of the
 * lowest validation loss (of the last step where there is no validation) and the run's history.
 * Invariants: the result is a function of base, data, recipe and the arithmetic of the objective alone: a run that was
 * killed and resumed ends with the same bits as one that was not. Each target token of a step counts alike, whatever
 * batch it came in: gradients are sums, divided once by the step's number of targets.
 * Source: Kingma and Ba 2015 (Adam); Loshchilov and Hutter 2019 (AdamW); Pascanu et al. 2013 (clipping by norm).
 */
import { assert, RoundError } from '../core/errors.ts'
import type { HostTensors } from '../model/session-tensor.ts'
import type { OnProgress } from '../core/ports.ts'
import { alarmsOf, type Alarm } from './alarms.ts'
import { orderedBatches, shuffledBatches, type Batch, type BatchNumbers, type Dataset } from './dataset.ts'
import type { CheckpointStore } from './checkpoint.ts'
import type { TrainFault } from './errors.ts'
import { createOptimizer, type Optimizer } from './optimizer/optimizer.ts'
import { euclideanNorm } from './optimizer/clipping.ts'
import type { TrainingRecipe } from './options.ts'
import type { ResidentTrainer } from './resident.ts'
import type { Pull } from './pull.ts'
import { addTo, scaleBy } from './vectors.ts'
import { FULL_PATIENCE, learningRateAt, observeLoss, type Patience, type Schedule } from './schedule.ts'

/** What is minimised: sums over the target tokens of a batch, never means. */
export interface Objective {
  readonly parameterCount: number
  /** Where given, parameters with 0 are not decayed: norms and biases. */
  readonly decays?: Uint8Array
  /** @returns the sum of the losses, in nats, and its gradient, [parameterCount] */
  readonly lossAndGradient: (
    parameters: Float32Array,
    batch: Batch,
  ) => Promise<{ readonly lossSum: number; readonly gradient: Float32Array }>
  /** Where given, what each batch of training is fed beside its own, drawn from a seed: masks of dropout. */
  readonly noise?: (seed: string) => HostTensors
  readonly lossSum: (parameters: Float32Array, batch: Batch) => Promise<number>
  /** Where given, steps are taken on the device: `lossAndGradient` is not called, and vectors are read back to be kept. */
  readonly resident?: ResidentTrainer
}

/** One validation, and what was trained since the one before. */
export interface HistoryEntry {
  readonly step: number
  /** Epochs gone through, with the share of the current one. */
  readonly epoch: number
  readonly learningRate: number
  /** Mean cross-entropy over the targets since the entry before, nats; null before the first step. */
  readonly trainLoss: number | null
  /** Mean cross-entropy over all validation targets, nats; null without validation. */
  readonly validationLoss: number | null
  /** Largest norm of a step's mean gradient since the entry before, before clipping; null before the first step. */
  readonly gradientNormMax: number | null
}

/** What a checkpoint keeps beside the vectors. */
export interface LoopState {
  readonly step: number
  readonly epoch: number
  /** Batches of the current epoch that are done. */
  readonly batchesDone: number
  readonly patience: Patience
  readonly bestStep: number
  readonly lossSum: number
  readonly targetCount: number
  /** Largest norm of a step's mean gradient since the last entry of the history. */
  readonly gradientNormMax: number
  readonly history: readonly HistoryEntry[]
}

export interface LoopInput {
  readonly objective: Objective
  readonly initial: Float32Array
  readonly training: Dataset
  /** null: no validation, the last parameters are the result. */
  readonly validation: Dataset | null
  readonly recipe: TrainingRecipe
  /** Added to the mean loss; for steps on the host. */
  readonly pull?: Pull
  readonly checkpoints: CheckpointStore<LoopState> | null
  /** Steps between checkpoints beside those at validations; 0: none. */
  readonly checkpointEverySteps: number
  readonly onProgress: OnProgress
}

export interface LoopResult {
  readonly parameters: Float32Array
  readonly history: readonly HistoryEntry[]
  readonly stepCount: number
  /** The step whose parameters are the result. */
  readonly bestStep: number
  readonly bestValidationLoss: number | null
  readonly stoppedEarly: boolean
  /** What the history says is going wrong. */
  readonly alarms: readonly Alarm[]
  /** The step a checkpoint was resumed from; 0 for a fresh run. */
  readonly resumedFromStep: number
}

/** Everything that changes while a run goes on. */
interface Run {
  readonly input: LoopInput
  readonly schedule: Schedule
  readonly stepsPerEpoch: number
  readonly parameters: Float32Array
  readonly best: Float32Array
  readonly optimizer: Optimizer
  state: LoopState
}

/** @throws TRAINING_DIVERGED, and what the objective and the checkpoints throw */
export async function runLoop(input: LoopInput): Promise<LoopResult> {
  const run = await openRun(input)
  const resumedFromStep = run.state.step
  if (run.state.history.length === 0) await validate(run)
  let stoppedEarly = false
  while (run.state.step < run.schedule.stepCount && !stoppedEarly) {
    stoppedEarly = await runEpoch(run)
  }
  const { history, step, bestStep, patience } = run.state
  const hasValidation = input.validation !== null
  return {
    parameters: hasValidation ? run.best : run.parameters,
    history,
    stepCount: step,
    bestStep: hasValidation ? bestStep : step,
    bestValidationLoss: hasValidation ? patience.bestLoss : null,
    stoppedEarly,
    alarms: alarmsOf(history, run.schedule.stepCount),
    resumedFromStep,
  }
}

async function openRun(input: LoopInput): Promise<Run> {
  const { recipe, training, objective } = input
  assert(
    input.initial.length === objective.parameterCount,
    'the initial parameters are those of the objective',
  )
  const batchesPerEpoch = Math.ceil(training.size / recipe.batchSize)
  const stepsPerEpoch = Math.ceil(batchesPerEpoch / recipe.accumulation)
  const stepCount = stepsPerEpoch * recipe.epochs
  const schedule: Schedule = {
    schedule: recipe.schedule,
    learningRate: recipe.learningRate,
    warmupStepCount: Math.round(stepCount * recipe.warmupShare),
    stepCount,
    finalShare: recipe.finalShare,
  }
  const saved = await input.checkpoints?.read(objective.parameterCount)
  const parameters = saved?.vectors.parameters ?? input.initial.slice()
  const optimizer = createOptimizer(objective.parameterCount, recipe)
  for (const [name, vector] of Object.entries(optimizer.vectors)) {
    if (saved === null || saved === undefined) continue
    const kept = saved.vectors.optimizer[name]
    // The recipe is part of the run's identity, so a checkpoint of this run has this optimiser's vectors.
    assert(kept !== undefined, `the checkpoint holds the optimiser's ${name}`)
    vector.set(kept)
  }
  const state = saved?.state ?? FRESH
  await objective.resident?.load({ parameters, ...momentsOf(optimizer) }, recipe)
  return {
    input,
    schedule,
    stepsPerEpoch,
    parameters,
    best: saved?.vectors.best ?? parameters.slice(),
    optimizer,
    state,
  }
}

const FRESH: LoopState = {
  step: 0,
  epoch: 0,
  batchesDone: 0,
  patience: FULL_PATIENCE,
  bestStep: 0,
  lossSum: 0,
  targetCount: 0,
  gradientNormMax: 0,
  history: [],
}

/** @returns whether early stopping ended the run */
async function runEpoch(run: Run): Promise<boolean> {
  const { recipe, training } = run.input
  const order = shuffledBatches(training, recipe.batchSize, `${recipe.seed}/epoch/${run.state.epoch}`)
  while (run.state.batchesDone < order.length) {
    const parts = order.slice(run.state.batchesDone, run.state.batchesDone + recipe.accumulation)
    await takeStep(run, parts)
    const isEpochEnd = run.state.batchesDone >= order.length
    if (isEpochEnd) run.state = { ...run.state, epoch: run.state.epoch + 1, batchesDone: 0 }
    if (isValidationDue(run, isEpochEnd)) {
      await validate(run)
      const { patience } = recipe
      if (patience > 0 && run.input.validation !== null && run.state.patience.waited >= patience) return true
    } else if (isCheckpointDue(run)) {
      await readBack(run)
      await saveCheckpoint(run)
    }
    if (isEpochEnd) return false
  }
  return false
}

function isValidationDue(run: Run, isEpochEnd: boolean): boolean {
  const { validateEverySteps } = run.input.recipe
  if (run.state.step === run.schedule.stepCount) return true
  return validateEverySteps === 0 ? isEpochEnd : run.state.step % validateEverySteps === 0
}

function isCheckpointDue(run: Run): boolean {
  const every = run.input.checkpointEverySteps
  return every > 0 && run.state.step % every === 0
}

/** One step of the optimiser, on the gradient of all target tokens of `parts` together. */
async function takeStep(run: Run, parts: readonly BatchNumbers[]): Promise<void> {
  const { onProgress } = run.input
  const { step } = run.state
  const { resident } = run.input.objective
  const { lossSum, targetCount, norm } =
    resident === undefined ? await stepOnHost(run, parts) : await stepOnDevice(run, parts, resident)
  run.state = {
    ...run.state,
    step: step + 1,
    batchesDone: run.state.batchesDone + parts.length,
    lossSum: run.state.lossSum + lossSum,
    targetCount: run.state.targetCount + targetCount,
    gradientNormMax: Math.max(run.state.gradientNormMax, norm),
  }
  const note = `loss ${(lossSum / targetCount).toFixed(3)}`
  onProgress({ unit: 'step', done: step + 1, total: run.schedule.stepCount, note })
}

interface StepSums {
  readonly lossSum: number
  readonly targetCount: number
  /** Of the mean gradient, before clipping. */
  readonly norm: number
}

async function stepOnHost(run: Run, parts: readonly BatchNumbers[]): Promise<StepSums> {
  const { objective, recipe, training } = run.input
  const { step } = run.state
  let total: Float32Array | null = null
  let lossSum = 0
  let targetCount = 0
  for (const [i, numbers] of parts.entries()) {
    const batch = withNoise(objective, training.collate(numbers), `${recipe.seed}/noise/${step}/${i}`)
    const part = await objective.lossAndGradient(run.parameters, batch)
    lossSum += part.lossSum
    targetCount += batch.targetCount
    if (total === null) total = part.gradient
    else addTo(total, part.gradient)
  }
  assert(total !== null && targetCount > 0, 'a step has batches and each has targets')
  // A sum like the gradient, which is divided by the targets below.
  run.input.pull?.addGradient(run.parameters, total, targetCount)
  const norm = euclideanNorm(total) / targetCount
  if (!Number.isFinite(norm) || !Number.isFinite(lossSum)) throw diverged(step)
  const isClipped = recipe.gradientNormMax > 0 && norm > recipe.gradientNormMax
  scaleBy(total, (isClipped ? recipe.gradientNormMax / norm : 1) / targetCount)
  const learningRate = learningRateAt(run.schedule, step)
  run.optimizer.step(run.parameters, total, {
    learningRate,
    step: step + 1,
    ...(objective.decays === undefined ? {} : { decays: objective.decays }),
  })
  return { lossSum, targetCount, norm }
}

/** @param seed — of the step and the batch in it: a step that is repeated after a resume is fed the same */
export function withNoise({ noise }: Pick<Objective, 'noise'>, batch: Batch, seed: string): Batch {
  return noise === undefined ? batch : { ...batch, feeds: { ...batch.feeds, ...noise(seed) } }
}

/** The same step where parameters and moments lie on the device; here they are out of date until `readBack`. */
async function stepOnDevice(
  run: Run,
  parts: readonly BatchNumbers[],
  resident: ResidentTrainer,
): Promise<StepSums> {
  const { objective, recipe, training } = run.input
  const { step } = run.state
  let lossSum = 0
  let targetCount = 0
  for (const [i, numbers] of parts.entries()) {
    const batch = withNoise(objective, training.collate(numbers), `${recipe.seed}/noise/${step}/${i}`)
    lossSum += await resident.accumulate(batch)
    targetCount += batch.targetCount
  }
  assert(targetCount > 0, 'a step has batches and each has targets')
  const norm = await resident.apply({
    learningRate: learningRateAt(run.schedule, step),
    weightDecay: recipe.weightDecay,
    step: step + 1,
    targetCount,
    gradientNormMax: recipe.gradientNormMax,
  })
  if (!Number.isFinite(norm) || !Number.isFinite(lossSum)) throw diverged(step)
  return { lossSum, targetCount, norm }
}

/** Brings parameters and moments from the device, where they are. */
async function readBack({ input, parameters, optimizer }: Run): Promise<void> {
  const vectors = await input.objective.resident?.read()
  if (vectors === undefined) return
  const { first, second } = momentsOf(optimizer)
  parameters.set(vectors.parameters)
  first.set(vectors.first)
  second.set(vectors.second)
}

/** AdamW's, which alone runs on a device: an objective has a resident trainer for no other optimiser. */
function momentsOf({ vectors }: Optimizer): { readonly first: Float32Array; readonly second: Float32Array } {
  const { first, second } = vectors
  assert(first !== undefined && second !== undefined, 'a device takes the steps of AdamW only')
  return { first, second }
}

/** Measures the validation loss, notes it, keeps the best parameters, and writes a checkpoint. */
async function validate(run: Run): Promise<void> {
  await readBack(run)
  const { state, schedule, stepsPerEpoch, input } = run
  const validationLoss = await meanLoss(run)
  const trainLoss = state.targetCount === 0 ? null : state.lossSum / state.targetCount
  const entry: HistoryEntry = {
    step: state.step,
    epoch: state.step / stepsPerEpoch,
    learningRate: learningRateAt(schedule, Math.max(0, state.step - 1)),
    trainLoss,
    validationLoss,
    gradientNormMax: state.step === 0 ? null : state.gradientNormMax,
  }
  const history = [...state.history, entry]
  const next = { ...state, lossSum: 0, targetCount: 0, gradientNormMax: 0, history }
  if (validationLoss === null) run.state = next
  else {
    const { patience, isBest } = observeLoss(state.patience, validationLoss, input.recipe.minGain)
    if (isBest) run.best.set(run.parameters)
    run.state = { ...next, patience, bestStep: isBest ? state.step : state.bestStep }
    const note = `validation loss ${validationLoss.toFixed(3)}`
    input.onProgress({ unit: 'step', done: state.step, total: schedule.stepCount, note })
  }
  noteAlarms(run)
  await saveCheckpoint(run)
}

/** Those that the last entry of the history added. */
function noteAlarms({ input, schedule, state }: Run): void {
  const known = new Set(alarmsOf(state.history.slice(0, -1), schedule.stepCount).map(({ kind }) => kind))
  for (const { kind, sentence } of alarmsOf(state.history, schedule.stepCount)) {
    if (known.has(kind)) continue
    const note = `${kind}: ${sentence}`
    input.onProgress({ unit: 'step', done: state.step, total: schedule.stepCount, note })
  }
}

async function meanLoss(run: Run): Promise<number | null> {
  const { validation, objective, recipe } = run.input
  if (validation === null) return null
  const mean = await meanLossOf(objective, run.parameters, validation, recipe.batchSize)
  if (!Number.isFinite(mean)) throw diverged(run.state.step)
  return mean
}

/** Mean loss over all targets of the data together; cross-entropy in nats. */
export async function meanLossOf(
  objective: Pick<Objective, 'lossSum'>,
  parameters: Float32Array,
  data: Dataset,
  batchSize: number,
): Promise<number> {
  let lossSum = 0
  let targetCount = 0
  for (const numbers of orderedBatches(data, batchSize)) {
    const batch = data.collate(numbers)
    lossSum += await objective.lossSum(parameters, batch)
    targetCount += batch.targetCount
  }
  return lossSum / targetCount
}

async function saveCheckpoint(run: Run): Promise<void> {
  const { parameters, best, optimizer, state } = run
  const vectors = { parameters, best, optimizer: optimizer.vectors }
  await run.input.checkpoints?.write({ state, vectors })
}

function diverged(step: number): RoundError<TrainFault> {
  return new RoundError(
    { code: 'TRAINING_DIVERGED', step },
    `loss or gradient is not finite at step ${step}`,
    {
      hint: 'A lower learning rate, more warm-up or a smaller gradient norm bound usually helps.',
    },
  )
}
