/** A model folder whose weights come from a formula: scripts/vectors/decoders.py computes the same ones. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeHeader } from '../../src/core/safetensors.ts'
import { encodeFloats } from '../../src/export/float-encoding.ts'
import { parseDecoderConfig } from '../../src/model/hf-config.ts'
import { decoderTensorShapes } from '../../src/model/hf-decoder.ts'

/** A chirp: its matrices have full rank, and those of two names differ. Gains of norms lie around 1. */
export function formulaWeight(name: string, count: number): Float32Array {
  const code = Array.from(name).reduce((sum, letter, i) => sum + (i + 1) * (letter.codePointAt(0) ?? 0), 0)
  const middle = name.includes('norm') && name.endsWith('weight') ? 1 : 0
  return Float32Array.from(
    { length: count },
    (_, i) => middle + 0.35 * Math.sin((i + 1) ** 2 * 0.013 + (code % 997)),
  )
}

/** Roots that files have in the place of the modules' root. */
const OTHER_ROOTS: readonly (readonly [root: string, other: string])[] = [
  ['model.language_model.', 'language_model.model.'],
  ['transformer.', ''],
  ['gpt_neox.', ''],
  ['model.', ''],
]
/** What a file calls the tensor of a module that was saved otherwise. */
export function withOtherRoot(name: string): string {
  const [own = '', other = ''] = OTHER_ROOTS.find(([each]) => name.startsWith(each)) ?? []
  return other + name.slice(own.length)
}

/** How a base is stored. */
export interface StoredForm {
  readonly dtype?: 'F32' | 'F16' | 'BF16'
  /** Round-robin over so many files, with an index; 1: `model.safetensors` alone. */
  readonly fileCount?: number
  /** What tensors are called, from the names of their modules. */
  readonly rename?: (name: string) => string
  /** What is stored, from the formula's value. */
  readonly round?: (value: number) => number
}

/** Writes `config.json` and the weights. */
export async function writeFormulaBase(
  folder: string,
  config: object,
  { dtype = 'F32', fileCount = 1, rename = (name) => name, round = (value) => value }: StoredForm = {},
): Promise<string> {
  await mkdir(folder, { recursive: true })
  const text = JSON.stringify(config)
  const shapes = [...decoderTensorShapes(parseDecoderConfig(text, 'config.json'))]
  const originals = new Map(shapes.map(([name]) => [rename(name), name]))
  const map = new Map<string, string>()
  for (let file = 0; file < fileCount; file++) {
    const path = fileCount === 1 ? 'model.safetensors' : `model-${file + 1}-of-${fileCount}.safetensors`
    const own = shapes.filter((_, i) => i % fileCount === file)
    const layout = own.map(([name, shape]) => ({ name: rename(name), dtype, shape }))
    const { prefix, header } = encodeHeader(layout)
    const parts = header.entries.map(({ name, shape }) => {
      const count = shape.reduce((size, dim) => size * dim, 1)
      const values = formulaWeight(originals.get(name) ?? name, count).map(round)
      return encodeFloats(values, { name, path, dtype })
    })
    await writeFile(join(folder, path), Buffer.concat([prefix, ...parts]))
    for (const { name } of layout) map.set(name, path)
  }
  if (fileCount > 1) {
    const index = JSON.stringify({ weight_map: Object.fromEntries(map) })
    await writeFile(join(folder, 'model.safetensors.index.json'), index)
  }
  await writeFile(join(folder, 'config.json'), text)
  return folder
}
