/** A model folder whose weights come from a formula: scripts/vectors/decoders.py computes the same ones. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeHeader } from '../../src/core/safetensors.ts'
import { parseDecoderConfig } from '../../src/model/hf-config.ts'
import { decoderTensorShapes } from '../../src/model/hf-decoder.ts'
import { littleEndian } from '../../src/model/peft.ts'

/** A chirp: its matrices have full rank, and those of two names differ. Gains of norms lie around 1. */
export function formulaWeight(name: string, count: number): Float32Array {
  const code = Array.from(name).reduce((sum, letter, i) => sum + (i + 1) * (letter.codePointAt(0) ?? 0), 0)
  const middle = name.includes('norm') && name.endsWith('weight') ? 1 : 0
  return Float32Array.from(
    { length: count },
    (_, i) => middle + 0.35 * Math.sin((i + 1) ** 2 * 0.013 + (code % 997)),
  )
}

/** Writes `config.json` and `model.safetensors`. */
export async function writeFormulaBase(folder: string, config: object): Promise<string> {
  await mkdir(folder, { recursive: true })
  const text = JSON.stringify(config)
  const shapes = [...decoderTensorShapes(parseDecoderConfig(text, 'config.json'))]
  const { prefix, header } = encodeHeader(shapes.map(([name, shape]) => ({ name, dtype: 'F32', shape })))
  const parts = header.entries.map(({ name, sizeBytes }) => littleEndian(formulaWeight(name, sizeBytes / 4)))
  await writeFile(join(folder, 'model.safetensors'), Buffer.concat([prefix, ...parts]))
  await writeFile(join(folder, 'config.json'), text)
  return folder
}
