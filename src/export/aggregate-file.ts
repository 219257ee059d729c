/**
 * The aggregate as it lies on disk, the one canonical file that members attest, read as a merged update.
 *
 * Form `stacked`: `<module>.lora_A` [R, in] and `<module>.lora_B` [out, R], weights, scale and λ already in B, so ΔW = B·A.
 * Form `dense`: `<module>.delta` [out, in] = ΔW. Both f32 (written by src/aggregate/kernel/run.ts), and both with
 * `<parameter>.dense` for what was trained whole.
 */
import { RoundError } from '../core/errors.ts'
import type { SafetensorsEntry, SafetensorsHeader } from '../core/safetensors.ts'
import { openReader, type Reader } from '../files/index.ts'
import {
  readFloat32Into,
  readSafetensorsHeader,
  type StoredTensor,
  type ValueSource,
} from '../model/weights.ts'
import type { MergedModule, MergedShape, MergedUpdate, StackedFactors, ValueRange } from './merged-module.ts'

export const AGGREGATE_FORMAT = 'oneround/aggregate@1'

export type AggregateFileFault = {
  readonly code: 'AGGREGATE_INVALID'
  readonly file: string
  readonly reason: string
}

export interface AggregateFile extends MergedUpdate {
  readonly form: 'stacked' | 'dense'
  /** Id and version, such as `multi-krum@1`. */
  readonly rule: string
  readonly close: () => Promise<void>
}

/** @throws FILE_MISSING | SAFETENSORS_INVALID | AGGREGATE_INVALID */
export async function openAggregateFile(path: string): Promise<AggregateFile> {
  const header = await readSafetensorsHeader(path)
  const form = header.metadata.get('form')
  const isKnown =
    header.metadata.get('format') === AGGREGATE_FORMAT && (form === 'stacked' || form === 'dense')
  if (!isKnown) throw invalid(path, `its metadata does not say ${AGGREGATE_FORMAT}`)
  const { parts, ofModules } = splitParts(header, path)
  const places = form === 'stacked' ? stackedPlaces(ofModules, path) : densePlaces(ofModules, path)
  const reader = await openReader(path)
  return {
    form,
    rule: header.metadata.get('rule') ?? '',
    modules: places.map(({ shape }) => shape),
    read: async (index) => readModule(reader, places[index], path),
    factors: (index) => factorsAt(reader, places[index], path),
    dense: parts.map(({ name, shape }) => ({ name: name.slice(0, -SUFFIX.dense.length), shape })),
    readDense: async (index, range) => {
      const tensor = parts[index]
      if (tensor === undefined) throw invalid(path, 'has no such dense part')
      return readValues(reader, { ...tensor, path }, range)
    },
    close: reader.close,
  }
}

interface Place {
  readonly shape: MergedShape
  /** A and B, or ΔW alone. */
  readonly tensors: readonly SafetensorsEntry[]
}

const SUFFIX = { a: '.lora_A', b: '.lora_B', delta: '.delta', dense: '.dense' } as const

type Entries = readonly SafetensorsEntry[]

function splitParts(
  { entries }: SafetensorsHeader,
  path: string,
): { readonly parts: Entries; readonly ofModules: Entries } {
  const isPart = ({ name }: SafetensorsEntry): boolean => name.endsWith(SUFFIX.dense)
  return {
    parts: entries.filter(isPart).map((entry) => checkF32(entry, path)),
    ofModules: entries.filter((entry) => !isPart(entry)),
  }
}

function stackedPlaces(entries: Entries, path: string): readonly Place[] {
  const byName = new Map(entries.map((entry) => [entry.name, entry]))
  if (entries.some(({ name }) => !name.endsWith(SUFFIX.a) && !name.endsWith(SUFFIX.b)))
    throw invalid(path, 'holds tensors that are no factors')
  return entries
    .filter(({ name }) => name.endsWith(SUFFIX.a))
    .map((a) => {
      const name = a.name.slice(0, -SUFFIX.a.length)
      const b = byName.get(`${name}${SUFFIX.b}`)
      const [rank = 0, width = 0] = a.shape
      const [out = 0, rankOfB = -1] = b?.shape ?? []
      const isRight = b !== undefined && a.shape.length === 2 && b.shape.length === 2 && rank === rankOfB
      if (!isRight) throw invalid(path, `the factors of ${name} do not fit together`)
      return { shape: { name, in: width, out }, tensors: [checkF32(a, path), checkF32(b, path)] }
    })
}

function densePlaces(entries: Entries, path: string): readonly Place[] {
  return entries.map((entry) => {
    const [out = 0, width = 0] = entry.shape
    if (!entry.name.endsWith(SUFFIX.delta) || entry.shape.length !== 2)
      throw invalid(path, `tensor ${entry.name} is no ΔW`)
    const name = entry.name.slice(0, -SUFFIX.delta.length)
    return { shape: { name, in: width, out }, tensors: [checkF32(entry, path)] }
  })
}

function checkF32(entry: SafetensorsEntry, path: string): SafetensorsEntry {
  if (entry.dtype !== 'F32') throw invalid(path, `tensor ${entry.name} is ${entry.dtype}, expected F32`)
  return entry
}

function factorsAt(reader: Reader, place: Place | undefined, path: string): StackedFactors | null {
  const [first, second] = place?.tensors ?? []
  if (first === undefined || second === undefined) return null
  const source = (tensor: SafetensorsEntry): ValueSource => ({
    length: tensor.sizeBytes / 4,
    readInto: (target, from) => readFloat32Into(reader, { ...tensor, path }, target, from),
  })
  return { rank: first.shape[0] ?? 0, scale: 1, a: source(first), b: source(second) }
}

/** Of an f32 tensor, all values or a range; no second copy is made on the way. */
async function readValues(
  reader: Reader,
  tensor: StoredTensor,
  { first, count }: ValueRange = { first: 0, count: tensor.sizeBytes / 4 },
): Promise<Float32Array> {
  const values = new Float32Array(count)
  await readFloat32Into(reader, tensor, values, first)
  return values
}

async function readModule(reader: Reader, place: Place | undefined, path: string): Promise<MergedModule> {
  const [first, second] = place?.tensors ?? []
  if (place === undefined || first === undefined) throw invalid(path, 'has no such module')
  const values = (tensor: SafetensorsEntry): Promise<Float32Array> => readValues(reader, { ...tensor, path })
  if (second === undefined) return { kind: 'dense', ...place.shape, delta: await values(first) }
  const rank = first.shape[0] ?? 0
  return { kind: 'stacked', ...place.shape, rank, scale: 1, a: await values(first), b: await values(second) }
}

function invalid(file: string, reason: string): RoundError<AggregateFileFault> {
  return new RoundError<AggregateFileFault>(
    { code: 'AGGREGATE_INVALID', file, reason },
    `${file}: no aggregate: ${reason}`,
    { hint: 'Name the aggregate.safetensors of a round; adapters are merged with `oneround merge`.' },
  )
}
