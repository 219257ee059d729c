// Protects: folders of a BERT and a ViT, as they come from the hub, are inspected, trained and evaluated by the commands.
import { mkdir, mkdtemp, rm, writeFile, copyFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { byteLevelTokenizerFiles } from '../../src/model/tokenizer.ts'
import { locateTensors } from '../../src/model/weights.ts'
import { fixturePath } from '../fixtures/reference.ts'
import { oneround } from '../support/cli.ts'
import { exportedWeights, type Family, writeStored } from '../support/encoder-weights.ts'

let folder = ''
const run = (...args: readonly string[]) => oneround([...args, '--json'], { cwd: folder })
const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-encoders-'))
  const texts = Array.from({ length: 16 }, (_, i) => ({
    text: 'abcde'.charAt(i % 5).repeat(3),
    label: i % 5,
  }))
  await writeFile(join(folder, 'bert.jsonl'), lines(texts))
  const images = Array.from({ length: 8 }, (_, i) => ({ image: `${i}.png`, label: i % 2 }))
  for (const { image, label } of images) {
    const background = { r: label * 255, g: 90, b: 40 }
    await sharp({ create: { width: 40, height: 36, channels: 3, background } })
      .png()
      .toFile(join(folder, image))
  }
  await writeFile(join(folder, 'vit.jsonl'), lines(images))
  for (const family of ['bert', 'vit'] as const) await writeBase(family)
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

async function writeBase(family: Family): Promise<void> {
  const base = join(folder, family)
  await mkdir(base)
  await copyFile(fixturePath(family, 'config.json'), join(base, 'config.json'))
  await writeStored(join(base, 'model.safetensors'), exportedWeights(family))
  if (family === 'vit') return
  const { tokenizer, config } = byteLevelTokenizerFiles(128)
  await writeFile(join(base, 'tokenizer.json'), JSON.stringify(tokenizer))
  await writeFile(join(base, 'tokenizer_config.json'), JSON.stringify(config))
}

const TASKS = { bert: 'sequence-classification', vit: 'image-classification' } as const

it.each(['bert', 'vit'] as const)('%s', { timeout: 120_000 }, async (family) => {
  const inspected = await run('model', 'inspect', family)
  expect(inspected.status, inspected.stderr).toBe(0)
  const data = `${family}.jsonl`
  const given = '--rank 4 --threads 1 --batch 4 --epochs 2 --rate 0.01 --modules-to-save classifier'.split(
    ' ',
  )
  const files = ['--model', family, '--data', data, '--validation', data, '--out', `${family}-out`]
  const end = await run('train', ...files, ...given)
  expect(end.status, end.stderr).toBe(0)
  expect(end.document).toMatchObject({ task: TASKS[family] })
  expect(Object.keys(end.document?.['base'] as object)).toContain('model.safetensors')
  const adapter = join(`${family}-out`, 'adapter')
  const names = [...(await locateTensors(join(folder, adapter, 'adapter_model.safetensors'))).keys()]
  // Queries and values of two layers, two factors each; the head whole.
  expect(names).toHaveLength(10)
  const measured = await run('evaluate', '--model', family, '--adapter', adapter, '--data', data)
  expect(measured.status, measured.stderr).toBe(0)
  const results = measured.document?.['results'] as readonly { loss: number; accuracy: number }[]
  expect(results[1]?.loss).toBeLessThan(results[0]?.loss ?? 0)
  for (const { accuracy } of results) expect(accuracy >= 0 && accuracy <= 1).toBe(true)
})
