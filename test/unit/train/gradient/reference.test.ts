// Protects: gradients and optimiser steps agree with PyTorch + PEFT on real architectures, in every form of their graphs.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadDecoder } from '../../../../src/model/hf-decoder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { decodeModel } from '../../../../src/model/onnx.ts'
import { readAdapter } from '../../../../src/model/peft.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor, int64Tensor, type HostTensor } from '../../../../src/model/session-tensor.ts'
import { locateTensors, readAllFloat32, readFloat32 } from '../../../../src/model/weights.ts'
import { checkGradients } from '../../../../src/train/gradient/check.ts'
import { packParameters, unpackParameters } from '../../../../src/train/gradient/parameters.ts'
import { readReference } from '../../../../src/train/gradient/reference.ts'
import { buildEvaluationGraph, buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'
import { rewritten } from './rewritten.ts'
import { seeded } from './rule-case.ts'

/** The project's bar: max |ours − PyTorch's| / max |PyTorch's| of a tensor, on the CPU in f32. */
const BAR = 1e-5

const folderOf = (model: string): string =>
  fileURLToPath(new URL(`../../../fixtures/${model}`, import.meta.url))

const CHECKED = [
  ['llama', ['dynamo', 'script', 'hf'], 28],
  ['qwen2', ['dynamo', 'script', 'hf'], 28],
  ['gpt2', ['dynamo', 'script'], 16],
  ['bert', ['dynamo', 'script'], 26],
  ['vit', ['dynamo', 'script'], 24],
  ['unet', ['dynamo', 'script'], 54],
] as const

describe('gradients against PyTorch and PEFT', () => {
  for (const [model, graphs, tensors] of CHECKED) {
    for (const graph of graphs) {
      it(`agree for ${model}, ${graph} graph`, async () => {
        const { report, relatives } = await checkGradients({ folder: folderOf(model), graph, device: 'cpu' })
        expect(report.tensors).toBe(tensors)
        for (const [name, relative] of relatives) expect(relative, name).toBeLessThanOrEqual(BAR)
        expect(Math.abs(report.loss / report.referenceLoss - 1)).toBeLessThanOrEqual(BAR)
        expect(report.adamw.losses).toHaveLength(6)
        expect(report.adamw.worst).toBeLessThanOrEqual(BAR)
      })
    }
  }

  // The loss is a sum over examples, so each example alone, at a length of its own, adds up to the reference.
  for (const graph of ['dynamo', 'script'] as const) {
    it(`do not depend on names, node order, batch or length, ${graph} graph`, async () => {
      const folder = folderOf('llama')
      const reference = await readReference(folder)
      const adapter = await readAdapter(`${folder}/adapter`)
      const file = `${folder}/${graph}.onnx`
      const original = decodeModel(new Uint8Array(readFileSync(file)), file)
      const { model, nameOf } = rewritten(original, seeded(7))
      const sites = findLinearModules(original).flatMap((module) => {
        const found = adapter.modules.find(({ name }) => name === module.name)
        if (found === undefined) return []
        const renamed = { ...module, input: nameOf(module.input), output: nameOf(module.output) }
        return [{ module: renamed, rank: found.rank, scale: found.scale }]
      })
      const training = buildTrainingGraph(model, { trainable: { kind: 'lora', sites }, loss: 'causal-lm' })
      const tensors = adapter.modules.flatMap(({ name, a, b }): [string, Float32Array][] => [
        [`base_model.model.${name}.lora_A.weight`, a],
        [`base_model.model.${name}.lora_B.weight`, b],
      ])
      const parameters = packParameters(training.parameters, new Map(tensors))
      const session = await openSession({ model: training.model, device: 'cpu' })
      const total = new Float64Array(parameters.length)
      let count = 0
      for (const [row, extra] of [
        [0, 9],
        [1, 0],
        [2, 4],
      ] as const) {
        const results = await session.run(
          { ...exampleOf(reference, row, extra), parameters: floatTensor([parameters.length], parameters) },
          ['token_count', 'gradients'],
        )
        count += floatsOf(results.token_count)[0] ?? 0
        floatsOf(results.gradients).forEach((gradient, i) => (total[i] = (total[i] ?? 0) + gradient))
      }
      await session.close()
      const mean = Float32Array.from(total, (sum) => sum / count)
      for (const [name, ours] of unpackParameters(training.parameters, mean)) {
        expect(distance(ours, reference.gradients.get(name)), name).toBeLessThanOrEqual(BAR)
      }
    })
  }

  // With W' = W + s·B·A in place of W: ∂L/∂A = s·Bᵀ·∂L/∂W' and ∂L/∂B = s·∂L/∂W'·Aᵀ.
  it('agree for every weight at once, by the chain rule through the merged adapter', async () => {
    const folder = folderOf('llama')
    const reference = await readReference(folder)
    const adapter = await readAdapter(`${folder}/adapter`)
    const { model } = await loadDecoder(folder, 'base.safetensors')
    const training = buildTrainingGraph(model, { trainable: { kind: 'full' }, loss: 'causal-lm' })
    const weights = new Map(await readAllFloat32(`${folder}/base.safetensors`))
    for (const { name, a, b, scale, rank, in: width, out } of adapter.modules) {
      const weight = weights.get(`${name}.weight`)
      if (weight === undefined) throw new Error(name)
      addProduct(weight, { a, b, scale, rank, width, out })
    }
    const parameters = packParameters(training.parameters, weights)
    const session = await openSession({ model: training.model, weightsFolder: folder, device: 'cpu' })
    const feeds = { ...reference.inputs, labels: reference.labels }
    const flat = floatTensor([parameters.length], parameters)
    const results = await session.run({ ...feeds, parameters: flat }, ['token_count', 'gradients'])
    await session.close()
    const count = floatsOf(results.token_count)[0] ?? 0
    const gradients = unpackParameters(training.parameters, floatsOf(results.gradients))
    expect([...gradients.keys()].sort()).toEqual([...weights.keys()].sort())
    for (const { name, a, b, scale, rank, in: width, out } of adapter.modules) {
      const gradient = gradients.get(`${name}.weight`) ?? new Float32Array(0)
      const toA = new Float32Array(rank * width)
      const toB = new Float32Array(out * rank)
      for (let o = 0; o < out; o++) {
        for (let r = 0; r < rank; r++) {
          for (let i = 0; i < width; i++) {
            const slope = (scale * (gradient[o * width + i] ?? 0)) / count
            toA[r * width + i] = (toA[r * width + i] ?? 0) + (b[o * rank + r] ?? 0) * slope
            toB[o * rank + r] = (toB[o * rank + r] ?? 0) + slope * (a[r * width + i] ?? 0)
          }
        }
      }
      const prefix = `base_model.model.${name}.lora_`
      expect(distance(toA, reference.gradients.get(`${prefix}A.weight`)), name).toBeLessThanOrEqual(BAR)
      expect(distance(toB, reference.gradients.get(`${prefix}B.weight`)), name).toBeLessThanOrEqual(BAR)
    }
  })

  it('measure the same losses without gradients, for each example and all', async () => {
    const folder = folderOf('llama')
    const reference = await readReference(folder)
    const adapter = await readAdapter(`${folder}/adapter`)
    const { model } = await loadDecoder(folder, 'base.safetensors')
    const sites = findLinearModules(model)
      .filter((module) => adapter.modules.some(({ name }) => name === module.name))
      .map((module) => ({ module, rank: 4, scale: 2 }))
    const trainable = { kind: 'lora', sites } as const
    const graph = buildEvaluationGraph(model, {
      trainable,
      loss: 'causal-lm',
      hasLogits: true,
      hasExampleSums: true,
    })
    const tensors = adapter.modules.flatMap(({ name, a, b }): [string, Float32Array][] => [
      [`base_model.model.${name}.lora_A.weight`, a],
      [`base_model.model.${name}.lora_B.weight`, b],
    ])
    const parameters = packParameters(graph.parameters, new Map(tensors))
    const session = await openSession({ model: graph.model, weightsFolder: folder, device: 'cpu' })
    const results = await session.run(
      {
        ...reference.inputs,
        labels: reference.labels,
        parameters: floatTensor([parameters.length], parameters),
      },
      ['loss_sum', 'token_count', 'example_loss_sums', 'example_token_counts', 'logits'],
    )
    await session.close()
    const sumOf = (tensor: HostTensor): number => floatsOf(tensor).reduce((sum, x) => sum + x, 0)
    const count = sumOf(results.token_count)
    expect(Math.abs(sumOf(results.loss_sum) / count / reference.lossValue - 1)).toBeLessThanOrEqual(BAR)
    expect(sumOf(results.example_loss_sums)).toBeCloseTo(sumOf(results.loss_sum), 3)
    expect(sumOf(results.example_token_counts)).toBe(count)
    expect(results.example_loss_sums.dims).toEqual([3])
    const tensorsOfFile = await readAdapted(folder)
    expect(distance(floatsOf(results.logits), tensorsOfFile)).toBeLessThanOrEqual(BAR)
  })
})

/** One example of the reference, its masked end cut off and `extra` masked positions put behind. */
function exampleOf(
  { inputs, labels }: Awaited<ReturnType<typeof readReference>>,
  row: number,
  extra: number,
): Record<string, HostTensor> {
  const rowOf = (tensor: HostTensor | undefined): number[] => {
    const width = tensor?.dims[1] ?? 0
    return Array.from(tensor?.data ?? [], Number).slice(row * width, (row + 1) * width)
  }
  const mask = rowOf(inputs['attention_mask'])
  const length = mask.lastIndexOf(1) + 1
  const padded = (values: readonly number[], filler: number): HostTensor => {
    const all = [...values.slice(0, length), ...Array.from({ length: extra }, () => filler)]
    return int64Tensor([1, all.length], all)
  }
  return {
    input_ids: padded(rowOf(inputs['input_ids']), 3),
    attention_mask: padded(mask, 0),
    labels: padded(rowOf(labels), -100),
  }
}

async function readAdapted(folder: string): Promise<Float32Array> {
  const tensor = (await locateTensors(`${folder}/reference.safetensors`)).get('logits.adapted')
  if (tensor === undefined) throw new Error('logits.adapted')
  return readFloat32(tensor)
}

function addProduct(
  weight: Float32Array,
  factors: {
    readonly a: Float32Array
    readonly b: Float32Array
    readonly scale: number
    readonly rank: number
    readonly width: number
    readonly out: number
  },
): void {
  const { a, b, scale, rank, width, out } = factors
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < width; i++) {
      let sum = 0
      for (let r = 0; r < rank; r++) sum += (b[o * rank + r] ?? 0) * (a[r * width + i] ?? 0)
      weight[o * width + i] = (weight[o * width + i] ?? 0) + scale * sum
    }
  }
}

function distance(ours: Float32Array, reference: Float32Array | undefined): number {
  if (reference?.length !== ours.length) return Number.POSITIVE_INFINITY
  const largest = reference.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  return ours.reduce((most, x, i) => Math.max(most, Math.abs(x - (reference[i] ?? 0))), 0) / largest
}
