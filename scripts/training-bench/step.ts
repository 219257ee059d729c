/**
 * Training steps of one model in this process, timed: `tsx step.ts MODEL FOLDER BATCH LENGTH THREADS STEPS on|off`.
 * Prints one line of JSON. A step is what the training loop does: feeds, the graph, clipping, AdamW.
 */
import '../../src/compat.ts'
import { chooseModules } from '../../src/model/lora.ts'
import { findLinearModules } from '../../src/model/linear-modules.ts'
import { loadDecoder } from '../../src/model/hf-decoder.ts'
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { sequenceData } from '../../src/train/tasks/causal-lm.ts'
import { openObjective } from '../../src/train/objective.ts'
import { createAdamW } from '../../src/train/optimizer/adamw.ts'
import { euclideanNorm } from '../../src/train/optimizer/clipping.ts'
import { BENCH_MODELS } from './models.ts'

const [
  modelId = '',
  folder = '',
  batch = '1',
  length = '128',
  threads = '2',
  steps = '5',
  checkpointing = 'off',
] = process.argv.slice(2)
const WARM_UP_COUNT = 2
const LEARNING_RATE = 1e-4

const bench = BENCH_MODELS[modelId]
if (bench === undefined) throw new Error(`no model ${modelId}`)
const openedAtMs = performance.now()
const { model, folder: weightsFolder, config } = await loadDecoder(folder)
const modules = chooseModules(findLinearModules(model), bench.targets)
const sites = modules.map((module) => ({ module, rank: bench.rank, scale: 2 }))
const objective = await openObjective({
  model,
  weightsFolder,
  trainable: { kind: 'lora', sites },
  loss: 'causal-lm',
  device: 'cpu',
  threads: Number(threads),
  decideCheckpointing: () => Promise.resolve(checkpointing === 'on'),
})
const sessionMs = performance.now() - openedAtMs
const rng = new SeededRng('bench-training/data')
const parameters = Float32Array.from({ length: objective.parameterCount }, () => (rng.float() - 0.5) * 0.02)
const optimizer = createAdamW(objective.parameterCount, {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
})
const ms: number[] = []
let loss = 0
for (let step = 0; step < WARM_UP_COUNT + Number(steps); step++) {
  const ids = () => Int32Array.from({ length: Number(length) }, () => rng.below(config.vocabSize))
  const sequences = Array.from({ length: Number(batch) }, () => {
    const row = ids()
    return { ids: row, labels: row, targetCount: row.length - 1 }
  })
  const data = sequenceData(sequences).collate([...sequences.keys()])
  const startMs = performance.now()
  const { lossSum, gradient } = await objective.lossAndGradient(parameters, data)
  const norm = euclideanNorm(gradient) / data.targetCount
  const factor = (norm > 1 ? 1 / norm : 1) / data.targetCount
  for (let i = 0; i < gradient.length; i++) gradient[i] = (gradient[i] ?? 0) * factor
  optimizer.step(parameters, gradient, { learningRate: LEARNING_RATE, step: step + 1 })
  if (step >= WARM_UP_COUNT) ms.push(performance.now() - startMs)
  loss = lossSum / data.targetCount
}
const peakMb = process.resourceUsage().maxRSS / 1024
console.log(JSON.stringify({ ms, peakMb, sessionMs, loss, parameters: objective.parameterCount }))
await objective.close()
