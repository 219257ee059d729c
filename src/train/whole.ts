/**
 * Parameters that are trained whole beside adapters: PEFT's `modules_to_save` and `bias`. In: a base's graph, the names of
 * modules as PEFT matches them. Out: the initializers that they are, and their values. A graph must have them under their
 * names in the model, as folders have; an exporter that renames or turns a weight has lost which one it was.
 */
import { join } from 'node:path'
import { RoundError } from '../core/errors.ts'
import { openReader } from '../files/index.ts'
import { DataType, type OnnxModel, type TensorValue } from '../model/graph.ts'
import type { LinearModule } from '../model/lora.ts'
import { isFloatType } from '../model/onnx-tensor.ts'
import { moduleOf } from '../model/parameter-names.ts'
import { decodeFloat32 } from '../model/weights.ts'
import type { TrainFault } from './errors.ts'
import { trainableWeights } from './gradient/trainable-weights.ts'

/** PEFT's choices of biases that are trained beside the factors. */
export const BIAS_CHOICES = ['none', 'lora_only', 'all'] as const
export type BiasChoice = (typeof BIAS_CHOICES)[number]

/** A parameter of the base that is trained whole. */
export interface WholeSite {
  /** Of the initializer, which is the parameter's name. */
  readonly name: string
  readonly dims: readonly number[]
}

/** As PEFT writes it. */
export const savedName = (parameter: string): string => `base_model.model.${parameter}`

export interface WholeChoice {
  readonly modulesToSave: readonly string[]
  readonly bias: BiasChoice
}

/**
 * @param adapted — modules that get an adapter
 * @throws TRAIN_OPTION_INVALID for a name that chooses nothing, or a module whose weight the graph does not have by its name
 */
export function wholeSites(
  { graph }: OnnxModel,
  linear: readonly LinearModule[],
  adapted: readonly LinearModule[],
  { modulesToSave, bias }: WholeChoice,
): readonly WholeSite[] {
  const parameters = [...graph.initializers.values()].filter(({ dataType }) => isFloatType(dataType))
  const names = new Set(parameters.map(({ name }) => name))
  const isAdapted = new Set(adapted.map(({ name }) => name))
  const chosen = new Map<string, WholeSite>()
  for (const word of modulesToSave) {
    const isOf = (module: string): boolean => `.${module}.`.includes(`.${word}.`)
    const own = parameters.filter(({ name }) => name.includes('.') && isOf(moduleOf(name)))
    const hidden = linear.find(({ name }) => isOf(name) && !names.has(`${name}.weight`))
    if (hidden !== undefined)
      throw unfit(word, `the graph does not have the weight of ${hidden.name} under its name`)
    if (own.length === 0) throw unfit(word, 'no module of the base with parameters is called so')
    const both = own.find(({ name }) => isAdapted.has(moduleOf(name)))
    if (both !== undefined)
      throw unfit(word, `${moduleOf(both.name)} gets an adapter; leave it out of one of both`)
    for (const { name, dims } of own) chosen.set(name, { name, dims })
  }
  if (bias !== 'none') {
    for (const { name, dims } of parameters) {
      const isWanted = name.endsWith('.bias') && (bias === 'all' || isAdapted.has(moduleOf(name)))
      if (isWanted) chosen.set(name, { name, dims })
    }
  }
  return [...chosen.values()].sort((x, y) => (x.name < y.name ? -1 : 1))
}

/** Every parameter of a base, as full fine-tuning trains them: in byte order of their names. */
export function allSites(model: OnnxModel): readonly WholeSite[] {
  return trainableWeights(model)
    .map(({ name, dims }) => ({ name, dims }))
    .sort((x, y) => (x.name < y.name ? -1 : 1))
}

function unfit(word: string, reason: string): RoundError<TrainFault> {
  return new RoundError(
    { code: 'TRAIN_OPTION_INVALID', option: 'recipe.mode.modulesToSave', reason: `${word}: ${reason}` },
    `recipe.mode.modulesToSave: ${JSON.stringify(word)}: ${reason}`,
    { hint: '`oneround model inspect` lists the modules; a Hugging Face folder has all parameters by name.' },
  )
}

const STORED: ReadonlyMap<DataType, string> = new Map([
  [DataType.float, 'F32'],
  [DataType.float16, 'F16'],
  [DataType.bfloat16, 'BF16'],
])

/** The base's values of an initializer, as f32. @param folder — that external data's places are relative to */
export async function readInitializer(
  { graph }: OnnxModel,
  name: string,
  folder: string,
): Promise<Float32Array> {
  const tensor = graph.initializers.get(name)
  const dtype = tensor === undefined ? undefined : STORED.get(tensor.dataType)
  if (tensor === undefined || dtype === undefined) throw new TypeError(`${name} is no float parameter`)
  return decodeFloat32(await bytesOf(tensor, folder), { name, path: folder, dtype })
}

async function bytesOf({ data, external }: TensorValue, folder: string): Promise<Uint8Array> {
  if (external === undefined) return data ?? new Uint8Array()
  const reader = await openReader(join(folder, external.location))
  try {
    return await reader.read(external.offset, external.length)
  } finally {
    await reader.close()
  }
}
