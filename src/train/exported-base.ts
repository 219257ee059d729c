/**
 * An exported graph as something to train. In: an opened ONNX model; config.json and the tokenizer's files beside it or in
 * the folder above. Out: its task, told from its inputs and its output, and how files become its samples.
 */
import { RoundError } from '../core/errors.ts'
import { digestOnnxBase } from '../model/base-digest.ts'
import { modelError } from '../model/errors.ts'
import { DataType, type OnnxModel, type ValueInfo } from '../model/graph.ts'
import { targetModulesOf } from '../model/hf-config.ts'
import { homeOf, readBeside, type JsonObject } from '../model/model-home.ts'
import type { OpenedModel } from '../model/open-model.ts'
import { readTokenizer } from '../model/tokenizer.ts'
import type { TrainingBase } from './base.ts'
import type { TrainFault } from './errors.ts'
import { prepareBase } from './gradient/prepare.ts'
import { readPreprocessing } from './images/preprocess.ts'
import { feedTokens, unknownInputs } from './model-inputs.ts'
import { readTokenData } from './tasks/causal-lm.ts'
import { readNoisedRows } from './tasks/denoising.ts'
import { readClassifiedImages } from './tasks/image-classification.ts'
import { classesOf, type Classes } from './tasks/labels.ts'
import { readClassifiedTexts } from './tasks/sequence-classification.ts'
import { readChatTemplate } from './tokens/chat-template.ts'

type Parts = Pick<TrainingBase, 'model' | 'task' | 'loss' | 'readData'>

/** @throws MODEL_UNSUPPORTED | END_OF_SEQUENCE_UNKNOWN, and what reading tokenizer and config throws */
export async function openExportedBase(opened: OpenedModel): Promise<TrainingBase> {
  const { model, folder, file } = opened
  const config = await readBeside(folder, 'config.json')
  const parts = await partsOf(opened, config)
  const digest = () => digestOnnxBase(file, model)
  const targetModules = targetModulesOf(config['model_type'])
  return {
    ...parts,
    model: prepareBase(parts.model),
    folder,
    source: 'onnx',
    isPart: false,
    isFanInFanOut: config['model_type'] === 'gpt2',
    targetModules,
    digest,
  }
}

function partsOf(opened: OpenedModel, config: JsonObject): Promise<Parts> {
  const { inputs } = opened.model.graph
  const names = new Set(inputs.map(({ name }) => name))
  const output = outputOf(opened)
  if (names.has('input_ids')) {
    const rank = output.dims?.length ?? rankByName(config)
    if (rank === 3) return languageModel(opened, config, output)
    if (rank === 2) return textClassifier(opened, config, output)
    throw unsupported(
      opened,
      `output ${output.name}`,
      'has neither the shape of a language model nor of a classifier',
    )
  }
  if (names.has('pixel_values')) return imageClassifier(opened, config, output)
  if (names.has('sample') && names.has('timestep')) return denoiser(opened, output)
  throw unknownInputs(
    inputs,
    opened.file,
    'input_ids (text), pixel_values (images), sample and timestep (denoisers)',
  )
}

/** As the training graph chooses it. */
function outputOf(opened: OpenedModel): ValueInfo {
  const { outputs } = opened.model.graph
  const output = outputs.find(({ name }) => name === 'logits') ?? outputs[0]
  if (output === undefined) throw unsupported(opened, 'no output', 'has no output to compare with')
  return output
}

/** Where the graph does not tell: what the class is called. */
function rankByName(config: JsonObject): number | null {
  const [name = ''] = [config['architectures']].flat().map(String)
  if (name.endsWith('ForSequenceClassification')) return 2
  return name.endsWith('ForCausalLM') || name.endsWith('LMHeadModel') ? 3 : null
}

/** Classes whose output has a language model's shape and means something else. */
const OTHER_TASKS = /For(?:MaskedLM|TokenClassification|QuestionAnswering|MultipleChoice)$/

async function languageModel(
  { model: opened, folder, file }: OpenedModel,
  config: JsonObject,
  output: ValueInfo,
): Promise<Parts> {
  const [architecture = ''] = [config['architectures'] ?? []].flat().map(String)
  if (OTHER_TASKS.test(architecture)) {
    throw unsupported({ file }, architecture, 'is of a task that is not trained here')
  }
  const { model, complete } = feedTokens(opened, file)
  const home = await homeOf(folder, 'tokenizer.json')
  const tokenizer = await readTokenizer(home)
  const [configured] = [config['eos_token_id']].flat()
  const vocabulary = constantOf(output, 2) ?? Number.POSITIVE_INFINITY
  const endOfSequenceId =
    tokenizer.endOfSequenceId ?? (Number.isSafeInteger(configured) ? Number(configured) : null)
  if (endOfSequenceId === null || endOfSequenceId >= vocabulary) {
    const fault: TrainFault = { code: 'END_OF_SEQUENCE_UNKNOWN', folder: home }
    throw new RoundError(fault, `${home}: no end-of-sequence id below ${vocabulary}`, {
      hint: 'Set eos_token in tokenizer_config.json, or eos_token_id in config.json.',
    })
  }
  const positionCountMax = positionsOf(config, opened)
  const template = await readChatTemplate(await homeOf(folder, 'tokenizer_config.json'))
  const form = { encode: tokenizer.encode, endOfSequenceId, template, folder: home }
  return {
    model,
    task: 'causal-lm',
    loss: 'causal-lm',
    readData: async (files, lengthMax = positionCountMax) => {
      const found = await readTokenData(files, {
        ...form,
        positionCountMax: Math.min(lengthMax, positionCountMax),
      })
      return { ...found, dataset: complete(found.dataset) }
    },
  }
}

