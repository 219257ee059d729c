// Protects: graphs as onnx-community publishes them (shared-head attention with a cache, fused norms, int4 products), and graphs of opset 23, train.
import { describe, expect, it } from 'vitest'
import { decompose } from '../../../../src/model/decompose/index.ts'
import { loadDecoder } from '../../../../src/model/hf-decoder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import type { OnnxModel } from '../../../../src/model/graph.ts'
import { readAdapter } from '../../../../src/model/peft.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor, zeros, type HostTensor } from '../../../../src/model/session-tensor.ts'
import { DataType } from '../../../../src/model/graph.ts'
import { readAllFloat32 } from '../../../../src/model/weights.ts'
import { packParameters, unpackParameters } from '../../../../src/train/gradient/parameters.ts'
import { readReference, type Reference } from '../../../../src/train/gradient/reference.ts'
import { buildEvaluationGraph, buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'
import { fixturePath } from '../../../fixtures/reference.ts'
import { rewritten } from '../../train/gradient/rewritten.ts'
import { communityLlama, CONFIG, opset23Llama, type Products } from './community-llama.ts'
import { seeded } from './fused-case.ts'

const folder = fixturePath('llama')

type Form = Products | 'opset 23'

async function setUp(form: Form) {
  const weights = await readAllFloat32(`${folder}/base.safetensors`)
  const weightOf = (name: string): Float32Array => weights.get(name) ?? new Float32Array(0)
  const base = form === 'opset 23' ? opset23Llama(weightOf) : communityLlama(weightOf, form)
  const adapter = await readAdapter(`${folder}/adapter`)
  const modules = findLinearModules(base)
  const sites = adapter.modules.map(({ name, rank, scale }) => {
    const module = modules.find((each) => each.name === name)
    if (module === undefined) throw new Error(`no module ${name}`)
    return { module, rank, scale }
  })
  const factors = new Map(
    adapter.modules.flatMap(({ name, a, b }): [string, Float32Array][] => [
      [`base_model.model.${name}.lora_A.weight`, a],
      [`base_model.model.${name}.lora_B.weight`, b],
    ]),
  )
  return {
    base,
    modules,
    trainable: { kind: 'lora', sites } as const,
    factors,
    reference: await readReference(folder),
  }
}

/** The reference's inputs, and caches without anything in them. */
function feedsOf(model: OnnxModel, reference: Reference): Record<string, HostTensor> {
  const batch = reference.labels.dims[0] ?? 1
  const caches = model.graph.inputs.filter(({ name }) => name.startsWith('past_key_values'))
  const empty = zeros(DataType.float, [batch, CONFIG.keyHeads, 0, CONFIG.size])
  return {
    ...reference.inputs,
    labels: reference.labels,
    ...Object.fromEntries(caches.map(({ name }) => [name, empty])),
  }
}

const distance = (a: Float32Array, b: Float32Array): number => {
  let [far, large] = [0, 0]
  b.forEach((value, i) => {
    far = Math.max(far, Math.abs(value - (a[i] ?? Number.NaN)))
    large = Math.max(large, Math.abs(value))
  })
  return far / large
}

interface Training {
  readonly hasCheckpointing?: boolean
  /** Every value renamed, independent nodes in another order. */
  readonly isRewritten?: boolean
}

async function train(
  form: Form,
  { hasCheckpointing = false, isRewritten = false }: Training = {},
): Promise<{ loss: number; gradients: ReadonlyMap<string, Float32Array>; logits: Float32Array }> {
  const { base: original, trainable: named, factors, reference } = await setUp(form)
  const { model: base, nameOf } = isRewritten
    ? rewritten(original, seeded(19))
    : { model: original, nameOf: (value: string) => value }
  const sites = named.sites.map(({ module, ...site }) => ({
    ...site,
    module: { ...module, input: nameOf(module.input), output: nameOf(module.output) },
  }))
  const trainable = { ...named, sites }
  const graph = buildTrainingGraph(base, { trainable, loss: 'causal-lm', hasCheckpointing })
  const measuring = buildEvaluationGraph(base, { trainable, loss: 'causal-lm', hasLogits: true })
  const flat = packParameters(graph.parameters, factors)
  const feeds = { ...feedsOf(graph.model, reference), parameters: floatTensor([flat.length], flat) }
  const session = await openSession({ model: graph.model, device: 'cpu', threads: 1 })
  const evaluator = await openSession({ model: measuring.model, device: 'cpu', threads: 1 })
  try {
    const result = await session.run(feeds, ['loss_sum', 'token_count', 'gradients'])
    const { logits } = await evaluator.run(feeds, ['logits'])
    const count = floatsOf(result.token_count)[0] ?? 1
    const gradients = unpackParameters(
      graph.parameters,
      floatsOf(result.gradients).map((g) => g / count),
    )
    return { loss: (floatsOf(result.loss_sum)[0] ?? 0) / count, gradients, logits: floatsOf(logits) }
  } finally {
    await session.close()
    await evaluator.close()
  }
}

describe('a Llama of fused operators', () => {
  it('has the modules that PEFT names', async () => {
    const { modules } = await setUp('int4')
    const names = modules.map(({ name, op }) => `${name} ${op}`)
    expect(names).toContain('model.layers.1.self_attn.q_proj MatMulNBits')
    expect(names).toContain('model.layers.0.mlp.down_proj MatMulNBits')
    expect(modules).toHaveLength(15)
  })

  it.each(['float', 'opset 23'] as const)('has PyTorch’s gradients and loss: %s', async (form) => {
    const { reference } = await setUp(form)
    const { loss, gradients } = await train(form)
    expect(Math.abs(loss - reference.lossValue) / reference.lossValue).toBeLessThan(1e-5)
    const worst = [...reference.gradients].map(([name, wanted]) =>
      distance(gradients.get(name) ?? new Float32Array(0), wanted),
    )
    expect(worst).toHaveLength(28)
    expect(Math.max(...worst)).toBeLessThan(1e-5)
  })

  it('masks padding wherever it stands, as the model built from config.json does', async () => {
    const { base, reference } = await setUp('float')
    const { model: plain } = await loadDecoder(folder, 'base.safetensors')
    const [ids, mask] = [reference.inputs['input_ids'], reference.inputs['attention_mask']]
    const length = ids?.dims[1] ?? 1
    // Ten tokens of padding on the left of the first row, five on the right of the second.
    const left = BigInt64Array.from({ length: 3 * length }, (_, i) => {
      const column = i % length
      return (i < length && column < 10) || (i >= length && i < 2 * length && column >= length - 5) ? 0n : 1n
    })
    const feeds = { input_ids: ids, attention_mask: { ...mask, data: left } } as Record<string, HostTensor>
    const run = async (model: OnnxModel, weightsFolder: string): Promise<Float32Array> => {
      const session = await openSession({ model, weightsFolder, device: 'cpu', threads: 1 })
      const given = Object.fromEntries(
        Object.entries(feedsOf(model, reference)).filter(([name]) => name.startsWith('past')),
      )
      const { logits } = await session.run({ ...given, ...feeds }, ['logits'])
      await session.close()
      return floatsOf(logits)
    }
    const found = await run(decompose(base), folder)
    const wanted = await run(plain, folder)
    const isToken = (i: number): boolean => left[Math.floor(i / CONFIG.vocab)] === 1n
    expect(
      distance(
        found.filter((_, i) => isToken(i)),
        wanted.filter((_, i) => isToken(i)),
      ),
    ).toBeLessThan(1e-5)
  })

  it.each(['float', 'opset 23', 'int4'] as const)(
    'has the same gradients with checkpointing: %s',
    async (form) => {
      const [wanted, found] = [await train(form), await train(form, { hasCheckpointing: true })]
      const worst = [...wanted.gradients].map(([name, values]) =>
        distance(found.gradients.get(name) ?? new Float32Array(0), values),
      )
      expect(Math.max(...worst)).toBeLessThan(1e-5)
    },
  )

  it.each(['float', 'opset 23', 'int4'] as const)('is not told by names or order: %s', async (form) => {
    const [wanted, found] = [await train(form), await train(form, { isRewritten: true })]
    expect(distance(found.logits, wanted.logits)).toBeLessThan(1e-6)
    const worst = [...wanted.gradients].map(([name, values]) =>
      distance(found.gradients.get(name) ?? new Float32Array(0), values),
    )
    expect(Math.max(...worst)).toBeLessThan(1e-5)
  })

  it('in four bits has the gradients of the dequantised weights', async () => {
    const quantised = await train('int4')
    const wanted = await train('dequantised')
    expect(distance(quantised.logits, wanted.logits)).toBeLessThan(1e-5)
    const worst = [...wanted.gradients].map(([name, values]) =>
      distance(quantised.gradients.get(name) ?? new Float32Array(0), values),
    )
    expect(Math.max(...worst)).toBeLessThan(1e-5)
  })
})
