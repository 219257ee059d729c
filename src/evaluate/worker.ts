/** Entry point of the evaluation process: options in, losses out (train/worker-client.ts). */
import '../compat.ts'
import { serveWorker } from '../train/worker-host.ts'
import { evaluateInProcess } from './evaluate-losses.ts'
import { checkEvaluationOptions } from './options.ts'

serveWorker(checkEvaluationOptions, evaluateInProcess)
