/**
 * What training starts from, parameter by parameter: the base model or, where a round builds on others, the model that
 * `export --format merged` writes of them: base + summed changes, rounded to the dtype that the base is stored in.
 * In: the base's folder, the aggregates below. Out: values, f32, of the parameters that are trained whole.
 */
import { openReaders } from '../files/index.ts'
import { locateBase, type WholeParameter } from '../model/whole-parameters.ts'
import { decodeFloat32, locateFolderTensors, readFloat32Into } from '../model/weights.ts'
import { type AggregateFile, openAggregateFile } from './aggregate-file.ts'
import { encodeFloats } from './float-encoding.ts'
import { sumOf } from './merged-module.ts'

export interface StartingParameters {
  /**
   * Fills `target` with the parameter's values from value `first` on.
   * @throws WEIGHTS_MISMATCH where the base has none of this name and shape
   */
  readonly readInto: (
    parameter: Pick<WholeParameter, 'name' | 'shape'>,
    target: Float32Array,
    first: number,
  ) => Promise<void>
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
  const readers = openReaders()
  return {
    readInto: async (parameter, target, first) => {
      const tensor = locateBase(tensors, parameter, baseFolder)
      await readFloat32Into(await readers.of(tensor.path), tensor, target, first)
      const place = below?.dense.findIndex(({ name }) => name === parameter.name) ?? -1
      if (below === null || place < 0) return
      const change = await below.readDense(place, { first, count: target.length })
      const merged = target.map((value, i) => value + (change[i] ?? 0))
      target.set(decodeFloat32(encodeFloats(merged, tensor), tensor))
    },
    close: async () => {
      await readers.close()
      for (const file of opened) await file.close()
    },
  }
}
