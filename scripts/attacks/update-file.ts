/**
 * An update file with whatever values an attacker likes, NaN included: the product's own writer refuses those, an
 * attacker's would not. Canonical in form, so that only the values are on trial.
 */
import type { Modules } from '../../src/attack/poisons/dense.ts'
import type { Layout } from '../../src/charter/schema.ts'
import { encodeHeader } from '../../src/core/safetensors.ts'
import { openAtomicWriter } from '../../src/files/index.ts'
import { updateMetadata } from '../../src/update/build.ts'
import { factorNames, updateTensors } from '../../src/update/layout.ts'
import { NONCE_BYTES } from '../../src/update/manifest.ts'

export type Diagonals = ReadonlyMap<string, Float32Array>

/**
 * @param layout — f32, with the modules' own scale
 * @param diagonals — Fisher diagonals by their names, where the layout asks for them
 */
export async function writeRawUpdate(
  path: string,
  modules: Modules,
  layout: Layout,
  diagonals: Diagonals = new Map(),
): Promise<void> {
  const ordered = layout.modules.flatMap(({ name }) => modules.filter((module) => module.name === name))
  const values = new Map(
    ordered.flatMap(({ name, a, b }) => {
      const names = factorNames(name)
      return [[names.a, a] as const, [names.b, b] as const]
    }),
  )
  const tensors = updateTensors(
    layout,
    ordered.map(({ rank }) => rank),
  )
  const { prefix, header } = encodeHeader(tensors, updateMetadata(new Uint8Array(NONCE_BYTES)))
  const writer = await openAtomicWriter(path)
  try {
    await writer.write(prefix)
    for (const { name } of header.entries) {
      const { buffer, byteOffset, byteLength } = values.get(name) ?? diagonals.get(name) ?? new Float32Array()
      await writer.write(new Uint8Array(buffer, byteOffset, byteLength))
    }
    await writer.commit()
  } finally {
    await writer.abort()
  }
}
