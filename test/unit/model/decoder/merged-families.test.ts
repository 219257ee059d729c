// Protects: a merged folder of any family computes what base and adapter compute, however the base calls its tensors.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { exportMerged } from '../../../../src/export/export-merged.ts'
import type { MergedModule } from '../../../../src/export/merged-module.ts'
import { openDecoder } from '../../../../src/generate/decoder.ts'
import { buildGenerationGraph } from '../../../../src/generate/generation-graph.ts'
import { loadDecoder } from '../../../../src/model/hf-decoder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { readAdapter, writeAdapter } from '../../../../src/model/peft.ts'
import { formulaWeight, withOtherRoot, writeFormulaBase } from '../../../support/formula-base.ts'
import { TINY_FAMILIES } from '../../../support/tiny-families.ts'

const [RANK, SCALE] = [2, 0.5]
const PROMPT = [5, 80, 13, 222, 7, 61, 9]

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'oneround-merged-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function answer(folder: string, adapterFolder: string | null): Promise<Float32Array> {
  const { model } = await loadDecoder(folder)
  const adapter = adapterFolder === null ? null : await readAdapter(adapterFolder)
  const adapted = adapter === null ? null : { folder: adapterFolder ?? '', adapter }
  const graph = buildGenerationGraph(model, folder, adapted)
  const decoder = await openDecoder({ graph, weightsFolder: folder, device: 'cpu', threads: 1 })
  const { logits } = await decoder.start([PROMPT])
  await decoder.close()
  return logits[0] ?? new Float32Array()
}

const distance = (ours: Float32Array, theirs: Float32Array): number => {
  const widest = Math.max(...theirs.map(Math.abs))
  return Math.max(...theirs.map((value, i) => Math.abs(value - (ours[i] ?? Number.NaN)))) / widest
}

it.each(TINY_FAMILIES)('$config.model_type', async ({ config }) => {
  const folder = join(root, config.model_type)
  await writeFormulaBase(folder, config, { rename: withOtherRoot, fileCount: 2 })
  const { model } = await loadDecoder(folder)
  const modules = findLinearModules(model).filter(({ isHead }) => !isHead)
  const factors = modules.map(({ name, inSize, outSize }) => ({
    name,
    rank: RANK,
    scale: SCALE,
    in: inSize,
    out: outSize,
    a: formulaWeight(`${name}.a`, RANK * inSize),
    b: formulaWeight(`${name}.b`, outSize * RANK),
  }))
  const adapter = join(root, `${config.model_type}-adapter`)
  await writeAdapter(adapter, factors)
  const merged = factors.map((each): MergedModule => ({ kind: 'stacked', ...each }))
  const out = join(root, `${config.model_type}-merged`)
  const update = {
    modules: merged,
    read: (index: number) => Promise.resolve(merged[index] ?? Promise.reject(new Error(`${index}`))),
    dense: [],
    readDense: () => Promise.resolve(new Float32Array()),
  }
  await exportMerged(out, update, { baseModel: folder, card: '' })
  const [base, adapted, whole] = [
    await answer(folder, null),
    await answer(folder, adapter),
    await answer(out, null),
  ]
  expect(distance(base, adapted)).toBeGreaterThan(0.01)
  expect(distance(whole, adapted)).toBeLessThanOrEqual(1e-5)
})
