// Protects: checkpointing changes no gradient beyond rounding, on any graph, and really computes layers a second time.
import { describe, expect, it } from 'vitest'
import { checkGradients } from '../../../../src/train/gradient/check.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'
import { chooseSegments } from '../../../../src/train/gradient/segments.ts'
import { fixtureModel, fixturePath, GRAPHS } from '../../../fixtures/reference.ts'

const CASES: readonly (readonly [string, string])[] = [...GRAPHS, ['llama', 'hf'], ['qwen2', 'hf']]

describe('gradients with checkpointing', () => {
  // ONNX Runtime fuses other neighbours when a value has other readers: the last bits may differ.
  it.each(CASES)('%s %s: as without, to 5e-6 of each tensor', async (model, graph) => {
    const options = { folder: fixturePath(model), graph, device: 'cpu' } as Parameters<
      typeof checkGradients
    >[0]
    const without = await checkGradients(options)
    const withIt = await checkGradients({ ...options, hasCheckpointing: true })
    expect(Math.abs(withIt.report.loss / without.report.loss - 1)).toBeLessThan(1e-6)
    expect(withIt.gradients.length).toBeGreaterThan(0)
    withIt.gradients.forEach(({ name, values }, i) => {
      expect(without.gradients[i]?.name).toBe(name)
      const expected = without.gradients[i]?.values ?? new Float32Array()
      const largest = Math.max(...expected.map(Math.abs))
      values.forEach((value, at) => {
        expect(Math.abs(value - (expected[at] ?? 0)) / largest).toBeLessThan(5e-6)
      })
    })
  })
})

describe('the checkpointed graph', () => {
  it.each(GRAPHS.filter(([model]) => model !== 'unet'))('%s %s computes layers again', (model, graph) => {
    const base = fixtureModel(model, graph)
    const sites = findLinearModules(base)
      .filter(({ isHead }) => !isHead)
      .map((module) => ({ module, rank: 2, scale: 1 }))
    const options = {
      trainable: { kind: 'lora', sites },
      loss: model === 'bert' || model === 'vit' ? 'classification' : 'causal-lm',
    } as const
    const kept = buildTrainingGraph(base, options).model.graph.nodes
    const again = buildTrainingGraph(base, { ...options, hasCheckpointing: true }).model.graph.nodes
    const copied = again.filter(({ name }) => name.startsWith('again/'))
    expect(copied.filter(({ op }) => op === 'Softmax').length).toBeGreaterThan(0)
    expect(again.length).toBe(kept.length + copied.length)
  })
})

describe('chooseSegments', () => {
  const sizeOf = () => 1
  const insideOf = (sizes: readonly number[]) => (from: number, to: number) =>
    sizes.slice(from, to).reduce((sum, size) => sum + size, 0)

  it('keeps each cut where insides are large beside them', () => {
    const cuts = ['a', 'b', 'c', 'd']
    expect(chooseSegments(cuts, sizeOf, insideOf([100, 100, 100]))).toEqual([
      { start: 'a', end: 'b' },
      { start: 'b', end: 'c' },
      { start: 'c', end: 'd' },
    ])
  })

  it('joins neighbours where the cuts themselves cost more', () => {
    const cuts = Array.from({ length: 17 }, (_, i) => `${i}`)
    const segments = chooseSegments(cuts, sizeOf, insideOf(cuts.map(() => 1)))
    // 16 parts of size 1, cuts of size 1: four segments of four hold 5 + 4 at a time, sixteen of one hold 17 + 1.
    expect(segments.map(({ start }) => start)).toEqual(['0', '4', '8', '12'])
  })

  it('finds nothing in one cut', () => {
    expect(chooseSegments(['a'], sizeOf, () => 0)).toEqual([])
  })
})
