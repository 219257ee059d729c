/**
 * A merged update as plain weights: `delta.safetensors` with `<module>.weight` = ΔW, f32 in the shape of W, and the changes of
 * parameters that were trained whole, by their names.
 */
import { join } from 'node:path'
import { encodeHeader } from '../core/safetensors.ts'
import { openAtomicWriter, writeFileAtomic } from '../files/index.ts'
import { littleEndian } from '../model/peft.ts'
import { CARD_NAME } from './export-adapter.ts'
import { deltaOf, type MergedUpdate, weightShape } from './merged-module.ts'

export const DELTA_NAME = 'delta.safetensors'

/** Streams module by module. @throws NO_SPACE | FILE_UNREADABLE */
export async function exportDelta(folder: string, update: MergedUpdate, card: string): Promise<void> {
  const tensors = update.modules.map((module) => ({
    name: `${module.name}.weight`,
    dtype: 'F32',
    shape: [...weightShape(module)],
  }))
  const parts = update.dense.map(({ name, shape }) => ({ name, dtype: 'F32', shape }))
  const values = new Map([
    ...tensors.map(({ name }, index) => [name, async () => deltaOf(await update.read(index))] as const),
    ...parts.map(({ name }, index) => [name, () => update.readDense(index)] as const),
  ])
  const { prefix, header } = encodeHeader([...tensors, ...parts])
  await writeFileAtomic(join(folder, CARD_NAME), card)
  const writer = await openAtomicWriter(join(folder, DELTA_NAME))
  try {
    await writer.write(prefix)
    for (const { name } of header.entries) {
      await writer.write(littleEndian(await values.get(name)?.()))
    }
    await writer.commit()
  } finally {
    await writer.abort()
  }
}
