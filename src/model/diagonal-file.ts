/**
 * The Fisher diagonal of what a folder holds, beside its weights: `fisher.safetensors`, f32. Of an adapter's module, whose
 * ΔW is [out, in], the sums over rows and columns, `<module>.fisher_rows` [out] and `<module>.fisher_columns` [in] (where A
 * was frozen: of s·B, [rank]); of a parameter that is trained whole `<parameter>.fisher` in its shape. Nobody else's tools
 * read the file, and none is troubled by it.
 */
import { join } from 'node:path'
import { encodeHeader } from '../core/safetensors.ts'
import { hasFile, openAtomicWriter } from '../files/index.ts'
import { littleEndian } from './peft.ts'
import { locateTensors, type StoredTensors } from './weights.ts'

export const DIAGONAL_FILE_NAME = 'fisher.safetensors'

export interface DiagonalTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** @throws NO_SPACE */
export async function writeDiagonals(folder: string, tensors: readonly DiagonalTensor[]): Promise<void> {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]))
  const layout = tensors.map(({ name, shape }) => ({ name, dtype: 'F32', shape: [...shape] }))
  const { prefix, header } = encodeHeader(layout, new Map([['format', 'oneround/fisher@1']]))
  const writer = await openAtomicWriter(join(folder, DIAGONAL_FILE_NAME))
  try {
    await writer.write(prefix)
    for (const { name } of header.entries) await writer.write(littleEndian(byName.get(name)?.values))
    await writer.commit()
  } finally {
    await writer.abort()
  }
}

/** Where the diagonals beside a folder's weights lie, by name; null where there are none. @throws SAFETENSORS_INVALID */
export async function locateDiagonalFile(folder: string): Promise<StoredTensors | null> {
  const path = join(folder, DIAGONAL_FILE_NAME)
  return (await hasFile(path)) ? locateTensors(path) : null
}
