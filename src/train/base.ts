/**
 * What training and evaluation need of a pretrained model: its graph, where its weights lie, what it learns, and how
 * files become samples. In: a Hugging Face folder, an ONNX file or a folder with one. Out: a `TrainingBase`; no weight is
 * read.
 */
import { join } from 'node:path'
import { RoundError } from '../core/errors.ts'
import { digestBaseModel, type FileDigest } from '../model/base-digest.ts'
import type { EncoderConfig } from '../model/encoder/config.ts'
import type { OnnxModel } from '../model/graph.ts'
import { targetModulesOf } from '../model/hf-config.ts'
import { loadDecoder } from '../model/hf-decoder.ts'
import { isEncoderFolder, loadEncoder } from '../model/hf-encoder.ts'
import { findOnnxFile, openModel } from '../model/open-model.ts'
import { readTokenizer } from '../model/tokenizer.ts'
import type { TrainFault } from './errors.ts'
import { openExportedBase } from './exported-base.ts'
import type { LossKind } from './gradient/loss.ts'
import { prepareBase } from './gradient/prepare.ts'
import { readTokenData } from './tasks/causal-lm.ts'
import type { Task, TaskData } from './tasks/task.ts'
import { readChatTemplate } from './tokens/chat-template.ts'

export interface TrainingBase {
  /** In the form that differentiation knows: fused operators are decomposed, so that every linear module is found. */
  readonly model: OnnxModel
  /** The folder that the weights' locations are relative to. */
  readonly folder: string
  readonly source: 'hugging-face' | 'onnx'
  /** Whether the folder holds more than this graph: what sees images beside what reads text. */
  readonly isPart: boolean
  /** Whether its projections are Conv1D, as PEFT wants to be told. */
  readonly isFanInFanOut: boolean
  readonly task: Task
  readonly loss: LossKind
  /** What gets an adapter where the recipe names no module: what PEFT adapts in the family. */
  readonly targetModules: readonly string[]
  /**
   * Samples of JSONL files, in their order.
   * @param lengthMax — tokens of a sample at most, where the model has more positions
   * @throws FILE_MISSING | FILE_TOO_LARGE | DATA_INVALID | DATA_EMPTY | CHAT_TEMPLATE_MISSING
   */
  readonly readData: (files: readonly string[], lengthMax?: number) => Promise<TaskData>
  /** SHA-256 of each file that decides what training computes. @throws FILE_MISSING | BASE_MODEL_EMPTY */
  readonly digest: () => Promise<readonly FileDigest[]>
}

/** Forms of a base's graph that are asked for; whether it has them, its inputs tell. */
export interface BaseForm {
  /** With inputs for the positions and segments of packed rows. */
  readonly isPacked?: boolean
}

/** @throws what openModel, readTokenizer and readChatTemplate throw, END_OF_SEQUENCE_UNKNOWN | MODEL_UNSUPPORTED */
export async function openBase(path: string, graphForm: BaseForm = {}): Promise<TrainingBase> {
  return (await findOnnxFile(path)) === null
    ? openFolder(path, graphForm)
    : openExportedBase(await openModel(path))
}

/** What of a base a charter is drawn up from. */
export type BaseGraph = Pick<
  TrainingBase,
  'model' | 'folder' | 'source' | 'isPart' | 'targetModules' | 'digest'
>

/** No tokenizer is needed. @throws as `openBase` */
export async function openBaseGraph(path: string): Promise<BaseGraph> {
  if ((await findOnnxFile(path)) !== null) return openExportedBase(await openModel(path))
  if (await isEncoderFolder(path)) {
    const { model, config } = await loadEncoder(path)
    return graphOf(path, model, { targetModules: targetsOfEncoder(config), isPart: false })
  }
  const { model, config } = await loadDecoder(path)
  return graphOf(path, model, { targetModules: targetModulesOf(config.modelType), isPart: config.isPart })
}

const graphOf = (
  folder: string,
  model: OnnxModel,
  facts: Pick<BaseGraph, 'targetModules' | 'isPart'>,
): BaseGraph => ({
  ...facts,
  model: prepareBase(model),
  folder,
  source: 'hugging-face',
  digest: () => digestBaseModel(folder),
})

/** Its samples are read as an exported graph's are; what it is made of is the folder's. */
async function openEncoder(folder: string): Promise<TrainingBase> {
  const { model, config } = await loadEncoder(folder)
  const file = join(folder, 'config.json')
  const base = await openExportedBase({ model, folder, file, source: 'hugging-face', config: null })
  const digest = () => digestBaseModel(folder)
  return { ...base, source: 'hugging-face', targetModules: targetsOfEncoder(config), digest }
}

/** Queries and values, as PEFT has it for these families, by what this folder calls them. */
const targetsOfEncoder = ({ names }: EncoderConfig): readonly string[] =>
  [names.query, names.value].map((name) => name.slice(name.lastIndexOf('.') + 1))

async function openFolder(folder: string, graphForm: BaseForm): Promise<TrainingBase> {
  if (await isEncoderFolder(folder)) return openEncoder(folder)
  const { model, config } = await loadDecoder(folder, undefined, graphForm)
  const tokenizer = await readTokenizer(folder)
  const endOfSequenceId = tokenizer.endOfSequenceId ?? config.endOfSequenceId
  if (endOfSequenceId === null || endOfSequenceId >= config.vocabSize) {
    const fault: TrainFault = { code: 'END_OF_SEQUENCE_UNKNOWN', folder }
    throw new RoundError(fault, `${folder}: no end-of-sequence id below ${config.vocabSize}`, {
      hint: 'Set eos_token in tokenizer_config.json, or eos_token_id in config.json.',
    })
  }
  const { positionCountMax } = config
  const template = await readChatTemplate(folder)
  const form = { encode: tokenizer.encode, endOfSequenceId, positionCountMax, template, folder }
  return {
    model: prepareBase(model),
    folder,
    source: 'hugging-face',
    isPart: config.isPart,
    isFanInFanOut: config.weightLayout === 'in-out',
    digest: () => digestBaseModel(folder),
    task: 'causal-lm',
    loss: 'causal-lm',
    targetModules: targetModulesOf(config.modelType),
    readData: (files, lengthMax = positionCountMax) =>
      readTokenData(files, { ...form, positionCountMax: Math.min(lengthMax, positionCountMax) }),
  }
}
