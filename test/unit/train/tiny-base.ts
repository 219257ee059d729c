/** A base model for tests that really train: the random reference Llama (0.1 M parameters) with a byte-level tokenizer. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { byteLevelTokenizerFiles } from '../../../src/model/tokenizer.ts'

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/llama/${name}`, import.meta.url))

export async function makeTinyBase(folder: string): Promise<string> {
  const { tokenizer, config } = byteLevelTokenizerFiles(128)
  await mkdir(folder, { recursive: true })
  await copyFile(fixture('config.json'), join(folder, 'config.json'))
  await copyFile(fixture('base.safetensors'), join(folder, 'model.safetensors'))
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer))
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(config))
  return folder
}

/** Lines of one rule: the answer to a letter is that letter three times. */
export function ruleLines(count: number, offset = 0): string {
  return Array.from({ length: count }, (_, i) => {
    const letter = String.fromCodePoint(97 + ((i * 7 + offset) % 26))
    return `${JSON.stringify({ prompt: `${letter}=`, completion: letter.repeat(3) })}\n`
  }).join('')
}
