/** Where an update file's factors lie: headers only, checked against the charter's layout. */
import type { Layout } from '../charter/schema.ts'
import { headerLengthOf, parseHeader, type SafetensorsEntry } from '../core/safetensors.ts'
import { openReader } from '../files/index.ts'
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
    return layout.modules.map(({ name, in: inCount, out }) => {
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
  } finally {
    await reader.close()
  }
}

function placeOf({ name, dtype, offset }: SafetensorsEntry, path: string): TensorPlace {
  if (dtype === 'F32' || dtype === 'BF16' || dtype === 'F16') return { offset, dtype }
  throw mismatch(path, `tensor ${name}: dtype ${dtype}, expected F32, BF16 or F16`)
}

const mismatch = (file: string, reason: string) =>
  aggregateError({ code: 'INPUT_MISMATCH', file, reason }, `${file}: ${reason}`)
