/**
 * My own update: from a PEFT folder (or, where the whole model is trained, a model folder) to a file in the store, built, admitted by the same check as everyone's and synced
 * before a word is said about it. In: the adapter. Out: what the header says of it.
 * A crash in between leaves a file that nobody refers to; the next start makes another, with another nonce.
 */
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import {
  DEVIATION_COUNT_MAX,
  DEVIATION_LENGTH_MAX,
  type Header,
  type TrainingSummary,
} from '../agree/messages.ts'
import type { AdmissionResult, HeaderDraft, Params } from '../agree/types.ts'
import { RoundError } from '../core/errors.ts'
import type { MemberIndex } from '../core/order.ts'
import type { Rng } from '../core/ports.ts'
import type { ChunkStore } from '../exchange/chunk-store.ts'
import { hasFile, readText, removeFile } from '../files/index.ts'
import { buildManifest, type BuiltManifest, writeUpdateFile } from '../update/build.ts'
import { type AdapterBase, checkAdapterBase, refusePlainBase, withBaseName } from './adapter-base.ts'
import { openOwnContent } from './own-content.ts'

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
  /** The base model's folder; null where the node's options name none. */
  readonly baseModel: string | null
  /** Aggregates of the rounds that this one builds on, lowest first. */
  readonly basis: readonly string[]
}

/**
 * @param adapterFolder — a PEFT folder for the charter's layout; a model folder where its layout has no modules
 * @throws OWN_UPDATE_REFUSED | ADAPTER_OTHER_BASE | BASE_MODEL_NEEDED | UPDATE_MODULES_MISMATCH | UPDATE_SHAPE_MISMATCH | UPDATE_RANK_TOO_LARGE |
 * UPDATE_NOT_FINITE | UPDATE_TOO_LARGE | NO_SPACE, and what reading the adapter throws
 */
export async function prepareOwnUpdate(
  adapterFolder: string,
  modules: OwnUpdateModules,
): Promise<HeaderDraft> {
  const { params, store, folder, admit } = modules
  const { round, me } = params
  const { samples, summary, base } = await readTrainingClaim(adapterFolder)
  const path = join(folder, 'own.building')
  const built = await buildUpdate(adapterFolder, path, base, modules)
  const update = await store.adopt(path, built.bytes)
  const { sizeBytes, chunkSizeBytes, layout } = built.manifest
  const basis = params.basis === undefined ? {} : { basis: params.basis }
  const draft: HeaderDraft = { update, sizeBytes, chunkSizeBytes, layout, ...basis, samples, summary }
  const result = await admit({ ...draft, round, member: me })
  if (result.kind === 'admitted') return draft
  await removeFile(store.pathOf(update))
  throw new RoundError<OwnUpdateFault>(
    { code: 'OWN_UPDATE_REFUSED', file: adapterFolder, fault: result.fault },
    `${adapterFolder}: every member would refuse this update: ${result.fault}`,
    { hint: 'The charter bounds shapes, ranks, norms and sizes; `oneround charter show` prints them.' },
  )
}

async function buildUpdate(
  adapterFolder: string,
  path: string,
  digests: Training['base'],
  modules: OwnUpdateModules,
): Promise<BuiltManifest> {
  const { charter, round, me, basis } = modules.params
  const { content, baseName, close } = await openOwnContent(adapterFolder, charter.layout, modules)
  const base: AdapterBase = { digests, name: baseName }
  try {
    if (basis !== undefined) refusePlainBase(adapterFolder, base, charter)
    else await checkAdapterBase(adapterFolder, base, charter, modules.baseModel)
    const { nonce } = await writeUpdateFile(path, content, charter.layout, modules.rng)
    return await buildManifest({ path, nonce, round, member: me, charter })
  } catch (error) {
    throw withBaseName(error, base)
  } finally {
    await close()
  }
}

const TRAINING_SIZE_BYTES_MAX = 64 << 20
const countOf = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const lossOf = v.pipe(v.number(), v.finite(), v.minValue(0))
/** The fields of `training.json` that a header claims; the file has more. */
const trainingSchema = v.object({
  /** SHA-256 of each of the base's files, hex. */
  base: v.optional(v.record(v.string(), v.string())),
  samples: v.object({ training: countOf }),
  targetTokens: countOf,
  steps: countOf,
  epochs: v.optional(countOf),
  charter: v.optional(v.object({ digest: v.string(), deviations: v.array(v.string()) })),
  fisher: v.optional(v.object({ trace: v.pipe(v.number(), v.finite(), v.minValue(0)) })),
  validationLoss: v.nullable(v.object({ before: lossOf, best: lossOf })),
})

const MILLION = 1_000_000

interface Training {
  readonly samples: number
  readonly summary: TrainingSummary
  /** File of the base that it was trained on → SHA-256, hex; empty where nothing is known. */
  readonly base: Readonly<Record<string, string>>
}

/** What `train` left beside the adapter. An adapter from elsewhere claims nothing. */
export async function readTrainingClaim(adapterFolder: string): Promise<Training> {
  const unknown = { samples: 0, summary: { epochs: 0, steps: 0, tokens: 0 }, base: {} }
  for (const file of [join(adapterFolder, 'training.json'), join(dirname(adapterFolder), 'training.json')]) {
    if (!(await hasFile(file))) continue
    const training = parseTraining(await readText(file, TRAINING_SIZE_BYTES_MAX))
    if (training === null) continue
    const { samples, targetTokens, steps, epochs, validationLoss, base, fisher, charter } = training
    const losses = validationLoss && {
      lossBeforeMillionths: Math.round(validationLoss.before * MILLION),
      lossAfterMillionths: Math.round(validationLoss.best * MILLION),
    }
    return {
      samples: samples.training,
      summary: {
        epochs: epochs ?? 0,
        steps,
        tokens: targetTokens,
        ...losses,
        ...fisherClaim(fisher),
        ...deviationClaim(charter),
      },
      base: base ?? {},
    }
  }
  return unknown
}

/** Within what a header may hold; none where the run knew of no charter. */
function deviationClaim(
  charter: { readonly deviations: readonly string[] } | undefined,
): Pick<TrainingSummary, 'deviations'> {
  if (charter === undefined || charter.deviations.length === 0) return {}
  const lines = charter.deviations.slice(0, DEVIATION_COUNT_MAX)
  return { deviations: lines.map((line) => asciiOf(line).slice(0, DEVIATION_LENGTH_MAX)) }
}

const asciiOf = (text: string): string => text.replaceAll(/[^ -~]/g, '?')

/** As a header holds it: at least 1, within its bound. */
function fisherClaim(
  fisher: { readonly trace: number } | undefined,
): Pick<TrainingSummary, 'fisherMillionths'> {
  if (fisher === undefined) return {}
  return { fisherMillionths: Math.min(2 ** 40, Math.max(1, Math.round(fisher.trace * MILLION))) }
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
