/** What a run starts from and leaves behind, as files: flat parameters ↔ adapter folder or model folder. */
import { join } from 'node:path'
import { assert } from '../core/errors.ts'
import { encodeHeader } from '../core/safetensors.ts'
import { listFiles, openAtomicWriter, readFileBounded, writeFileAtomic } from '../files/index.ts'
import { factorsOf } from '../model/lora.ts'
import { littleEndian, writeAdapter } from '../model/peft.ts'
import { storedNameOf } from '../model/stored-names.ts'
import { taskTypeOf } from '../model/task-type.ts'
import { locateFolderTensors, readFloat32, type StoredTensor } from '../model/weights.ts'
import type { TrainingBase } from './base.ts'
import type { LoraSite } from './gradient/training-graph.ts'
import { packParameters, unpackParameters, type ParameterSlot } from './gradient/parameters.ts'
import { allSites, savedName } from './whole.ts'

/** The base's weights as the flat vector. */
export async function readStartingWeights(
  slots: readonly ParameterSlot[],
  base: TrainingBase,
): Promise<Float32Array> {
  const tensors = await locateFolderTensors(base.folder)
  const values = new Map<string, Float32Array>()
  for (const { name } of slots) {
    const tensor = tensors.get(storedNameOf(tensors, name) ?? name)
    assert(tensor !== undefined, `the builder found every weight, ${name} is none`)
    values.set(name, await readFloat32(tensor))
  }
  return packParameters(slots, values)
}

const LORA_FACTOR = /\.lora_[AB]\.weight$/

export interface TrainedAdapter {
  readonly out: string
  readonly base: Pick<TrainingBase, 'folder' | 'isFanInFanOut'>
  /** The recipe's words for the modules, where PEFT would choose exactly these by them; null: their whole names. */
  readonly targets: readonly string[] | string | null
  readonly dropout: number
  readonly sites: readonly LoraSite[]
  readonly slots: readonly ParameterSlot[]
  readonly parameters: Float32Array
}

/** Writes the adapter as a PEFT folder. A module that runs in several places of the graph is one module of it. */
export async function writeTrainedAdapter(trained: TrainedAdapter): Promise<void> {
  const { out, base, targets, dropout, sites, slots, parameters } = trained
  const values = unpackParameters(slots, parameters)
  const byName = new Map(sites.map((site) => [site.module.name, site]))
  const written = [...byName.values()].map(({ module, rank, scale, frozenA }) => {
    const { a, b } = factorsOf(module, rank)
    const [down, up] = [frozenA ?? values.get(a.name), values.get(b.name)]
    assert(down !== undefined && up !== undefined, `module ${module.name} has both factors`)
    return {
      name: module.name,
      rank,
      scale,
      in: module.inSize,
      out: module.outSize,
      kernel: module.kernel,
      a: down,
      b: up,
    }
  })
  const whole = slots.flatMap(({ name, dims }) =>
    LORA_FACTOR.test(name)
      ? []
      : [
          {
            name: name.slice(savedName('').length),
            shape: dims,
            values: values.get(name) ?? new Float32Array(),
          },
        ],
  )
  const targetModules = targets ?? written.map(({ name }) => name)
  await writeAdapter(out, written, {
    targetModules,
    taskType: await taskTypeOf(
      base.folder,
      whole.map(({ name }) => name),
    ),
    isFanInFanOut: base.isFanInFanOut,
    dropout,
    whole,
  })
}

/** What of a base is not trained: parameters without a slot. */
export async function keptParameters(
  { model, folder }: Pick<TrainingBase, 'model' | 'folder'>,
  slots: readonly ParameterSlot[],
): Promise<readonly StoredTensor[]> {
  const tensors = await locateFolderTensors(folder)
  const trained = new Set(slots.map(({ name }) => name))
  return allSites(model).flatMap(({ name }) => {
    const tensor = tensors.get(storedNameOf(tensors, name) ?? name)
    return trained.has(name) || tensor === undefined ? [] : [{ ...tensor, name }]
  })
}

export interface TrainedModel {
  /** The base's folder, whose config and tokenizer are copied. */
  readonly from: string
  readonly out: string
  readonly slots: readonly ParameterSlot[]
  readonly parameters: Float32Array
  /** Parameters that were not trained, in the base's folder. */
  readonly kept: readonly StoredTensor[]
}

const COPIED =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|vocab)\.json$|^merges\.txt$/
const COPIED_SIZE_BYTES_MAX = 256 << 20

/** Writes a Hugging Face folder: the weights as f32 under their names, config and tokenizer as they were. */
export async function writeTrainedModel(model: TrainedModel): Promise<void> {
  const { from, out, slots, parameters, kept } = model
  const values = unpackParameters(slots, parameters)
  const rest = new Map(kept.map((tensor) => [tensor.name, tensor]))
  const layout = [
    ...slots.map(({ name, dims }) => ({ name, dtype: 'F32', shape: dims })),
    ...kept.map(({ name, shape }) => ({ name, dtype: 'F32', shape })),
  ]
  // `transformers` refuses a file without this mark.
  const { prefix, header } = encodeHeader(layout, new Map([['format', 'pt']]))
  const writer = await openAtomicWriter(join(out, 'model.safetensors'))
  try {
    await writer.write(prefix)
    for (const { name } of header.entries) {
      const tensor = rest.get(name)
      await writer.write(littleEndian(tensor === undefined ? values.get(name) : await readFloat32(tensor)))
    }
    await writer.commit()
  } finally {
    await writer.abort()
  }
  for (const name of await listFiles(from)) {
    if (!COPIED.test(name)) continue
    await writeFileAtomic(join(out, name), await readFileBounded(join(from, name), COPIED_SIZE_BYTES_MAX))
  }
}
