/**
 * How sure a site's data are of what was trained: the empirical Fisher diagonal at the trained parameters, the mean over
 * samples of the squares of a sample's gradient. Large entries say that the loss rises steeply that way. Merging by Fisher
 * information weighs each parameter of each member by its entry (Matena and Raffel 2022, arXiv:2111.09832, equation 4).
 *
 * Factors of different members have no coordinates in common; ΔW has. So of an adapted module it is the diagonal at W + ΔW,
 * by its sums over rows and over columns (gradient/fisher-sums.ts); where all members share one A, that of s·B; of what is
 * trained whole the diagonal itself. And the trace at all that was trained, for charters that weigh members as wholes.
 */
import { assert } from '../core/errors.ts'
import { SeededRng } from '../core/seeded-rng.ts'
import type { OnProgress } from '../core/ports.ts'
import type { DiagonalTensor } from '../model/diagonal-file.ts'
import { factorsOf } from '../model/lora.ts'
import type { Batch, Dataset } from './dataset.ts'
import type { ParameterSlot } from './gradient/parameters.ts'
import type { LoraSite } from './gradient/training-graph.ts'
import { addSquaresTo, addTo } from './vectors.ts'
import { savedName } from './whole.ts'

/** Samples that are looked at, at most: one backward pass each. */
export const FISHER_SAMPLE_COUNT_MAX = 256

export interface FisherTrace {
  /** How many samples the mean is over. */
  readonly samples: number
  /** Of the diagonal, over all trained parameters; nats². */
  readonly trace: number
}

export interface FisherInformation extends FisherTrace {
  /** Means of squares, by what `parameters` they belong to: f64 as long as the flat parameters. */
  readonly squares: Float64Array
  /** Means of the margins of adapted weights, as `fisherSlots` lays them out. */
  readonly margins: Float64Array
}

/** A graph that answers with one batch's gradient and its margins at the adapted weights. */
export interface FisherObjective {
  readonly lossAndMargins: (
    parameters: Float32Array,
    batch: Batch,
  ) => Promise<{ readonly gradient: Float32Array; readonly margins: Float32Array }>
}

/** @param seed — chooses the samples where there are more than are looked at */
export async function measureFisher(
  objective: FisherObjective,
  parameters: Float32Array,
  dataset: Dataset,
  { seed, onProgress }: { readonly seed: string; readonly onProgress: OnProgress },
): Promise<FisherInformation> {
  const numbers = chooseSamples(dataset.size, `${seed}/fisher`)
  const squares = new Float64Array(parameters.length)
  let margins = new Float64Array(0)
  for (const [done, number] of numbers.entries()) {
    const found = await objective.lossAndMargins(parameters, dataset.collate([number]))
    addSquaresTo(squares, found.gradient)
    if (done === 0) margins = new Float64Array(found.margins.length)
    addTo(margins, found.margins)
    onProgress({ unit: 'sample', done: done + 1, total: numbers.length, note: 'fisher' })
  }
  const count = Math.max(1, numbers.length)
  return {
    samples: numbers.length,
    trace: squares.reduce((sum, value) => sum + value, 0) / count,
    squares: squares.map((value) => value / count),
    margins: margins.map((value) => value / count),
  }
}

/** What is written beside the weights, by the names that updates have for it. */
export function diagonalTensors(
  { squares, margins }: FisherInformation,
  {
    sites,
    slots,
    marginSlots,
  }: {
    readonly sites: readonly LoraSite[]
    /** Of the parameters. */
    readonly slots: readonly ParameterSlot[]
    /** Of the margins. */
    readonly marginSlots: readonly ParameterSlot[]
  },
): readonly DiagonalTensor[] {
  const ofMargins = marginSlots.map(({ name, dims, offset, size }) => {
    return { name, shape: dims, values: Float32Array.from(margins.subarray(offset, offset + size)) }
  })
  const frozen = new Map(
    sites.flatMap((site) => (site.frozenA === undefined ? [] : [[site.module.name, site] as const])),
  )
  const ofB = [...frozen.values()].flatMap(({ module, rank, scale }) => {
    const slot = slots.find(({ name }) => name === factorsOf(module, rank).b.name)
    assert(slot !== undefined, `B of ${module.name} was trained`)
    // ∂L/∂(s·B) = ∂L/∂B ÷ s.
    const own = squares.subarray(slot.offset, slot.offset + slot.size).map((value) => value / (scale * scale))
    return marginsOf(module.name, own, rank)
  })
  const whole = slots.flatMap(({ name, dims, offset, size }) => {
    if (sites.length > 0 && FACTOR.test(name)) return []
    const parameter = sites.length > 0 ? name.slice(savedName('').length) : name
    const values = Float32Array.from(squares.subarray(offset, offset + size))
    return [{ name: `${parameter}.fisher`, shape: dims, values }]
  })
  return [...ofMargins, ...ofB, ...whole]
}

const FACTOR = /\.lora_[AB]\.weight$/

/** Sums of a diagonal [rows, width] over columns and over rows. */
function marginsOf(module: string, diagonal: Float64Array, width: number): readonly DiagonalTensor[] {
  const rowCount = diagonal.length / width
  const [rows, columns] = [new Float64Array(rowCount), new Float64Array(width)]
  diagonal.forEach((value, at) => {
    const [row, column] = [Math.floor(at / width), at % width]
    rows[row] = (rows[row] ?? 0) + value
    columns[column] = (columns[column] ?? 0) + value
  })
  return [
    { name: `${module}.fisher_rows`, shape: [rowCount], values: Float32Array.from(rows) },
    { name: `${module}.fisher_columns`, shape: [width], values: Float32Array.from(columns) },
  ]
}

/** Each at most once, in ascending order. */
function chooseSamples(size: number, seed: string): readonly number[] {
  const all = Array.from({ length: size }, (_, i) => i)
  if (size <= FISHER_SAMPLE_COUNT_MAX) return all
  const rng = new SeededRng(seed)
  for (let i = 0; i < FISHER_SAMPLE_COUNT_MAX; i++) {
    const j = i + rng.below(size - i)
    const taken = all[i] ?? 0
    all[i] = all[j] ?? 0
    all[j] = taken
  }
  return all.slice(0, FISHER_SAMPLE_COUNT_MAX).sort((x, y) => x - y)
}
