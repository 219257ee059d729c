/**
 * Whether an adapter was trained on the base that this round starts from, as far as its folder tells: the digests that
 * `train` wrote into `training.json`, or the weights of the local folder that `base_model_name_or_path` names. The name of a
 * model on a hub proves nothing either way (the same base has many), so it is told where the modules do not fit, and no more.
 * In: the adapter's folder. Out: nothing, or the refusal that names what differs. Charters of other digests, other bytes.
 */
import { join } from 'node:path'
import type { Charter } from '../charter/schema.ts'
import { toHex } from '../core/bytes.ts'
import { type ErrorInfo, isRoundError, RoundError } from '../core/errors.ts'
import { fileDigest, hasFile, realPath } from '../files/index.ts'
import { isWeightsFile } from '../model/base-digest.ts'

export type AdapterBaseFault = {
  readonly code: 'ADAPTER_OTHER_BASE'
  readonly file: string
  /** The file of the base that differs; null where the round builds on another and the adapter does not. */
  readonly baseFile: string | null
}

export interface AdapterBase {
  /** File of the base that it was trained on → SHA-256, hex; empty where nothing is known. */
  readonly digests: Readonly<Record<string, string>>
  /** `base_model_name_or_path`; null where the folder has none. */
  readonly name: string | null
}

/**
 * @param baseFolder — the base model's folder at this node, whose digests were checked against the charter; null where its options name none
 * @throws ADAPTER_OTHER_BASE
 */
export async function checkAdapterBase(
  file: string,
  base: AdapterBase,
  charter: Charter,
  baseFolder: string | null,
): Promise<void> {
  const told = weightsOf(base.digests)
  const found = told.length > 0 ? told : await digestsAt(base.name, charter, baseFolder)
  for (const [name, sha256] of found) {
    const expected = charter.baseModel.find((each) => each.name === name)
    if (expected === undefined || toHex(expected.sha256) === sha256) continue
    throw new RoundError<AdapterBaseFault>(
      { code: 'ADAPTER_OTHER_BASE', file, baseFile: name },
      `${file}: trained on ${base.name ?? 'a base'} whose ${name} has SHA-256 ${sha256}, the charter’s is ${toHex(expected.sha256)}`,
      { hint: 'Train on the base model that the charter names: `oneround charter show` prints its files.' },
    )
  }
}

/** A round that builds on another is for adapters trained on that one's result: on the plain base they would be added twice. */
export function refusePlainBase(file: string, { digests }: AdapterBase, { baseModel }: Charter): void {
  const weights = weightsOf(digests).filter(([name]) => name.endsWith('.safetensors'))
  const isPlain = ([name, sha256]: readonly [string, string]): boolean =>
    baseModel.some((each) => each.name === name && toHex(each.sha256) === sha256)
  if (weights.length === 0 || !weights.every(isPlain)) return
  throw new RoundError<AdapterBaseFault>(
    { code: 'ADAPTER_OTHER_BASE', file, baseFile: null },
    `${file}: trained on the plain base model, but this round builds on the one before`,
    {
      hint: 'Write the model to train on with `oneround export --format merged --model <base>`, and train with --model on that folder.',
    },
  )
}

const MISFITS: ReadonlySet<string> = new Set([
  'UPDATE_MODULES_MISMATCH',
  'UPDATE_SHAPE_MISMATCH',
  'WEIGHTS_MISMATCH',
])

/** What to throw for an adapter that does not fit: with the base that it says to be for, where it says so. */
export function withBaseName(error: unknown, { name }: AdapterBase): unknown {
  if (name === null || !isRoundError(error) || !MISFITS.has(error.code)) return error
  const hint = error.hint === undefined ? {} : { hint: error.hint }
  const message = `${error.message}; its adapter_config.json says that it is for ${name}`
  return new RoundError<ErrorInfo>(error.info, message, { ...hint, cause: error })
}

const weightsOf = (digests: AdapterBase['digests']): readonly (readonly [string, string])[] =>
  Object.entries(digests).filter(([name]) => isWeightsFile(name))

/** Of the charter's weights, those that lie in the folder that an adapter names. None where that is no folder here. */
async function digestsAt(
  name: string | null,
  charter: Charter,
  baseFolder: string | null,
): Promise<readonly (readonly [string, string])[]> {
  if (name === null || (await isSameFolder(name, baseFolder))) return []
  const found: (readonly [string, string])[] = []
  for (const { name: file } of charter.baseModel) {
    const path = join(name, file)
    if (isWeightsFile(file) && (await hasFile(path))) found.push([file, toHex(await fileDigest(path))])
  }
  return found
}

/** Then its digests are known to be the charter's: hashing a large model once is enough. */
async function isSameFolder(name: string, baseFolder: string | null): Promise<boolean> {
  if (baseFolder === null || !(await hasFile(name))) return false
  return (await realPath(name)) === (await realPath(baseFolder))
}
