/**
 * My own update: from a PEFT folder to a file in the store, built, admitted by the same check as everyone's and synced
 * before a word is said about it. In: the adapter. Out: what the header says of it.
 * A crash in between leaves a file that nobody refers to; the next start makes another, with another nonce.
 */
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import type { Header, TrainingSummary } from '../agree/messages.ts'
import type { AdmissionResult, HeaderDraft, Params } from '../agree/types.ts'
import { RoundError } from '../core/errors.ts'
import type { MemberIndex } from '../core/order.ts'
import type { Rng } from '../core/ports.ts'
import type { ChunkStore } from '../exchange/chunk-store.ts'
import { hasFile, readText, removeFile } from '../files/index.ts'
import { readAdapter } from '../model/peft.ts'
import { buildManifest, writeUpdateFile } from '../update/build.ts'

export type OwnUpdateFault = {
  readonly code: 'OWN_UPDATE_REFUSED'
  readonly file: string
  readonly fault: string
}

export interface OwnUpdateModules {
  readonly params: Params & { readonly me: MemberIndex }
  readonly store: ChunkStore
  /** The node's folder of updates: the file is built beside where it will lie. */
  readonly folder: string
  readonly admit: (header: Header) => Promise<AdmissionResult>
  readonly rng: Rng
}

/**
 * @param adapterFolder — a PEFT folder for the charter's layout
 * @throws OWN_UPDATE_REFUSED | UPDATE_MODULES_MISMATCH | UPDATE_SHAPE_MISMATCH | UPDATE_RANK_TOO_LARGE |
 * UPDATE_NOT_FINITE | UPDATE_TOO_LARGE | NO_SPACE, and what reading the adapter throws
 */
export async function prepareOwnUpdate(
  adapterFolder: string,
  modules: OwnUpdateModules,
): Promise<HeaderDraft> {
  const { params, store, folder, admit, rng } = modules
  const { charter, round, me } = params
  const { samples, summary } = await readTraining(adapterFolder)
  const adapter = await readAdapter(adapterFolder)
  const path = join(folder, 'own.building')
  const { nonce } = await writeUpdateFile(path, adapter.modules, charter.layout, rng)
  const built = await buildManifest({ path, nonce, round, member: me, charter })
  const update = await store.adopt(path, built.bytes)
  const { sizeBytes, chunkSizeBytes, layout } = built.manifest
  const draft: HeaderDraft = { update, sizeBytes, chunkSizeBytes, layout, samples, summary }
  const result = await admit({ ...draft, round, member: me })
  if (result.kind === 'admitted') return draft
  await removeFile(store.pathOf(update))
  throw new RoundError<OwnUpdateFault>(
    { code: 'OWN_UPDATE_REFUSED', file: adapterFolder, fault: result.fault },
    `${adapterFolder}: every member would refuse this update: ${result.fault}`,
    { hint: 'The charter bounds shapes, ranks, norms and sizes; `oneround charter show` prints them.' },
  )
}

const TRAINING_SIZE_BYTES_MAX = 64 << 20
const countOf = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const lossOf = v.pipe(v.number(), v.finite(), v.minValue(0))
/** The fields of `training.json` that a header claims; the file has more. */
const trainingSchema = v.object({
  samples: v.object({ training: countOf }),
  targetTokens: countOf,
  steps: countOf,
  epochs: v.optional(countOf),
  validationLoss: v.nullable(v.object({ before: lossOf, best: lossOf })),
})

const MILLION = 1_000_000

/** What `train` left beside the adapter. An adapter from elsewhere claims nothing. */
async function readTraining(
  adapterFolder: string,
): Promise<{ readonly samples: number; readonly summary: TrainingSummary }> {
  const unknown = { samples: 0, summary: { epochs: 0, steps: 0, tokens: 0 } }
  for (const file of [join(adapterFolder, 'training.json'), join(dirname(adapterFolder), 'training.json')]) {
    if (!(await hasFile(file))) continue
    const training = parseTraining(await readText(file, TRAINING_SIZE_BYTES_MAX))
    if (training === null) continue
    const { samples, targetTokens, steps, epochs, validationLoss } = training
    const losses = validationLoss && {
      lossBeforeMillionths: Math.round(validationLoss.before * MILLION),
      lossAfterMillionths: Math.round(validationLoss.best * MILLION),
    }
    return {
      samples: samples.training,
      summary: { epochs: epochs ?? 0, steps, tokens: targetTokens, ...losses },
    }
  }
  return unknown
}

function parseTraining(text: string): v.InferOutput<typeof trainingSchema> | null {
  try {
    const checked = v.safeParse(trainingSchema, JSON.parse(text))
    return checked.success ? checked.output : null
  } catch {
    // Somebody else's file of the same name: the adapter stands on its own.
    return null
  }
}
