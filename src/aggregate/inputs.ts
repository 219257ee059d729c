/** Where an update file's factors lie: headers only, checked against the charter's layout. */
import type { DensePart, Layout } from '../charter/schema.ts'
import { denseName } from '../charter/tensor-names.ts'
import { headerLengthOf, parseHeader, type SafetensorsEntry } from '../core/safetensors.ts'
import { openReader } from '../files/index.ts'
import { blocksOf } from './dense-parts.ts'
import { aggregateError } from './errors.ts'
import type { FactorPlaces, TensorPlace } from './job.ts'

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
      return { rank, scale: layout.scale, a: placeOf(a, path), b: placeOf(b, path) }
    })
    return [...factors, ...(layout.dense ?? []).flatMap((part) => blockPlaces(part, byName, path))]
  } finally {
    await reader.close()
  }
}

/** Where the blocks of a dense part lie. */
function blockPlaces(
  part: DensePart,
  entries: ReadonlyMap<string, SafetensorsEntry>,
  path: string,
): readonly FactorPlaces[] {
  const entry = entries.get(denseName(part.name))
  if (entry === undefined) throw mismatch(path, `lacks dense part ${part.name}`)
  if (entry.shape.join() !== part.shape.join()) {
    const shapes = `expected [${part.shape.join()}], found [${entry.shape.join()}]`
    throw mismatch(path, `dense part ${part.name}: ${shapes}`)
  }
  return placesOfBlocks(part, placeOf(entry, path))
}

/** Of a part whose values, in row-major order, begin at `place`. */
export function placesOfBlocks(part: DensePart, { offset, dtype }: TensorPlace): readonly FactorPlaces[] {
  const sizeBytes = dtype === 'F32' ? 4 : 2
  return blocksOf(part).map(({ block }) => {
    const a = { offset: offset + sizeBytes * (block?.first ?? 0), dtype }
    return { rank: 1, scale: [1, 1], a, b: null }
  })
}

function placeOf({ name, dtype, offset }: SafetensorsEntry, path: string): TensorPlace {
  if (dtype === 'F32' || dtype === 'BF16' || dtype === 'F16') return { offset, dtype }
  throw mismatch(path, `tensor ${name}: dtype ${dtype}, expected F32, BF16 or F16`)
}

const mismatch = (file: string, reason: string) =>
  aggregateError({ code: 'INPUT_MISMATCH', file, reason }, `${file}: ${reason}`)
