/**
 * What training starts from, parameter by parameter: the base model or, where a round builds on others, the model that
 * `export --format merged` writes of them: base + summed changes, rounded to the dtype that the base is stored in.
 * In: the base's folder, the aggregates below. Out: values, f32, of the parameters that are trained whole.
 */
import { readBase, type WholeParameter } from '../model/whole-parameters.ts'
import { storedNameOf } from '../model/stored-names.ts'
import { decodeFloat32, locateFolderTensors } from '../model/weights.ts'
import { type AggregateFile, openAggregateFile } from './aggregate-file.ts'
import { encodeFloats } from './float-encoding.ts'
import { sumOf } from './merged-module.ts'

export interface StartingParameters {
  /** @throws WEIGHTS_MISMATCH where the base has none of this name and shape */
  readonly read: (parameter: Pick<WholeParameter, 'name' | 'shape'>) => Promise<Float32Array>
  readonly close: () => Promise<void>
}

/** @param aggregates — of the rounds that this one builds on, lowest first; none: the base itself */
export async function openStartingParameters(
  baseFolder: string,
  aggregates: readonly string[],
): Promise<StartingParameters> {
  const tensors = await locateFolderTensors(baseFolder)
  const opened: AggregateFile[] = []
  for (const path of aggregates) opened.push(await openAggregateFile(path))
  const below = opened.length === 0 ? null : sumOf(opened)
  return {
    read: async (parameter) => {
      const base = await readBase(tensors, parameter, baseFolder)
      const place = below?.dense.findIndex(({ name }) => name === parameter.name) ?? -1
      const tensor = tensors.get(storedNameOf(tensors, parameter.name) ?? parameter.name)
      if (below === null || place < 0 || tensor === undefined) return base
      const change = await below.readDense(place)
      const merged = base.map((value, i) => value + (change[i] ?? 0))
      return decodeFloat32(encodeFloats(merged, tensor), tensor)
    },
    close: async () => {
      for (const file of opened) await file.close()
    },
  }
}
