// Protects: encoders as ONNX Runtime's optimiser leaves them (fused embedding, attention, residual norms, GELU) train.
import { describe, expect, it } from 'vitest'
import { float, int } from '../../../../src/model/attributes.ts'
import { DataType, type OnnxModel } from '../../../../src/model/graph.ts'
import { GraphBuilder, type Attributes } from '../../../../src/model/graph-builder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { unpackValues } from '../../../../src/model/onnx-tensor.ts'
import { readAdapter, type Adapter } from '../../../../src/model/peft.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor } from '../../../../src/model/session-tensor.ts'
import { packParameters, unpackParameters } from '../../../../src/train/gradient/parameters.ts'
import { prepareBase } from '../../../../src/train/gradient/prepare.ts'
import { readReference } from '../../../../src/train/gradient/reference.ts'
import { buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'
import { fixtureModel, fixturePath } from '../../../fixtures/reference.ts'

const MS = 'com.microsoft'
const [HIDDEN, HEADS, LAYERS, CLASSES] = [64, 4, 2, 5]
/** `packed`: queries, keys and values in one weight, the adapter's product added into it. */
type Form = 'heads' | 'packed'

/** Weights of the script export by module: [in, out] where that one has them so. */
function weightsOf(model: OnnxModel): (name: string) => number[] {
  const { initializers } = model.graph
  const byModule = new Map(findLinearModules(model).map((module) => [`${module.name}.weight`, module.weight]))
  return (name) => {
    const tensor = initializers.get(byModule.get(name) ?? '') ?? initializers.get(`m.${name}`)
    const values = tensor === undefined ? null : unpackValues(tensor)
    if (values === null) throw new Error(`no weight ${name}`)
    return values
  }
}

interface Fused {
  readonly form: Form
  readonly opset: number
  readonly adapter: Adapter
}

function fusedBert(weights: (name: string) => number[], { form, opset, adapter }: Fused): OnnxModel {
  const b = new GraphBuilder({ opset, name: 'fused', irVersion: 10 })
  b.useDomain(MS, 1)
  const constant = (name: string, ...dims: readonly number[]): string =>
    b.constant(DataType.float, dims, weights(name))
  const narrow = (name: string): string =>
    b.add('Cast', [b.input(name, DataType.int64, ['batch', 'sequence'])], { to: int(DataType.int32) })
  const fused = (
    op: string,
    inputs: readonly string[],
    attributes: Attributes,
    name: string,
    count = 1,
  ): string => {
    const [first = ''] = b.addMulti(op, inputs, count, attributes, { domain: MS, name: `/${name}/${op}` })
    return first
  }
  const [ids, mask] = [narrow('input_ids'), narrow('attention_mask')]
  const epsilon = { epsilon: float(1e-12) }
  const at = 'bert.embeddings'
  const tables = [
    constant(`${at}.word_embeddings.weight`, 384, HIDDEN),
    constant(`${at}.position_embeddings.weight`, 128, HIDDEN),
    constant(`${at}.token_type_embeddings.weight`, 2, HIDDEN),
    constant(`${at}.LayerNorm.weight`, HIDDEN),
    constant(`${at}.LayerNorm.bias`, HIDDEN),
  ]
  // No segments are fed: all tokens are of the first.
  const segments = b.add('Sub', [ids, ids])
  let stream = fused(
    'EmbedLayerNormalization',
    [ids, segments, ...tables, mask],
    epsilon,
    'bert/embeddings',
    2,
  )
  const linear = (path: string, x: string, width: number, out: number): string =>
    b.add(
      'MatMul',
      [x, constant(`${path}.weight`, width, out)],
      {},
      { name: `/${path.replaceAll('.', '/')}/MatMul` },
    )
  for (let i = 0; i < LAYERS; i++) {
    const layer = `bert.encoder.layer.${i}`
    const self = `${layer}.attention.self`
    const bias = b.constant(
      DataType.float,
      [3 * HIDDEN],
      ['query', 'key', 'value'].flatMap((part) => weights(`${self}.${part}.bias`)),
    )
    const scope = self.replaceAll('.', '/')
    const attended =
      form === 'heads'
        ? fused(
            'MultiHeadAttention',
            [
              ...['query', 'key', 'value'].map((part) => linear(`${self}.${part}`, stream, HIDDEN, HIDDEN)),
              bias,
              mask,
            ],
            { num_heads: int(HEADS) },
            scope,
          )
        : fused(
            'Attention',
            [stream, packedWeight(b, self, weights, adapter), bias, mask],
            { num_heads: int(HEADS) },
            scope,
          )
    const norm = (path: string, x: string, residual: string): string =>
      fused(
        'SkipLayerNormalization',
        [
          x,
          residual,
          constant(`${path}.LayerNorm.weight`, HIDDEN),
          constant(`${path}.LayerNorm.bias`, HIDDEN),
          constant(`${path}.dense.bias`, HIDDEN),
        ],
        epsilon,
        path.replaceAll('.', '/'),
      )
    const first = norm(
      `${layer}.attention.output`,
      linear(`${layer}.attention.output.dense`, attended, HIDDEN, HIDDEN),
      stream,
    )
    const wide = linear(`${layer}.intermediate.dense`, first, HIDDEN, 2 * HIDDEN)
    const active = fused(
      'BiasGelu',
      [wide, constant(`${layer}.intermediate.dense.bias`, 2 * HIDDEN)],
      {},
      `${layer}/act`.replaceAll('.', '/'),
    )
    stream = norm(`${layer}.output`, linear(`${layer}.output.dense`, active, 2 * HIDDEN, HIDDEN), first)
  }
  const token = b.add('Gather', [stream, b.scalar(0, DataType.int64)], { axis: int(1) })
  const gemm = (path: string, x: string, out: number): string =>
    b.add(
      'Gemm',
      [x, constant(`${path}.weight`, out, HIDDEN), constant(`${path}.bias`, out)],
      { transB: int(1) },
      { name: `/${path.replaceAll('.', '/')}/Gemm` },
    )
  const pooled = b.add('Tanh', [gemm('bert.pooler.dense', token, HIDDEN)])
  b.outputAs('logits', gemm('classifier', pooled, CLASSES), DataType.float, ['batch', CLASSES])
  return b.build()
}

/** [in, queries + keys + values], each with s·(B·A)ᵀ of the adapter in it. */
function packedWeight(
  b: GraphBuilder,
  self: string,
  weights: (name: string) => number[],
  adapter: Adapter,
): string {
  const parts = ['query', 'key', 'value'].map((part) => {
    const own = weights(`${self}.${part}.weight`)
    const module = adapter.modules.find(({ name }) => name === `${self}.${part}`)
    return own.map((value, at) => {
      const [input, output] = [Math.floor(at / HIDDEN), at % HIDDEN]
      const { a, b: up, rank, scale } = module ?? { a: [], b: [], rank: 0, scale: 0 }
      const terms = Array.from(
        { length: rank },
        (_, r) => (up[output * rank + r] ?? 0) * (a[r * HIDDEN + input] ?? 0),
      )
      return value + scale * terms.reduce((sum, term) => sum + term, 0)
    })
  })
  const rows = Array.from({ length: HIDDEN }, (_, i) =>
    parts.flatMap((part) => part.slice(i * HIDDEN, (i + 1) * HIDDEN)),
  )
  return b.constant(DataType.float, [HIDDEN, 3 * HIDDEN], rows.flat())
}

const distance = (a: Float32Array, b: Float32Array): number =>
  Math.max(...b.map((value, i) => Math.abs(value - (a[i] ?? Number.NaN)))) / Math.max(...b.map(Math.abs))

describe('a fused BERT', () => {
  it.each([
    ['heads', 17, 26],
    ['packed', 17, 14],
    ['heads', 11, 26],
    ['packed', 14, 14],
  ] as const)(
    'with attention of %s, opset %d, has PyTorch’s loss and %d of its gradients',
    async (form, opset, count) => {
      const folder = fixturePath('bert')
      const [adapter, reference] = [await readAdapter(`${folder}/adapter`), await readReference(folder)]
      const base = prepareBase(fusedBert(weightsOf(fixtureModel('bert', 'script')), { form, opset, adapter }))
      const modules = new Map(findLinearModules(base).map((module) => [module.name, module]))
      const sites = adapter.modules.flatMap(({ name, rank, scale }) => {
        const module = modules.get(name)
        return module === undefined ? [] : [{ module, rank, scale }]
      })
      const factors = new Map(
        adapter.modules.flatMap(({ name, a, b }): [string, Float32Array][] => [
          [`base_model.model.${name}.lora_A.weight`, a],
          [`base_model.model.${name}.lora_B.weight`, b],
        ]),
      )
      const graph = buildTrainingGraph(base, { trainable: { kind: 'lora', sites }, loss: 'classification' })
      const flat = packParameters(graph.parameters, factors)
      const session = await openSession({ model: graph.model, device: 'cpu', threads: 1 })
      const feeds = {
        ...reference.inputs,
        labels: reference.labels,
        parameters: floatTensor([flat.length], flat),
      }
      const result = await session.run(feeds, ['loss_sum', 'token_count', 'gradients'])
      await session.close()
      const targets = floatsOf(result.token_count)[0] ?? 1
      expect(Math.abs((floatsOf(result.loss_sum)[0] ?? 0) / targets - reference.lossValue)).toBeLessThan(1e-5)
      const gradients = unpackParameters(
        graph.parameters,
        floatsOf(result.gradients).map((g) => g / targets),
      )
      expect(gradients.size).toBe(count)
      const worst = [...gradients].map(([name, values]) =>
        distance(values, reference.gradients.get(name) ?? new Float32Array(0)),
      )
      expect(Math.max(...worst)).toBeLessThan(1e-5)
    },
  )
})
