/** The learning-rate finder on a base and data, in the process that holds the model. Writes nothing that stays. */
import type { OnProgress } from '../core/ports.ts'
import { openBase } from './base.ts'
import { chooseDevice } from './device.ts'
import { searchRate, type RateSearch } from './find-rate.ts'
import { chooseMemory } from './memory.ts'
import { openObjective } from './objective.ts'
import type { CheckedTrainingOptions } from './options.ts'
import { packData } from './pack-data.ts'
import { extentsOf, identityOf, quantised, readData, refuseFullExport } from './run-training.ts'
import { initialParameters, trainableOf, withTargets } from './trainable.ts'

export interface RateFinding extends RateSearch {
  readonly schema: 'oneround/find-lr@1'
}

/** @param stated — `out` is a temporary folder of the caller's, for a base in four bits @throws as `runTraining` */
export async function runFindRate(
  stated: CheckedTrainingOptions,
  onProgress: OnProgress,
): Promise<RateFinding> {
  const original = await openBase(stated.model, { isPacked: stated.recipe.packing })
  const options = withTargets(stated, original)
  const { recipe, checkpointing, memoryLimitMb } = options
  const { data } = packData(await readData(options, original), original, recipe)
  refuseFullExport(original, recipe)
  const identity = await identityOf(options, original)
  const { base } = await quantised(original, options, { identity, onProgress })
  const device = await chooseDevice(options.device)
  const objective = await openObjective({
    model: base.model,
    weightsFolder: base.folder,
    trainable: trainableOf(base, recipe),
    loss: base.loss,
    // A hundred steps: gradients come to the host, whatever the device.
    isHostStepped: true,
    device,
    threads: options.threads,
    decideCheckpointing: (activationBytes) => {
      const extents = extentsOf(data.training, recipe.batchSize)
      const choice = chooseMemory({ checkpointing, memoryLimitMb, extents, activationBytes })
      return Promise.resolve(choice.checkpointing)
    },
  })
  try {
    const initial = await initialParameters(objective.slots, recipe, base)
    const search = await searchRate({ objective, initial, training: data.training, recipe, onProgress })
    return { schema: 'oneround/find-lr@1', ...search }
  } finally {
    await objective.close()
  }
}
