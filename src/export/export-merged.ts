/**
 * The base model with a merged update in its weights: a folder like the base's own, loaded the same way, with no adapter
 * left. W + ΔW is computed in f32 from the stored W and rounded to the dtype that W is stored in.
 *
 * Every weights file is written tensor by tensor in the layout that it has, so that one tensor is in memory at a time; all
 * other files (config, tokenizer) are copied. Pickled weights are neither read nor copied.
 */
import { basename, join } from 'node:path'
import { RoundError } from '../core/errors.ts'
import type { SafetensorsHeader } from '../core/safetensors.ts'
import {
  type AtomicWriter,
  listFiles,
  openAtomicWriter,
  openReader,
  type Reader,
  readText,
  writeFileAtomic,
} from '../files/index.ts'
import { storedNameOf } from '../model/stored-names.ts'
import {
  decodeFloat32,
  locateFolderTensors,
  readSafetensorsHeader,
  type StoredTensors,
} from '../model/weights.ts'
import { CARD_NAME } from './export-adapter.ts'
import { encodeFloats } from './float-encoding.ts'
import { deltaOf, type MergedShape, type MergedUpdate, weightShape } from './merged-module.ts'

const BLOCK_BYTES = 1 << 20
const CONFIG_SIZE_BYTES_MAX = 4 << 20
/** Beside the weights: everything but other forms of the weights and the base's own card. */
const NOT_COPIED = /\.(bin|pt|pth|ckpt|pkl|h5|msgpack|onnx|onnx_data|safetensors)$|^README\.md$|^\./

export type MergeTargetFault = {
  readonly code: 'MODULE_NOT_IN_BASE'
  readonly file: string
  readonly module: string
}

/** @throws MODULE_NOT_IN_BASE | WEIGHTS_PICKLED | WEIGHTS_MISMATCH | SAFETENSORS_INVALID | NO_SPACE */
export async function exportMerged(
  folder: string,
  update: MergedUpdate,
  { baseModel, card }: { readonly baseModel: string; readonly card: string },
): Promise<void> {
  const tensors = await locateFolderTensors(baseModel)
  const isTransposed = await storesInOut(baseModel)
  const targets = targetsOf(update, tensors, { baseModel, isTransposed })
  const parts = partsOf(update, tensors, baseModel)
  for (const path of new Set([...tensors.values()].map((tensor) => tensor.path))) {
    await writeWeights(path, join(folder, basename(path)), { update, targets, parts, isTransposed })
  }
  for (const name of (await listFiles(baseModel)).filter((each) => !NOT_COPIED.test(each))) {
    await copyFile(join(baseModel, name), join(folder, name))
  }
  await writeFileAtomic(join(folder, CARD_NAME), card)
}

/** GPT-2 stores the weights of its `Conv1D` layers as [in, out]; every other architecture as [out, in]. */
async function storesInOut(baseModel: string): Promise<boolean> {
  const text = await readText(join(baseModel, 'config.json'), CONFIG_SIZE_BYTES_MAX)
  return /"model_type"\s*:\s*"gpt2"/.test(text)
}

/** Tensor name → index of the dense part that changes it. */
function partsOf(
  { dense }: MergedUpdate,
  tensors: StoredTensors,
  baseModel: string,
): ReadonlyMap<string, number> {
  const nameOf = (name: string): string => storedNameOf(tensors, name) ?? name
  for (const part of dense) {
    const found = tensors.get(nameOf(part.name))?.shape
    if (found?.join() === part.shape.join()) continue
    const what = found === undefined ? 'has no tensor' : `has as ${found.join('×')}:`
    throw notInBase(baseModel, part, `${what} ${part.name}, expected ${part.shape.join('×')}`)
  }
  return new Map(dense.map(({ name }, index) => [nameOf(name), index]))
}

