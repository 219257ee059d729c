/** Entry point of the training process: options in, progress and a summary out (worker-client.ts). */
import '../compat.ts'
import type { CheckedTrainingOptions } from './options.ts'
import { runTraining } from './run-training.ts'
import { serveWorker } from './worker-host.ts'

serveWorker((options: CheckedTrainingOptions, onProgress) =>
  runTraining(options, onProgress, () => performance.now()),
)
