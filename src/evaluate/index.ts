/**
 * Evaluate. In: a base model, adapters, local data. Out: did it help, and whom: losses of base, own and merged.
 * Never: anything that leaves this machine.
 */
import { siblingEntry } from '../core/entry.ts'
import { runWorker, type WorkerOptions } from '../train/worker-client.ts'
import type { EvaluationResult } from './evaluate-losses.ts'
import { checkEvaluationOptions, type EvaluationOptions } from './options.ts'

export { type AdapterLosses, type EvaluationResult, type FileLoss } from './evaluate-losses.ts'
export { type ExactMatch } from './exact-match.ts'
export { type EvaluationOptions } from './options.ts'

/**
 * Mean cross-entropy over all target tokens of JSONL files, for a base and any number of adapters, in a process of its
 * own. Prompts are no targets; sequences are cut at the model's positions (train/data.ts).
 * @throws TRAIN_OPTION_INVALID | DATA_INVALID | DATA_EMPTY | ADAPTER_INVALID | ADAPTER_MISMATCH | WORKER_LOST | CANCELLED
 */
export async function evaluateLosses(
  options: EvaluationOptions,
  running: WorkerOptions = {},
): Promise<EvaluationResult> {
  const checked = checkEvaluationOptions(options)
  return runWorker(siblingEntry(import.meta.url, './worker'), checked, running)
}
