/**
 * Packing of a run's data, where its recipe asks for it. In: samples, the base they are for. Out: rows, and how full they
 * are. Refused by name where the base cannot keep the sequences of a row apart.
 */
import { RoundError } from '../core/errors.ts'
import type { OnnxModel } from '../model/graph.ts'
import type { Dataset } from './dataset.ts'
import type { TrainFault } from './errors.ts'
import type { TrainingRecipe } from './options.ts'

export interface SplitData {
  readonly training: Dataset
  readonly validation: Dataset | null
}

export interface PackingSummary {
  readonly rows: number
  /** Tokens of the longest row. */
  readonly rowLength: number
  /** Tokens over rows times `rowLength`. */
  readonly filledShare: number
}

export interface PackedData {
  readonly data: SplitData
  /** Of the training samples; null without packing. */
  readonly packing: PackingSummary | null
}

/** Inputs without which a row's sequences see each other. */
const PACKED_INPUTS: readonly string[] = ['position_ids', 'segment_ids']

/** @throws TRAIN_OPTION_INVALID */
export function packData(
  { training, validation }: SplitData,
  base: { readonly folder: string; readonly model: OnnxModel },
  { packing, rowLength: wanted, seed }: TrainingRecipe,
): PackedData {
  if (!packing) return { data: { training, validation }, packing: null }
  const inputs = base.model.graph.inputs.map(({ name }) => name)
  const lacking = PACKED_INPUTS.filter((name) => !inputs.includes(name))
  if (lacking.length > 0) throw refused(`${base.folder} is a graph without inputs ${lacking.join(' and ')}`)
  const pack = (data: Dataset, use: string): Dataset => {
    if (data.packed === undefined) throw refused('samples of this task cannot share a row')
    return data.packed({ rowLength: wanted ?? null, seed: `${seed}/${use}` })
  }
  const rows = pack(training, 'training')
  const tokens = rows.lengths.reduce((sum, length) => sum + length, 0)
  const rowLength = rows.lengths.reduce((most, length) => Math.max(most, length), 0)
  const data = { training: rows, validation: validation === null ? null : pack(validation, 'validation') }
  return { data, packing: { rows: rows.size, rowLength, filledShare: tokens / (rows.size * rowLength) } }
}

function refused(reason: string): RoundError<TrainFault> {
  const option = 'recipe.packing'
  return new RoundError({ code: 'TRAIN_OPTION_INVALID', option, reason }, `${option}: ${reason}`, {
    hint: 'Train without packing: batches hold sequences of like length anyway.',
  })
}
