/**
 * The tensors of an update file, as the charter's layout fixes them: for each module `<name>.lora_A` [r, in] and
 * `<name>.lora_B` [out, r], where r may differ between modules and members but is at most the layout's `rankMax`; for each
 * dense part `<name>.dense`, the change of the parameter in its shape. Where the layout asks for Fisher diagonals, also
 * `<name>.fisher_rows` [out] and `<name>.fisher_columns` [in] of each module, and `<name>.fisher` of each dense part.
 */
import { encodeCanonical } from '../core/canonical.ts'
import type { Layout, LayoutModule } from '../charter/schema.ts'
import { denseName, diagonalNames, partDiagonalName } from '../charter/tensor-names.ts'
import { objectDigest } from '../core/hash.ts'
import type { Digest } from '../core/ids.ts'
import type { TensorLayout } from '../core/safetensors.ts'

/** The digest under which headers and manifests name the layout they were made for. */
export function layoutDigest(layout: Layout): Digest {
  return objectDigest('layout', encodeCanonical(layout))
}

/** Names of a module's two factors in an update file. */
export function factorNames(module: string): { readonly a: string; readonly b: string } {
  return { a: `${module}.lora_A`, b: `${module}.lora_B` }
}

/** The dtype of a layout as safetensors writes it. */
export function storedDtype(layout: Layout): 'F32' | 'BF16' {
  return layout.dtype === 'f32' ? 'F32' : 'BF16'
}

/** The tensors of an update whose module i has rank `ranks[i]`. */
export function updateTensors(layout: Layout, ranks: readonly number[]): readonly TensorLayout[] {
  const dtype = storedDtype(layout)
  const diagonals =
    layout.fisher === undefined ? [] : diagonalTensors(layout, ranks).map((tensor) => ({ ...tensor, dtype }))
  const dense = (layout.dense ?? []).map(({ name, shape }) => ({ name: denseName(name), dtype, shape }))
  const factors = layout.modules.flatMap((module: LayoutModule, i) => {
    const rank = ranks[i] ?? 0
    const { a, b } = factorNames(module.name)
    return [
      { name: a, dtype, shape: [rank, module.in] },
      { name: b, dtype, shape: [module.out, rank] },
    ]
  })
  return [...factors, ...dense, ...diagonals]
}

/** The Fisher diagonals of an update whose module i has rank `ranks[i]`: of ΔW, or of B where all have one A. */
export function diagonalTensors(
  { modules, dense = [], sharedA }: Layout,
  ranks: readonly number[],
): readonly { readonly name: string; readonly shape: readonly number[] }[] {
  const ofModules = modules.flatMap(({ name, in: width, out }, i) => {
    const { rows, columns } = diagonalNames(name)
    return [
      { name: rows, shape: [out] },
      { name: columns, shape: [sharedA === undefined ? width : (ranks[i] ?? 0)] },
    ]
  })
  return [...ofModules, ...dense.map(({ name, shape }) => ({ name: partDiagonalName(name), shape }))]
}
