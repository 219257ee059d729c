/** Entry point of the training process: options in, progress and a summary out (worker-client.ts). */
import '../compat.ts'
import { checkTrainingOptions } from './options.ts'
import { runTraining } from './run-training.ts'
import { serveWorker } from './worker-host.ts'

serveWorker(checkTrainingOptions, (options, onProgress) =>
  runTraining(options, onProgress, () => performance.now()),
)
