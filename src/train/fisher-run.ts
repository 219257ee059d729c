/** The last part of a run that was asked for it: the Fisher diagonal at the best parameters, in the terms of an update. */
import type { OnProgress } from '../core/ports.ts'
import type { DiagonalTensor } from '../model/diagonal-file.ts'
import type { Device } from '../model/session.ts'
import type { TrainingBase } from './base.ts'
import type { Dataset } from './dataset.ts'
import { diagonalTensors, type FisherTrace, measureFisher } from './fisher.ts'
import type { Trainable } from './gradient/training-graph.ts'
import { openFisher } from './objective.ts'
import type { CheckedTrainingOptions } from './options.ts'

interface Trained {
  readonly trainable: Trainable
  readonly device: Device
  readonly dataset: Dataset
  readonly parameters: Float32Array
  readonly onProgress: OnProgress
}

/** @throws what building a graph and running it throw */
export async function runFisher(
  { recipe: { seed }, threads }: Pick<CheckedTrainingOptions, 'recipe' | 'threads'>,
  { model, folder, loss }: Pick<TrainingBase, 'model' | 'folder' | 'loss'>,
  { trainable, device, dataset, parameters, onProgress }: Trained,
): Promise<FisherTrace & { readonly tensors: readonly DiagonalTensor[] }> {
  const objective = await openFisher({ model, weightsFolder: folder, trainable, loss, device, threads })
  try {
    const found = await measureFisher(objective, parameters, dataset, { seed, onProgress })
    const sites = trainable.kind === 'lora' ? trainable.sites : []
    const { slots, marginSlots } = objective
    const { samples, trace } = found
    return { samples, trace, tensors: diagonalTensors(found, { sites, slots, marginSlots }) }
  } finally {
    await objective.close()
  }
}
