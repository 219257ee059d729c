/**
 * Pretrains the demo's base model from random weights with our own trainer in full-parameter mode, on text that the
 * recipes generate. `npm run pretrain -- [--out DIR] [--lines N] [--epochs N] [--batch N] [--threads N]`
 * Everything is a function of the constants below; another number of threads may change the last bits.
 * An interrupted run goes on from its checkpoint when it is started again.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  ensureFolder,
  listFiles,
  readFileBounded,
  removeFolder,
  writeFileAtomic,
  writeJson,
} from '../src/files/index.ts'
import { pretrainingLines, toJsonl, type RecipeLine } from '../src/recipes/index.ts'
import { train, type TrainingOptions } from '../src/train/index.ts'
import { MERGE_COUNT, writeUntrainedModel } from './pretrain/base-model.ts'
import { learnMerges } from './pretrain/byte-pair.ts'
import { describePretraining, lossCurveSvg } from './pretrain/report.ts'

const SEED = 'oneround/base-model/1'
/** Enough for every word of the recipes to be common. */
const VOCABULARY_LINE_COUNT = 4000
const VALIDATION_LINE_COUNT = 400
const FILE_SIZE_BYTES_MAX = 16 << 20

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'nodes/base-model' },
    work: { type: 'string', default: '.pretrain' },
    lines: { type: 'string', default: '200000' },
    epochs: { type: 'string', default: '1' },
    batch: { type: 'string', default: '32' },
    rate: { type: 'string', default: '3e-3' },
    threads: { type: 'string', default: '2' },
  },
})

const textOf = (line: RecipeLine): string => ('text' in line ? line.text : line.prompt + line.completion)

async function main(): Promise<void> {
  const { work, out } = values
  const untrained = join(work, 'untrained')
  await ensureFolder(work)
  const merges = learnMerges(
    pretrainingLines(`${SEED}/vocabulary`, VOCABULARY_LINE_COUNT).map(textOf),
    MERGE_COUNT,
  )
  await writeUntrainedModel(untrained, merges, SEED)
  await writeFileAtomic(
    join(work, 'train.jsonl'),
    toJsonl(pretrainingLines(`${SEED}/train`, Number(values.lines))),
  )
  const validation = pretrainingLines(`${SEED}/validation`, VALIDATION_LINE_COUNT)
  await writeFileAtomic(join(work, 'validation.jsonl'), toJsonl(validation))
  const options: TrainingOptions = {
    model: untrained,
    data: [join(work, 'train.jsonl')],
    validation: [join(work, 'validation.jsonl')],
    out: join(work, 'trained'),
    threads: Number(values.threads),
    checkpointEverySteps: 500,
    recipe: {
      mode: { kind: 'full' },
      epochs: Number(values.epochs),
      batchSize: Number(values.batch),
      learningRate: Number(values.rate),
      warmupShare: 0.02,
      finalShare: 0.02,
      weightDecay: 0.01,
      betas: [0.9, 0.99],
      validateEverySteps: 500,
      patience: 0,
      seed: SEED,
    },
  }
  let shown = 0
  const result = await train(options, {
    onProgress: ({ done, total, note }) => {
      if (done < shown + 100 && !(note ?? '').startsWith('validation')) return
      shown = done
      process.stderr.write(`step ${done} of ${total}: ${note ?? ''}\n`)
    },
  })
  await ensureFolder(out)
  for (const name of await listFiles(result.out)) {
    if (name === 'training.json' || name.startsWith('.')) continue
    await writeFileAtomic(join(out, name), await readFileBounded(join(result.out, name), FILE_SIZE_BYTES_MAX))
  }
  // Folders of this machine say nothing about the model.
  await writeJson(join(out, 'training.json'), { ...result, out: undefined })
  await writeFileAtomic(join(out, 'loss.svg'), lossCurveSvg(result.history))
  await writeFileAtomic(join(out, 'README.md'), describePretraining(result))
  await removeFolder(work)
}

await main()
