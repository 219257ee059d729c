/**
 * What my own update is made of: the factors, parameters and diagonals of a PEFT folder or a model folder. Nothing is read
 * here but headers; values are read a piece at a time when the update is written, so that its size costs no memory.
 * In: a folder. Out: content for `writeUpdateFile`; its files stay open until `close`.
 */
import { join } from 'node:path'
import type { Layout } from '../charter/schema.ts'
import { RoundError } from '../core/errors.ts'
import { openStartingParameters, type StartingParameters } from '../export/index.ts'
import { hasFile, openReaders, type Readers } from '../files/index.ts'
import { locateDiagonalFile } from '../model/diagonal-file.ts'
import { ADAPTER_CONFIG_NAME, checkFinite, locateAdapter, type WholeParameterFile } from '../model/peft.ts'
import { locateBase } from '../model/whole-parameters.ts'
import {
  locateFolderTensors,
  readFloat32Into,
  type StoredTensor,
  type ValueSource,
} from '../model/weights.ts'
import type { UpdateContent } from '../update/build.ts'

export type BaseNeededFault = {
  readonly code: 'BASE_MODEL_NEEDED'
  readonly file: string
}

export interface OwnContentOptions {
  /** The base model's folder; null where the node's options name none. */
  readonly baseModel: string | null
  /** Aggregates of the rounds that this one builds on, lowest first. */
  readonly basis: readonly string[]
}

export interface OwnContent {
  readonly content: UpdateContent
  /** `base_model_name_or_path` of the adapter; null where there is none. */
  readonly baseName: string | null
  readonly close: () => Promise<void>
}

/** Of what was trained whole, folders hold trained values, an update their change: from the base, or from the round below. */
export async function openOwnContent(
  file: string,
  layout: Layout,
  { baseModel, basis }: OwnContentOptions,
): Promise<OwnContent> {
  const { modules, dense = [] } = layout
  const isModel = modules.length === 0 && !(await hasFile(join(file, ADAPTER_CONFIG_NAME)))
  const adapter = isModel ? null : await locateAdapter(file)
  const trained = adapter?.whole ?? (await parametersOf(file, dense))
  const baseName = adapter?.config.baseModel ?? null
  const readers = openReaders()
  const factors = (adapter?.modules ?? []).map((module) => ({
    ...module,
    a: valuesOf(module.a, readers),
    b: valuesOf(module.b, readers),
  }))
  const located = layout.fisher === undefined ? null : await locateDiagonalFile(file)
  const diagonals = [...(located?.values() ?? [])].map((tensor) => ({
    ...tensor,
    values: valuesOf(tensor, readers),
  }))
  const content = { modules: factors, diagonals }
  if (trained.length === 0) return { content, baseName, close: readers.close }
  if (baseModel === null) throw baseNeeded(file, trained)
  const start = await openStartingParameters(baseModel, basis)
  const close = async (): Promise<void> => {
    await readers.close()
    await start.close()
  }
  const parts = trained.map(({ name, tensor }) => ({
    name,
    shape: tensor.shape,
    change: changeOf({ name, tensor }, start, readers),
  }))
  return { content: { ...content, dense: parts }, baseName, close }
}

/** A tensor's values as they lie in a folder. @throws ADAPTER_INVALID for values that are not finite */
function valuesOf(tensor: StoredTensor, readers: Readers): ValueSource {
  return {
    length: tensor.shape.reduce((size, extent) => size * extent, 1),
    readInto: async (target, first) => {
      await readFloat32Into(await readers.of(tensor.path), tensor, target, first)
      checkFinite(tensor, target, first)
    },
  }
}

function changeOf(
  { name, tensor }: WholeParameterFile,
  start: StartingParameters,
  readers: Readers,
): ValueSource {
  const trained = valuesOf(tensor, readers)
  let scratch = new Float32Array(0)
  return {
    length: trained.length,
    readInto: async (target, first) => {
      if (scratch.length < target.length) scratch = new Float32Array(target.length)
      const before = scratch.subarray(0, target.length)
      await trained.readInto(target, first)
      await start.readInto({ name, shape: tensor.shape }, before, first)
      for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) - (before[i] ?? 0)
    },
  }
}

/** Where a model's folder has them. @throws WEIGHTS_MISMATCH where it has none of this name and shape */
async function parametersOf(
  folder: string,
  parts: readonly { readonly name: string; readonly shape: readonly number[] }[],
): Promise<readonly WholeParameterFile[]> {
  const tensors = await locateFolderTensors(folder)
  return parts.map(({ name, shape }) => ({ name, tensor: locateBase(tensors, { name, shape }, folder) }))
}

function baseNeeded(file: string, trained: readonly WholeParameterFile[]): RoundError<BaseNeededFault> {
  return new RoundError<BaseNeededFault>(
    { code: 'BASE_MODEL_NEEDED', file },
    `${file}: holds ${trained.length} parameters that were trained whole, such as ${trained[0]?.name ?? ''}; their change cannot be told without the base model`,
    { hint: 'Name its folder with --model, or as `model` in the node’s node.json.' },
  )
}
