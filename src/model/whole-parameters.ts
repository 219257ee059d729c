/**
 * Parameters that an adapter holds whole, beside LoRA: PEFT's `modules_to_save` and `bias`. PEFT writes them under
 * `base_model.model.<parameter>`, trained values and not changes; an update needs the change, trained − base, and an
 * `base_model.model.<parameter>`, trained values and not changes; an update needs the change, trained − base, and an
 * Source: PEFT 0.21 `get_peft_model_state_dict`.
 */
import { modelError } from './errors.ts'
import { storedNameOf } from './stored-names.ts'
import { locateFolderTensors, readFloat32, type StoredTensor, type StoredTensors } from './weights.ts'

/** A parameter by its name in the base model, such as `classifier.weight`. */
export interface WholeParameter {
  readonly name: string
  readonly shape: readonly number[]
  /** Row-major. */
  readonly values: Float32Array
}

export interface ParameterChange {
  readonly name: string
  readonly shape: readonly number[]
  readonly change: Float32Array
}

/**
 * Where the base's values of a parameter lie: `base` are the folder's tensors.
 * @throws WEIGHTS_MISMATCH where the base has none of this name and shape
 */
export function locateBase(
  base: StoredTensors,
  { name, shape }: Pick<WholeParameter, 'name' | 'shape'>,
  folder: string,
): StoredTensor {
  const tensor = base.get(storedNameOf(base, name) ?? name)
  if (tensor === undefined || tensor.shape.join() !== shape.join()) {
    const found = tensor === undefined ? 'is not there' : `has shape [${tensor.shape.join()}]`
    throw modelError(
      { code: 'WEIGHTS_MISMATCH', file: folder, tensor: name },
      `parameter ${name} ${found}, expected [${shape.join()}]`,
      'Is this the base model that the adapter was trained on?',
    )
  }
  return tensor
}

/** The base's values of a parameter. @throws as `locateBase` */
const readBase = (
  base: StoredTensors,
  parameter: Pick<WholeParameter, 'name' | 'shape'>,
  folder: string,
): Promise<Float32Array> => readFloat32(locateBase(base, parameter, folder))

/** trained − base, each entry rounded to f32 once. */
export async function changesOf(
  parameters: readonly WholeParameter[],
  folder: string,
): Promise<readonly ParameterChange[]> {
  if (parameters.length === 0) return []
  const base = await locateFolderTensors(folder)
  const changes: ParameterChange[] = []
  for (const { name, shape, values } of parameters) {
    const before = await readBase(base, { name, shape }, folder)
    changes.push({ name, shape, change: values.map((value, i) => value - (before[i] ?? 0)) })
  }
  return changes
}
