/**
 * Checkpoints: everything that a run needs to go on as if nothing had happened, in one safetensors file that is whole or
 * absent. The order of the data is a function of seed and epoch, so no generator's state is kept.
 * In: vectors of one length and a JSON state. Out: the same, or null where there is none.
 * A checkpoint belongs to one run: its identity (digest of base, data and recipe) is kept with it and compared.
 */
import { join } from 'node:path'
import { RoundError } from '../core/errors.ts'
import { encodeHeader } from '../core/safetensors.ts'
import { hasFile, openAtomicWriter, removeFile } from '../files/index.ts'
import { littleEndian } from '../model/peft.ts'
import { locateTensors, readFloat32, readSafetensorsHeader } from '../model/weights.ts'
import type { TrainFault } from './errors.ts'

/** Vectors of a run, each as long as the parameters. */
export interface RunVectors {
  readonly parameters: Float32Array
  /** The optimiser's own, by their names. */
  readonly optimizer: Readonly<Record<string, Float32Array>>
  /** Parameters of the lowest validation loss so far. */
  readonly best: Float32Array
}

export interface Checkpoint<State> {
  readonly state: State
  readonly vectors: RunVectors
}

/** Where a run keeps its checkpoint. */
export interface CheckpointStore<State> {
  /** @throws CHECKPOINT_FOREIGN | CHECKPOINT_INVALID | SAFETENSORS_INVALID */
  readonly read: (parameterCount: number) => Promise<Checkpoint<State> | null>
  readonly write: (checkpoint: Checkpoint<State>) => Promise<void>
  readonly remove: () => Promise<void>
}

const NAME = 'checkpoint.safetensors'
const FORMAT = 'oneround/checkpoint@2'
const OPTIMIZER_PREFIX = 'optimizer.'

/**
 * @param folder — the run's output folder
 * @param identity — what the run is, as a digest's text
 * @param checkState — turns parsed JSON into a state, or null where it is none
 */
export function openCheckpointStore<State>(
  folder: string,
  identity: string,
  checkState: (value: unknown) => State | null,
): CheckpointStore<State> {
  const path = join(folder, NAME)
  return {
    read: async (parameterCount) => {
      if (!(await hasFile(path))) return null
      const { metadata } = await readSafetensorsHeader(path)
      if (metadata.get('format') !== FORMAT) throw invalid(path, `it is not of the form ${FORMAT}`)
      if (metadata.get('identity') !== identity) throw foreign(path)
      const state = checkState(JSON.parse(metadata.get('state') ?? 'null'))
      if (state === null) throw invalid(path, 'its state has not the fields of this version')
      return { state, vectors: await readVectors(path, parameterCount) }
    },
    write: ({ state, vectors }) => {
      const metadata = new Map([
        ['format', FORMAT],
        ['identity', identity],
        ['state', JSON.stringify(state)],
      ])
      return writeVectors(path, vectors, metadata)
    },
    remove: () => removeFile(path),
  }
}

async function readVectors(path: string, parameterCount: number): Promise<RunVectors> {
  const tensors = await locateTensors(path)
  const read = async (name: string): Promise<Float32Array> => {
    const tensor = tensors.get(name)
    if (tensor === undefined || tensor.shape.join() !== String(parameterCount)) {
      throw invalid(path, `its ${name} are not ${parameterCount} numbers`)
    }
    return readFloat32(tensor)
  }
  const optimizer: Record<string, Float32Array> = {}
  for (const name of tensors.keys()) {
    if (name.startsWith(OPTIMIZER_PREFIX)) optimizer[name.slice(OPTIMIZER_PREFIX.length)] = await read(name)
  }
  return { parameters: await read('parameters'), optimizer, best: await read('best') }
}

async function writeVectors(
  path: string,
  { parameters, optimizer, best }: RunVectors,
  metadata: Map<string, string>,
): Promise<void> {
  const vectors = new Map([
    ['parameters', parameters],
    ['best', best],
    ...Object.entries(optimizer).map(([name, vector]) => [`${OPTIMIZER_PREFIX}${name}`, vector] as const),
  ])
  const layout = [...vectors].map(([name, vector]) => ({ name, dtype: 'F32', shape: [vector.length] }))
  const { prefix, header } = encodeHeader(layout, metadata)
  const writer = await openAtomicWriter(path)
  try {
    await writer.write(prefix)
    for (const { name } of header.entries) await writer.write(littleEndian(vectors.get(name)))
    await writer.commit()
  } finally {
    await writer.abort()
  }
}

function foreign(file: string): RoundError<TrainFault> {
  return new RoundError(
    { code: 'CHECKPOINT_FOREIGN', file },
    `${file} belongs to another base, data or recipe`,
    {
      hint: 'Choose another output folder, or start afresh (--fresh), which replaces it.',
    },
  )
}

function invalid(file: string, reason: string): RoundError<TrainFault> {
  return new RoundError({ code: 'CHECKPOINT_INVALID', file, reason }, `${file}: ${reason}`, {
    hint: 'Start afresh (--fresh), which replaces it.',
  })
}