async function textClassifier(opened: OpenedModel, config: JsonObject, output: ValueInfo): Promise<Parts> {
  const { model, complete } = feedTokens(opened.model, opened.file)
  const tokenizer = await readTokenizer(await homeOf(opened.folder, 'tokenizer.json'))
  const classes = requireClasses(opened, config, output)
  checkProblem(opened, config)
  const positionCountMax = positionsOf(config, opened.model)
  const padId = config['pad_token_id']
  return {
    model,
    task: 'sequence-classification',
    loss: 'classification',
    readData: async (files, wanted = positionCountMax) => {
      const lengthMax = Math.min(wanted, positionCountMax)
      const form = { tokenizer, classes, lengthMax, padId: Number.isSafeInteger(padId) ? Number(padId) : 0 }
      const found = await readClassifiedTexts(files, form)
      return { ...found, dataset: complete(found.dataset) }
    },
  }
}

async function imageClassifier(opened: OpenedModel, config: JsonObject, output: ValueInfo): Promise<Parts> {
  const { inputs } = opened.model.graph
  const [pixels, ...unknown] = inputs.toSorted((a) => (a.name === 'pixel_values' ? -1 : 0))
  const known = 'pixel_values, f32 [batch, 3, height, width]'
  if (unknown.length > 0) throw unknownInputs(unknown, opened.file, known)
  if (pixels?.dataType !== DataType.float || pixels.dims?.length !== 4)
    throw unknownInputs(inputs, opened.file, known)
  const classes = requireClasses(opened, config, output)
  checkProblem(opened, config)
  const { dims } = pixels
  const preprocessing = await readPreprocessing(opened.folder, dims)
  return {
    model: opened.model,
    task: 'image-classification',
    loss: 'classification',
    readData: (files) => readClassifiedImages(files, { classes, preprocessing }),
  }
}

async function denoiser(opened: OpenedModel, output: ValueInfo): Promise<Parts> {
  const { inputs } = opened.model.graph
  const unfit = inputs.filter(
    ({ dims, dataType }) => dims === null || dims.length === 0 || !DENOISED.includes(dataType),
  )
  if (unfit.length > 0) throw unknownInputs(unfit, opened.file, 'f32 and int64 tensors with the batch first')
  return {
    model: opened.model,
    task: 'denoising',
    loss: 'mse',
    readData: (files) => readNoisedRows(files, inputs, output),
  }
}

const DENOISED: readonly DataType[] = [DataType.float, DataType.int64, DataType.int32]

function requireClasses(opened: OpenedModel, config: JsonObject, output: ValueInfo): Classes {
  const classes = classesOf(config, constantOf(output, 1))
  if (classes !== null) return classes
  throw unsupported(
    opened,
    'number of classes',
    'tells no number of classes: put config.json with id2label beside it',
  )
}

function checkProblem({ file }: OpenedModel, config: JsonObject): void {
  const problem = config['problem_type'] ?? 'single_label_classification'
  if (problem !== 'single_label_classification') {
    throw unsupported(
      { file },
      `problem_type ${JSON.stringify(problem)}`,
      'is no classification with one label a sample',
    )
  }
}

function constantOf({ dims }: ValueInfo, axis: number): number | null {
  const dim = dims?.[axis]
  return typeof dim === 'number' ? dim : null
}

/** What is taken where no file says how many positions the model has. */
const UNKNOWN_POSITION_COUNT = 2 ** 20

/** Positions that a sample may have; a RoBERTa's first ones are not used (they count from the padding's id). */
function positionsOf(config: JsonObject, model: OnnxModel): number {
  const stated = [config['max_position_embeddings'], config['n_positions'], config['n_ctx']]
  const found = stated.find((value): value is number => Number.isSafeInteger(value) && Number(value) > 0)
  const fixed = model.graph.inputs.find(({ name }) => name === 'input_ids')?.dims?.[1]
  const limit = typeof fixed === 'number' ? fixed : UNKNOWN_POSITION_COUNT
  const isOffset = ['roberta', 'xlm-roberta', 'camembert'].includes(String(config['model_type']))
  const offset = isOffset ? Number(config['pad_token_id'] ?? 1) + 1 : 0
  return Math.min(limit, (found ?? UNKNOWN_POSITION_COUNT) - offset)
}

function unsupported({ file }: Pick<OpenedModel, 'file'>, feature: string, message: string): Error {
  return modelError({ code: 'MODEL_UNSUPPORTED', file, feature }, `${feature} ${message}`)
}
