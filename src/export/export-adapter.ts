/**
 * A merged update as a PEFT folder that `PeftModel.from_pretrained` loads, with a model card that says where it comes
 * from. Exact: the factors' product is the merged ΔW; nothing is recompressed. Parameters that were trained whole become
 * PEFT's `modules_to_save`, base + change; without the base at hand their changes are written beside the adapter.
 */
import { join } from 'node:path'
import { encodeHeader } from '../core/safetensors.ts'
import { openAtomicWriter, openReaders, type Readers, writeFileAtomic } from '../files/index.ts'
import {
  type AdapterWriting,
  type ModuleToStream,
  type ModuleToWrite,
  type WholeParameterToWrite,
  writeAdapter,
  writeValues,
} from '../model/peft.ts'
import { locateFolderTensors, readFloat32Into, type ValueSource } from '../model/weights.ts'
import { locateBase } from '../model/whole-parameters.ts'
import { exactFactorsOf, exactShapeOf, type MergedUpdate, type StackedModule } from './merged-module.ts'

export const CARD_NAME = 'README.md'
/** Changes of parameters that were trained whole, by their names, f32. */
export const CHANGES_NAME = 'whole_changes.safetensors'

export interface AdapterExport extends AdapterWriting {
  /** The model card, written as README.md. */
  readonly card: string
  /** The base model's folder, for parameters that were trained whole; null where it is not at hand. */
  readonly baseFolder: string | null
}

/** Replaces what lies in the folder; each file is whole or absent at any moment. @throws NO_SPACE | FILE_UNREADABLE */
export async function exportAdapter(
  folder: string,
  update: MergedUpdate,
  { card, baseFolder, ...writing }: AdapterExport,
): Promise<void> {
  const modules: (ModuleToWrite | ModuleToStream)[] = []
  for (const [index, shape] of update.modules.entries()) {
    const streamed = update.factors?.(index) ?? null
    modules.push(streamed === null ? await exactModule(update, index) : { ...shape, ...streamed })
  }
  const readers = openReaders()
  try {
    const whole = baseFolder === null ? [] : await wholeValues(update, baseFolder, readers)
    await writeFileAtomic(join(folder, CARD_NAME), card)
    // Without the base there are no whole values to give: what changed lies beside the adapter.
    if (baseFolder === null && update.dense.length > 0) await writeChanges(folder, update)
    await writeAdapter(folder, modules, { ...writing, whole })
  } finally {
    await readers.close()
  }
}

/** Factors of a dense module are far larger than an update: each is read once for its rank, and again to be written. */
async function exactModule(update: MergedUpdate, index: number): Promise<ModuleToWrite> {
  const { name, in: width, out, rank, scale } = exactShapeOf(await update.read(index))
  const factors = async (): Promise<StackedModule> => exactFactorsOf(await update.read(index))
  return { name, in: width, out, kernel: update.modules[index]?.kernel, rank, scale, factors }
}

/** base + change, each entry rounded to f32 once: what PEFT keeps. @throws WEIGHTS_MISMATCH */
async function wholeValues(
  update: MergedUpdate,
  baseFolder: string,
  readers: Readers,
): Promise<readonly WholeParameterToWrite[]> {
  if (update.dense.length === 0) return []
  const base = await locateFolderTensors(baseFolder)
  return update.dense.map((part, index) => {
    const tensor = locateBase(base, part, baseFolder)
    const change = changeAt(update, index)
    const readInto = async (target: Float32Array, first: number): Promise<void> => {
      await readFloat32Into(await readers.of(tensor.path), tensor, target, first)
      const added = new Float32Array(target.length)
      await change.readInto(added, first)
      for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) + (added[i] ?? 0)
    }
    return { ...part, values: { length: change.length, readInto } }
  })
}

function changeAt(update: MergedUpdate, index: number): ValueSource {
  const { shape } = update.dense[index] ?? { shape: [0] }
  return {
    length: shape.reduce((size, extent) => size * extent, 1),
    readInto: async (target, first) =>
      target.set(await update.readDense(index, { first, count: target.length })),
  }
}

async function writeChanges(folder: string, update: MergedUpdate): Promise<void> {
  const tensors = update.dense.map(({ name, shape }) => ({ name, dtype: 'F32', shape }))
  const places = new Map(update.dense.map(({ name }, index) => [name, index]))
  const { prefix, header } = encodeHeader(tensors)
  const writer = await openAtomicWriter(join(folder, CHANGES_NAME))
  try {
    await writer.write(prefix)
    for (const { name } of header.entries) await writeValues(writer, changeAt(update, places.get(name) ?? -1))
    await writer.commit()
  } finally {
    await writer.abort()
  }
}
