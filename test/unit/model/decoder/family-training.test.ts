// Protects: every family trains with the modules PEFT would adapt, writes them under PEFT's names, packs, and answers with them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDecoder } from '../../../../src/generate/decoder.ts'
import { buildGenerationGraph } from '../../../../src/generate/generation-graph.ts'
import { loadDecoder } from '../../../../src/model/hf-decoder.ts'
import { readAdapter } from '../../../../src/model/peft.ts'
import { byteLevelTokenizerFiles } from '../../../../src/model/tokenizer.ts'
import { checkTrainingOptions } from '../../../../src/train/index.ts'
import { runTraining } from '../../../../src/train/run-training.ts'
import { writeFormulaBase } from '../../../support/formula-base.ts'
import { TINY_FAMILIES } from '../../../support/tiny-families.ts'

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'oneround-family-training-'))
  const lines = Array.from({ length: 24 }, (_, i) => {
    const letter = String.fromCodePoint(97 + i)
    return `${JSON.stringify({ prompt: `${letter}=`, completion: letter.repeat(3) })}\n`
  })
  await writeFile(join(root, 'data.jsonl'), lines.join(''))
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe.each(TINY_FAMILIES)('$config.model_type', ({ config, adapted }) => {
  it.each([
    ['half precision', {}],
    ['four bits', { quantise: { kind: 'int4', blockSize: 16 } }],
  ] as const)('learns in packed rows, in %s, and answers from a cache as without', async (name, form) => {
    const folder = join(root, `${config.model_type}, ${name}`)
    await writeFormulaBase(folder, config, { dtype: 'BF16', fileCount: 2 })
    const { tokenizer, config: tokenizerConfig } = byteLevelTokenizerFiles(128)
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer))
    await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(tokenizerConfig))
    const options = checkTrainingOptions({
      model: folder,
      data: [join(root, 'data.jsonl')],
      validation: [join(root, 'data.jsonl')],
      out: join(folder, 'out'),
      threads: 1,
      recipe: {
        ...form,
        mode: { kind: 'lora', rank: 2 },
        epochs: 3,
        batchSize: 4,
        learningRate: 5e-3,
        packing: true,
      },
    })
    const result = await runTraining(
      options,
      () => undefined,
      () => 0,
    )
    expect(result.validationLoss?.best).toBeLessThan(result.validationLoss?.before ?? 0)
    const adapter = await readAdapter(result.out)
    const names = adapter.modules.map(({ name }) => name)
    expect(names.filter((name) => name.includes('.0.')).sort()).toEqual([...adapted].sort())
    const words = adapted.map((name) => name.split('.').at(-1))
    expect(adapter.config.targetModules).toEqual(words)
    expect(adapter.config.isFanInFanOut).toBe(config.model_type === 'gpt2')
    const prompts = [
      [3, 1, 4, 1, 5, 9, 2],
      [6, 5, 3],
    ]
    const answers = async (hasCache: boolean): Promise<readonly Float32Array[]> => {
      const { model } = await loadDecoder(folder, undefined, { hasCache })
      const graph = buildGenerationGraph(model, folder, { folder: result.out, adapter })
      expect(graph.cache.length > 0).toBe(hasCache)
      const decoder = await openDecoder({ graph, weightsFolder: folder, device: 'cpu', threads: 1 })
      const rows: Float32Array[] = []
      for (const prompt of prompts) {
        const first = await decoder.start([prompt])
        const second = await first.next([7])
        rows.push(...first.logits, ...(await second.next([8])).logits)
      }
      await decoder.close()
      return rows
    }
    const [plain, cached] = [await answers(false), await answers(true)]
    plain.forEach((row, i) => {
      const widest = Math.max(...row.map(Math.abs))
      const worst = Math.max(...row.map((value, at) => Math.abs(value - (cached[i]?.[at] ?? Number.NaN))))
      expect(worst / widest).toBeLessThanOrEqual(1e-5)
    })
  })
})
