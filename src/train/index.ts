/**
 * Train. In: a base model (Hugging Face folder), JSONL data, a recipe. Out: a PEFT adapter (or, in full mode, a model)
 * and a summary. Never: anything that leaves this machine.
 * The graph is differentiated by ourselves (gradient/) and runs as ordinary inference, in a process of its own.
 */
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { siblingEntry } from '../core/entry.ts'
import { makeTemporaryFolder, removeFolder } from '../files/index.ts'
import { checkTrainingOptions, type TrainingOptions } from './options.ts'
import type { RateFinding } from './run-find-rate.ts'
import type { TrainingResult } from './run-training.ts'
import { runWorker, type WorkerOptions } from './worker-client.ts'

export { ALARM_KINDS, type Alarm, type AlarmKind } from './alarms.ts'
export { readSequences, parseSequences, IGNORED_LABEL, type Sequence, type SequenceForm } from './data.ts'
export {
  chooseDevice,
  describeDevice,
  DEVICE_CHOICES,
  type DeviceChoice,
  type DeviceFault,
  type DeviceRecord,
  recordDevice,
} from './device.ts'
export { examine, type DeviceFinding, type Findings } from './doctor.ts'
export type { TrainFault } from './errors.ts'
export { deviationsOf, recipeOfCharter, trainingOfRecipe } from './charter-recipe.ts'
export { INITIAL_A } from './options.ts'
export { checkSharedA } from './trainable.ts'
export { BIAS_CHOICES, type BiasChoice } from './whole.ts'
export { CHECKPOINTING, describeMemory, type MemoryChoice } from './memory.ts'
export { OPTIMIZERS } from './optimizer/optimizer.ts'
export { SCHEDULES } from './schedule.ts'
export { type HistoryEntry } from './loop.ts'
export {
  checkTrainingOptions,
  recipeSchema,
  trainingOptionsSchema,
  type TrainingOptions,
  type TrainingRecipe,
} from './options.ts'
export { readRecipe, recipeWithFlags, type StatedRecipe } from './recipe-file.ts'
export { type RateFinding } from './run-find-rate.ts'
export { type TrainingResult } from './run-training.ts'

/**
 * Trains an adapter, or goes on with an interrupted run of the same base, data and recipe.
 * @param options — model, data and out; everything else has a default (options.ts)
 * @returns what `training.json` in the output folder says
 * @throws TRAIN_OPTION_INVALID | DATA_INVALID | DATA_EMPTY | MODULE_UNKNOWN | GRADIENT_UNSUPPORTED | TRAINING_DIVERGED |
 *   CHECKPOINT_FOREIGN | DEVICE_FALLBACK | DEVICE_UNAVAILABLE | WORKER_LOST | CANCELLED, and what reading the model throws
 */
export async function train(options: TrainingOptions, running: WorkerOptions = {}): Promise<TrainingResult> {
  const checked = checkTrainingOptions(options)
  return runWorker(siblingEntry(import.meta.url, './worker'), checked, running)
}

/**
 * Finds a learning rate for a run of these options (find-rate.ts). Trains nothing and leaves nothing behind.
 * @throws as `train`, but for what concerns checkpoints and the output folder
 */
export async function findLearningRate(
  options: Omit<TrainingOptions, 'out'>,
  running: WorkerOptions = {},
): Promise<RateFinding> {
  const out = await makeTemporaryFolder(join(tmpdir(), 'oneround-find-lr-'))
  try {
    const checked = checkTrainingOptions({ ...options, out })
    return await runWorker(siblingEntry(import.meta.url, './find-rate-worker'), checked, running)
  } finally {
    await removeFolder(out)
  }
}
