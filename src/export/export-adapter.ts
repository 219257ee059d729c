/**
 * A merged update as a PEFT folder that `PeftModel.from_pretrained` loads, with a model card that says where it comes
 * from. Exact: the factors' product is the merged ΔW; nothing is recompressed.
 */
import { join } from 'node:path'
import { writeFileAtomic } from '../files/index.ts'
import { type AdapterWriting, writeAdapter } from '../model/peft.ts'
import { exactFactorsOf, type MergedUpdate, type StackedModule } from './merged-module.ts'

export const CARD_NAME = 'README.md'

export interface AdapterExport extends AdapterWriting {
  /** The model card, written as README.md. */
  readonly card: string
}

/** Replaces what lies in the folder; each file is whole or absent at any moment. @throws NO_SPACE | FILE_UNREADABLE */
export async function exportAdapter(
  folder: string,
  update: MergedUpdate,
  { card, ...writing }: AdapterExport,
): Promise<void> {
  const modules: StackedModule[] = []
  for (const index of update.modules.keys()) modules.push(exactFactorsOf(await update.read(index)))
  await writeFileAtomic(join(folder, CARD_NAME), card)
  await writeAdapter(folder, modules, writing)
}
