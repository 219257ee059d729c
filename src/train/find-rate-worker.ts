/** Entry point of the process of `train --find-lr`: options in, progress and the finding out (worker-client.ts). */
import '../compat.ts'
import { checkTrainingOptions } from './options.ts'
import { runFindRate } from './run-find-rate.ts'
import { serveWorker } from './worker-host.ts'

serveWorker(checkTrainingOptions, runFindRate)
