/**
 * Which base model this is: the SHA-256 of every file of its folder that can change what training or inference computes.
 *
 * In: a folder. Out: names and digests, as a charter lists them. Invariant: two folders of equal digests give the same
 * graph, weights, token ids and chat template. A README or a second copy of the weights in another format may differ;
 * pickled weights are never read, so they do not count.
 */
import { basename, dirname, join } from 'node:path'
import { equalBytes, toHex } from '../core/bytes.ts'
import { RoundError } from '../core/errors.ts'
import type { Digest } from '../core/ids.ts'
import { fileDigest, folderDigest, hasFile } from '../files/index.ts'
import type { OnnxModel } from './graph.ts'
import { homeOf } from './model-home.ts'

export interface FileDigest {
  readonly name: string
  readonly sha256: Digest
}

export type BaseModelFault =
  | {
      readonly code: 'BASE_MODEL_MISMATCH'
      readonly file: string
      /** Hex; null for a file that one side lacks. */
      readonly expected: string | null
      readonly found: string | null
    }
  | { readonly code: 'BASE_MODEL_EMPTY'; readonly file: string }

const WEIGHTS = /\.(safetensors|onnx|onnx_data|onnx\.data)$/
const SETTINGS: ReadonlySet<string> = new Set([
  'config.json',
  'model.safetensors.index.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
  'chat_template.json',
  'vocab.json',
  'merges.txt',
])

/** Whether a file of a base model holds weights, by its name. */
export const isWeightsFile = (name: string): boolean => WEIGHTS.test(name)

const isPart = (name: string): boolean => isWeightsFile(name) || SETTINGS.has(name)

/** @throws BASE_MODEL_EMPTY | FILE_UNREADABLE */
export async function digestBaseModel(folder: string): Promise<readonly FileDigest[]> {
  const files = await folderDigest(folder, isPart)
  if (files.some(({ name }) => isWeightsFile(name))) return files
  throw new RoundError<BaseModelFault>(
    { code: 'BASE_MODEL_EMPTY', file: folder },
    `${folder}: holds no weights as .safetensors or .onnx`,
    { hint: 'Name the folder of a base model, such as a Hugging Face folder with model.safetensors.' },
  )
}

/**
 * The files of an exported graph: itself, its weights outside, and the settings beside it (of the folder above, where only
 * that has them). @throws FILE_MISSING | FILE_UNREADABLE
 */
export async function digestOnnxBase(file: string, model: OnnxModel): Promise<readonly FileDigest[]> {
  const folder = dirname(file)
  const locations = [...model.graph.initializers.values()].flatMap(({ external }) => external?.location ?? [])
  const settings = await settingsOf(folder)
  const paths = new Map([basename(file), ...locations].map((name) => [name, join(folder, name)]))
  for (const [name, path] of settings) paths.set(name, path)
  const digests: FileDigest[] = []
  for (const [name, path] of [...paths].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    digests.push({ name, sha256: await fileDigest(path) })
  }
  return digests
}

/** Name and path of each file of settings that counts for a graph in this folder. */
export async function settingsOf(folder: string): Promise<readonly (readonly [string, string])[]> {
  const found: (readonly [string, string])[] = []
  for (const name of [...SETTINGS, 'preprocessor_config.json']) {
    const path = join(await homeOf(folder, name), name)
    if (await hasFile(path)) found.push([name, path])
  }
  return found
}

/**
 * Whether a folder, or an exported graph with what lies beside it, is the base model that a charter names.
 * @throws BASE_MODEL_MISMATCH naming the first file
 */
export async function checkBaseModel(folder: string, expected: readonly FileDigest[]): Promise<void> {
  if (folder.endsWith('.onnx')) return checkBaseGraph(folder, expected)
  const actual = new Map((await folderDigest(folder, isPart)).map(({ name, sha256 }) => [name, sha256]))
  for (const { name, sha256 } of expected) {
    // A charter may list files beyond the usual names: they are asked for as well.
    const found = actual.get(name) ?? (isPart(name) ? null : await fileDigest(join(folder, name)))
    if (found === null || !equalBytes(found, sha256)) throw differs(folder, name, sha256, found)
    actual.delete(name)
  }
  for (const [name, sha256] of actual) throw differs(folder, name, null, sha256)
}

/** Other graphs in the same folder are none of the charter's business. */
async function checkBaseGraph(file: string, expected: readonly FileDigest[]): Promise<void> {
  const folder = dirname(file)
  const named = expected.find(({ name }) => name === basename(file))
  if (named === undefined) throw differs(folder, basename(file), null, await fileDigest(file))
  for (const { name, sha256 } of expected) {
    const path = join(await homeOf(folder, name), name)
    const found = (await hasFile(path)) ? await fileDigest(path) : null
    if (found === null || !equalBytes(found, sha256)) throw differs(folder, name, sha256, found)
  }
}

function differs(
  folder: string,
  name: string,
  expected: Digest | null,
  actual: Digest | null,
): RoundError<BaseModelFault> {
  const text = (digest: Digest | null, none: string) => (digest === null ? none : `SHA-256 ${toHex(digest)}`)
  const file = join(folder, name)
  const hex = (digest: Digest | null) => (digest === null ? null : toHex(digest))
  return new RoundError<BaseModelFault>(
    { code: 'BASE_MODEL_MISMATCH', file, expected: hex(expected), found: hex(actual) },
    `${file}: expected ${text(expected, 'no such file')}, found ${text(actual, 'none')}`,
    { hint: 'All members must start from the same base model: get the very folder that the charter names.' },
  )
}