/** Tensor name → index of the module that changes it. */
function targetsOf(
  { modules }: MergedUpdate,
  tensors: StoredTensors,
  { baseModel, isTransposed }: { readonly baseModel: string; readonly isTransposed: boolean },
): ReadonlyMap<string, number> {
  return new Map(
    modules.map((module, index) => {
      const usual = `${module.name}.weight`
      const name = storedNameOf(tensors, usual) ?? usual
      const shape = tensors.get(name)?.shape
      if (shape === undefined) throw notInBase(baseModel, module, `has no tensor ${name}`)
      const expected = isTransposed ? [module.in, module.out] : weightShape(module)
      if (!isOfShape(shape, expected, module))
        throw notInBase(
          baseModel,
          module,
          `has ${name} as ${shape.join('×')}, expected ${expected.join('×')}`,
        )
      return [name, index]
    }),
  )
}

/** Where nothing is known of a kernel, a weight of more dimensions is a convolution’s: its rows are as long as A’s. */
function isOfShape(
  shape: readonly number[],
  expected: readonly number[],
  { in: width, out }: MergedShape,
): boolean {
  if (shape.join() === expected.join()) return true
  const [rows, ...rest] = shape
  const isConvolution = expected.length === 2 && shape.length > 2
  return isConvolution && rows === out && rest.reduce((size, extent) => size * extent, 1) === width
}

function notInBase(
  file: string,
  { name }: Pick<MergedShape, 'name'>,
  found: string,
): RoundError<MergeTargetFault> {
  return new RoundError<MergeTargetFault>(
    { code: 'MODULE_NOT_IN_BASE', file, module: name },
    `${file}: ${found}`,
    { hint: 'Is this the base model that the adapters were trained on?' },
  )
}

interface Merging {
  readonly update: MergedUpdate
  readonly targets: ReadonlyMap<string, number>
  readonly parts: ReadonlyMap<string, number>
  readonly isTransposed: boolean
}

async function writeWeights(from: string, to: string, merging: Merging): Promise<void> {
  const header = await readSafetensorsHeader(from)
  const reader = await openReader(from)
  const writer = await openAtomicWriter(to)
  try {
    await copyBytes(reader, writer, 0, header.dataOffset)
    for (const entry of header.entries) await writeTensor(reader, writer, entry, merging)
    await writer.commit()
  } finally {
    await writer.abort()
    await reader.close()
  }
}

async function writeTensor(
  reader: Reader,
  writer: AtomicWriter,
  entry: SafetensorsHeader['entries'][number],
  { update, targets, parts, isTransposed }: Merging,
): Promise<void> {
  const index = targets.get(entry.name)
  const part = parts.get(entry.name)
  if (part !== undefined) {
    const tensor = { ...entry, path: reader.path }
    const values = decodeFloat32(await reader.read(entry.offset, entry.sizeBytes), tensor)
    const change = await update.readDense(part)
    const changed = values.map((value, i) => value + (change[i] ?? 0))
    await writer.write(encodeFloats(changed, tensor))
    return
  }
  if (index === undefined) return copyBytes(reader, writer, entry.offset, entry.sizeBytes)
  const tensor = { ...entry, path: reader.path }
  const weights = decodeFloat32(await reader.read(entry.offset, entry.sizeBytes), tensor)
  const module = await update.read(index)
  const delta = deltaOf(module)
  const { in: width, out } = module
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < width; i++) {
      const at = isTransposed ? i * out + o : o * width + i
      weights[at] = (weights[at] ?? 0) + (delta[o * width + i] ?? 0)
    }
  }
  await writer.write(encodeFloats(weights, tensor))
}

async function copyBytes(
  reader: Reader,
  writer: AtomicWriter,
  offset: number,
  length: number,
): Promise<void> {
  for (let done = 0; done < length; done += BLOCK_BYTES) {
    await writer.write(await reader.read(offset + done, Math.min(BLOCK_BYTES, length - done)))
  }
}

async function copyFile(from: string, to: string): Promise<void> {
  const reader = await openReader(from)
  const writer = await openAtomicWriter(to)
  try {
    await copyBytes(reader, writer, 0, reader.sizeBytes)
    await writer.commit()
  } finally {
    await writer.abort()
    await reader.close()
  }
}
