/**
 * How well the base model with a ΔW in its weights predicts held-out lines. One graph and one session for every ΔW: the
 * adapted modules' weights are its parameters. In: points. Out: mean cross-entropy, nats a token.
 */
import { orderedBatches } from '../../src/train/dataset.ts'
import { openBase } from '../../src/train/base.ts'
import { openMeasure } from '../../src/train/objective.ts'
import { readStartingWeights } from '../../src/train/results.ts'
import type { Modules, Point } from '../../src/attack/poisons/dense.ts'

export interface Scorer {
  /** @param point — null: the base alone */
  readonly loss: (point: Point | null) => Promise<number>
  readonly close: () => Promise<void>
}

const BATCH_SIZE = 32

export async function openScorer(
  model: string,
  template: Modules,
  tests: readonly string[],
): Promise<Scorer> {
  const base = await openBase(model)
  const adapted = new Set(template.map(({ name }) => `${name}.weight`))
  const measure = await openMeasure({
    model: base.model,
    weightsFolder: base.folder,
    trainable: { kind: 'full', isTrained: (name) => adapted.has(name) },
    loss: base.loss,
    device: 'cpu',
    threads: 2,
  })
  const start = await readStartingWeights(measure.slots, base)
  const { dataset } = await base.readData(tests)
  const batches = orderedBatches(dataset, BATCH_SIZE).map((numbers) => dataset.collate(numbers))
  const places = new Map(measure.slots.map(({ name, offset }) => [name, offset]))
  return {
    loss: async (point) => {
      const parameters = point === null ? start : moved(start, point, template, places)
      let sum = 0
      let count = 0
      for (const batch of batches) {
        sum += await measure.lossSum(parameters, batch)
        count += batch.targetCount
      }
      return sum / count
    },
    close: measure.close,
  }
}

function moved(
  start: Float32Array,
  point: Point,
  template: Modules,
  places: ReadonlyMap<string, number>,
): Float32Array {
  const parameters = start.slice()
  let at = 0
  for (const { name, in: width, out } of template) {
    const offset = places.get(`${name}.weight`) ?? 0
    for (let i = 0; i < width * out; i++)
      parameters[offset + i] = (start[offset + i] ?? 0) + (point[at + i] ?? 0)
    at += width * out
  }
  return parameters
}
