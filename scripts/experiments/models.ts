/**
 * The pretrained models of the experiments: Llama shapes of three sizes, each pretrained from random weights by our own
 * trainer on text that the recipes generate. Kept in an ignored folder, made again by anybody who lacks them, told apart
 * by digest: another processor or number of threads may give other last bits, and every raw line says what it was run on.
 */
import { join } from 'node:path'
import type { OnProgress } from '../../src/core/ports.ts'
import { toHex, utf8 } from '../../src/core/bytes.ts'
import { sha256 } from '../../src/core/hash.ts'
import { ensureFolder, hasFile, writeFileAtomic } from '../../src/files/index.ts'
import { digestBaseModel } from '../../src/model/base-digest.ts'
import { pretrainingLines, toJsonl } from '../../src/recipes/index.ts'
import { train } from '../../src/train/index.ts'
import { type LlamaSizes, MERGE_COUNT, writeUntrainedModel } from '../pretrain/base-model.ts'
import { learnMerges } from '../pretrain/byte-pair.ts'

interface ModelPlan {
  readonly sizes: LlamaSizes
  /** Lines of pretraining, gone through once. */
  readonly lines: number
  readonly learningRate: number
  /** Of the fine-tuning of this size. */
  readonly rates: { readonly lora: number; readonly full: number }
}

const SMALL: LlamaSizes = {
  head_dim: 24,
  hidden_size: 96,
  intermediate_size: 256,
  num_attention_heads: 4,
  num_hidden_layers: 2,
  num_key_value_heads: 2,
}
const MEDIUM: LlamaSizes = {
  head_dim: 32,
  hidden_size: 256,
  intermediate_size: 688,
  num_attention_heads: 8,
  num_hidden_layers: 4,
  num_key_value_heads: 4,
}
const LARGE: LlamaSizes = {
  head_dim: 64,
  hidden_size: 512,
  intermediate_size: 1376,
  num_attention_heads: 8,
  num_hidden_layers: 7,
  num_key_value_heads: 4,
}

export const MODELS = {
  '0.3m': { sizes: SMALL, lines: 100_000, learningRate: 3e-3, rates: { lora: 1e-2, full: 4e-3 } },
  '0.3m-little': { sizes: SMALL, lines: 10_000, learningRate: 3e-3, rates: { lora: 1e-2, full: 4e-3 } },
  '3m': { sizes: MEDIUM, lines: 60_000, learningRate: 2e-3, rates: { lora: 5e-3, full: 1e-3 } },
  '20m': { sizes: LARGE, lines: 24_000, learningRate: 1e-3, rates: { lora: 2e-3, full: 4e-4 } },
} as const satisfies Record<string, ModelPlan>
export type ModelName = keyof typeof MODELS
export const MODEL_NAMES = Object.keys(MODELS) as readonly ModelName[]

const SEED = 'oneround/experiments/model'
const VOCABULARY_LINE_COUNT = 4000
const VALIDATION_LINE_COUNT = 200
const BATCH_SIZE = 32

export const modelFolder = (root: string, name: ModelName): string => join(root, 'models', name)

/** SHA-256 over the digests of the files that say what the model computes, hex. */
export async function modelDigest(folder: string): Promise<string> {
  const files = await digestBaseModel(folder)
  return toHex(sha256(utf8(files.map(({ name, sha256: digest }) => `${name} ${toHex(digest)}\n`).join(''))))
}

/** Pretrains the model unless it is there; an interrupted run goes on. @returns its folder */
export async function ensureModel(
  root: string,
  name: ModelName,
  {
    threads,
    signal,
    onProgress,
  }: { readonly threads: number; readonly signal: AbortSignal; readonly onProgress: OnProgress },
): Promise<string> {
  const out = modelFolder(root, name)
  if (await hasFile(join(out, 'training.json'))) return out
  const { sizes, lines, learningRate } = MODELS[name]
  const work = join(root, 'pretraining', name)
  await ensureFolder(work)
  const texts = pretrainingLines(`${SEED}/vocabulary`, VOCABULARY_LINE_COUNT)
  const merges = learnMerges(
    texts.map((line) => ('text' in line ? line.text : line.prompt + line.completion)),
    MERGE_COUNT,
  )
  await writeUntrainedModel(join(work, 'untrained'), merges, SEED, sizes)
  await writeFileAtomic(join(work, 'train.jsonl'), toJsonl(pretrainingLines(`${SEED}/train`, lines)))
  const validation = pretrainingLines(`${SEED}/validation`, VALIDATION_LINE_COUNT)
  await writeFileAtomic(join(work, 'validation.jsonl'), toJsonl(validation))
  await train(
    {
      model: join(work, 'untrained'),
      data: [join(work, 'train.jsonl')],
      validation: [join(work, 'validation.jsonl')],
      out,
      threads,
      checkpointEverySteps: 200,
      recipe: {
        mode: { kind: 'full' },
        epochs: 1,
        batchSize: BATCH_SIZE,
        learningRate,
        warmupShare: 0.02,
        finalShare: 0.02,
        weightDecay: 0.01,
        betas: [0.9, 0.99],
        validateEverySteps: 500,
        patience: 0,
        seed: SEED,
      },
    },
    { signal, onProgress },
  )
  return out
}
