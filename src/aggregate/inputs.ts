/** Where an update file's factors lie: headers only, checked against the charter's layout. */
import type { DensePart, Layout } from '../charter/schema.ts'
import { denseName, diagonalNames, partDiagonalName } from '../charter/tensor-names.ts'
import { headerLengthOf, parseHeader, type SafetensorsEntry } from '../core/safetensors.ts'
import { openReader } from '../files/index.ts'
import { blocksOf } from './dense-parts.ts'
import { aggregateError } from './errors.ts'
import type { DiagonalPlaces, FactorPlaces, TensorPlace } from './job.ts'

/** @throws INPUT_MISMATCH | SAFETENSORS_INVALID and errors of the disk */
export async function locateFactors(path: string, layout: Layout): Promise<readonly FactorPlaces[]> {
  const reader = await openReader(path)
  try {
    const length = headerLengthOf(await reader.read(0, Math.min(8, reader.sizeBytes)), path)
    if (8 + length > reader.sizeBytes) throw mismatch(path, 'is shorter than its header')
    const header = parseHeader(await reader.read(8, length), reader.sizeBytes, path)
    const byName = new Map(header.entries.map((entry) => [entry.name, entry]))
    const factors = layout.modules.map(({ name, in: inCount, out }): FactorPlaces => {
      const a = byName.get(`${name}.lora_A`)
      const b = byName.get(`${name}.lora_B`)
      if (a === undefined || b === undefined) throw mismatch(path, `lacks a factor of module ${name}`)
      const rank = a.shape[0] ?? 0
      if (a.shape.join() !== `${rank},${inCount}` || b.shape.join() !== `${out},${rank}` || rank < 1) {
        const found = `A [${a.shape.join()}], B [${b.shape.join()}]`
        throw mismatch(path, `module ${name}: expected A [r,${inCount}], B [${out},r], found ${found}`)
      }
      const places = { rank, scale: layout.scale, a: placeOf(a, path), b: placeOf(b, path) }
      if (layout.fisher === undefined) return places
      const width = layout.sharedA === undefined ? inCount : rank
      const diagonal = locateDiagonal({ name, out, width }, byName, path)
      return { ...places, fisher: layout.sharedA === undefined ? diagonal : { ...diagonal, ofB: true } }
    })
    const hasDiagonals = layout.fisher !== undefined
    return [
      ...factors,
      ...(layout.dense ?? []).flatMap((part) => blockPlaces(part, byName, path, hasDiagonals)),
    ]
  } finally {
    await reader.close()
  }
}

/** Where the sums of a module's Fisher diagonal lie. @throws INPUT_MISMATCH */
export function locateDiagonal(
  { name, out, width }: { readonly name: string; readonly out: number; readonly width: number },
  entries: ReadonlyMap<string, SafetensorsEntry>,
  path: string,
): DiagonalPlaces {
  const names = diagonalNames(name)
  return {
    rows: placeOf(tensorOf(names.rows, [out], entries, path), path),
    columns: placeOf(tensorOf(names.columns, [width], entries, path), path),
  }
}

/** Where the blocks of a dense part lie. */
function blockPlaces(
  part: DensePart,
  entries: ReadonlyMap<string, SafetensorsEntry>,
  path: string,
  hasDiagonals: boolean,
): readonly FactorPlaces[] {
  const place = placeOf(tensorOf(denseName(part.name), part.shape, entries, path), path)
  if (!hasDiagonals) return placesOfBlocks(part, place)
  return placesOfBlocks(part, place, locatePartDiagonal(part, entries, path))
}

/** Where the Fisher diagonal of a dense part lies. @throws INPUT_MISMATCH */
export const locatePartDiagonal = (
  { name, shape }: DensePart,
  entries: ReadonlyMap<string, SafetensorsEntry>,
  path: string,
): TensorPlace => placeOf(tensorOf(partDiagonalName(name), shape, entries, path), path)

function tensorOf(
  name: string,
  shape: readonly number[],
  entries: ReadonlyMap<string, SafetensorsEntry>,
  path: string,
): SafetensorsEntry {
  const entry = entries.get(name)
  if (entry === undefined) throw mismatch(path, `lacks tensor ${name}`)
  if (entry.shape.join() === shape.join()) return entry
  throw mismatch(path, `tensor ${name}: expected [${shape.join()}], found [${entry.shape.join()}]`)
}

/** Of a part whose values, in row-major order, begin at `place`. */
export function placesOfBlocks(
  part: DensePart,
  values: TensorPlace,
  diagonal?: TensorPlace,
): readonly FactorPlaces[] {
  return blocksOf(part).map(({ block }): FactorPlaces => {
    const from = ({ offset, dtype }: TensorPlace): TensorPlace => {
      return { offset: offset + (dtype === 'F32' ? 4 : 2) * (block?.first ?? 0), dtype }
    }
    const fisher = diagonal === undefined ? {} : { fisher: { rows: null, columns: from(diagonal) } }
    return { rank: 1, scale: [1, 1], a: from(values), b: null, ...fisher }
  })
}

function placeOf({ name, dtype, offset }: SafetensorsEntry, path: string): TensorPlace {
  if (dtype === 'F32' || dtype === 'BF16' || dtype === 'F16') return { offset, dtype }
  throw mismatch(path, `tensor ${name}: dtype ${dtype}, expected F32, BF16 or F16`)
}

const mismatch = (file: string, reason: string) =>
  aggregateError({ code: 'INPUT_MISMATCH', file, reason }, `${file}: ${reason}`)
