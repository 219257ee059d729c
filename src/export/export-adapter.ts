/**
 * A merged update as a PEFT folder that `PeftModel.from_pretrained` loads, with a model card that says where it comes
 * from. Exact: the factors' product is the merged ΔW; nothing is recompressed. Parameters that were trained whole become
 * PEFT's `modules_to_save`, base + change; without the base at hand their changes are written beside the adapter.
 */
import { join } from 'node:path'
import { encodeHeader } from '../core/safetensors.ts'
import { openAtomicWriter, writeFileAtomic } from '../files/index.ts'
import { type AdapterWriting, littleEndian, type ModuleToWrite, writeAdapter } from '../model/peft.ts'
import { type ParameterChange, wholeParameters } from '../model/whole-parameters.ts'
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
  const modules: ModuleToWrite[] = []
  // Factors of a dense module are far larger than an update: each is read once for its rank, and again to be written.
  for (const [index, { kernel }] of update.modules.entries()) {
    const { name, in: width, out, rank, scale } = exactShapeOf(await update.read(index))
    const factors = async (): Promise<StackedModule> => exactFactorsOf(await update.read(index))
    modules.push({ name, in: width, out, kernel, rank, scale, factors })
  }
  const changes: ParameterChange[] = []
  for (const [index, part] of update.dense.entries())
    changes.push({ ...part, change: await update.readDense(index) })
  const whole = baseFolder === null ? [] : await wholeParameters(changes, baseFolder)
  await writeFileAtomic(join(folder, CARD_NAME), card)
  // Without the base there are no whole values to give: what changed lies beside the adapter.
  if (baseFolder === null && changes.length > 0) await writeChanges(folder, changes)
  await writeAdapter(folder, modules, { ...writing, whole })
}

async function writeChanges(folder: string, changes: readonly ParameterChange[]): Promise<void> {
  const tensors = changes.map(({ name, shape }) => ({ name, dtype: 'F32', shape }))
  const values = new Map(changes.map(({ name, change }) => [name, change]))
  const { prefix, header } = encodeHeader(tensors)
  const writer = await openAtomicWriter(join(folder, CHANGES_NAME))
  try {
    await writer.write(prefix)
    for (const { name } of header.entries) await writer.write(littleEndian(values.get(name)))
    await writer.commit()
  } finally {
    await writer.abort()
  }
}
