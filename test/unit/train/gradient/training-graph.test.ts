// Protects: the contract of training graphs: names, sums, layout, which weights are trained, and errors before any session.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { isRoundError } from '../../../../src/core/errors.ts'
import { DataType } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { decodeModel } from '../../../../src/model/onnx.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor, int64Tensor } from '../../../../src/model/session-tensor.ts'
import { layOut, packParameters, unpackParameters } from '../../../../src/train/gradient/parameters.ts'
import { trainableWeights } from '../../../../src/train/gradient/trainable-weights.ts'
import { buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'

/** logits = x·W, W [3, 4]. */
function classifier(more: (b: GraphBuilder, logits: string) => string = (_b, logits) => logits) {
  const b = new GraphBuilder({ opset: 17, name: 'classifier' })
  const x = b.input('x', DataType.float, ['batch', 3])
  const w = b.constant(DataType.float, [3, 4], [1, 0, -1, 2, 0.5, 1, 0, -1, 0, 2, 1, 1])
  b.outputAs('logits', more(b, b.add('MatMul', [x, w])), DataType.float)
  return b.build()
}

const fixture = (name: string) => {
  const path = fileURLToPath(new URL(`../../../fixtures/${name}`, import.meta.url))
  return decodeModel(new Uint8Array(readFileSync(path)), name)
}

describe('a training graph', () => {
  it('has the inputs and outputs that it promises', () => {
    const model = fixture('llama/dynamo.onnx')
    const [first, second] = findLinearModules(model)
    if (first === undefined || second === undefined) throw new Error('the fixture has linear modules')
    const sites = [
      { module: first, rank: 2, scale: 1 },
      { module: second, rank: 3, scale: 1 },
    ]
    const graph = buildTrainingGraph(model, { trainable: { kind: 'lora', sites }, loss: 'causal-lm' })
    expect(graph.feeds.map(({ name, dataType }) => [name, dataType])).toEqual([
      ['input_ids', DataType.int64],
      ['attention_mask', DataType.int64],
      ['parameters', DataType.float],
      ['labels', DataType.int64],
    ])
    expect(graph.model.graph.outputs.map(({ name }) => name)).toEqual([
      'loss_sum',
      'token_count',
      'gradients',
    ])
    expect(graph.parameters.map(({ offset, size, dims }) => [offset, size, dims])).toEqual([
      [0, 128, [2, 64]],
      [128, 64 * 2, [64, 2]],
      [256, 192, [3, 64]],
      [448, 32 * 3, [32, 3]],
    ])
    expect(graph.parameterCount).toBe(544)
  })

  it('emits standard operators only, and none that lack a GPU kernel among them', () => {
    for (const name of ['llama/dynamo.onnx', 'gpt2/script.onnx']) {
      const model = fixture(name)
      const sites = findLinearModules(model).map((module) => ({ module, rank: 2, scale: 1 }))
      const graph = buildTrainingGraph(model, { trainable: { kind: 'lora', sites }, loss: 'causal-lm' })
      const emitted = graph.model.graph.nodes.filter((node) => /^(grad|train)\//.test(node.name))
      expect(emitted.length).toBeGreaterThan(50)
      expect([...new Set(emitted.map((node) => node.domain))]).toEqual([''])
      const ops = new Set(emitted.map((node) => node.op))
      for (const op of ['LogSoftmax', 'IsNaN', 'OneHot', 'Split']) expect(ops).not.toContain(op)
    }
  })

  it('sums cross-entropy over labels that count, with its gradient, by hand', async () => {
    const weights = [1, 0, -1, 2, 0.5, 1, 0, -1, 0, 2, 1, 1]
    const graph = buildTrainingGraph(classifier(), { trainable: { kind: 'full' }, loss: 'classification' })
    const session = await openSession({ model: graph.model, device: 'cpu' })
    const x = [1, -1, 0.5, 2, 0, 1, 3, 3, 3]
    const labels = [2, 0, -100]
    const results = await session.run(
      {
        x: floatTensor([3, 3], Float32Array.from(x)),
        labels: int64Tensor([3], labels),
        parameters: floatTensor([12], Float32Array.from(weights)),
      },
      ['loss_sum', 'token_count', 'gradients'],
    )
    await session.close()
    const gradient = Array.from({ length: 12 }, () => 0)
    let loss = 0
    for (const row of [0, 1]) {
      const logits = [0, 1, 2, 3].map((k) =>
        [0, 1, 2].reduce((sum, i) => sum + (x[3 * row + i] ?? 0) * (weights[4 * i + k] ?? 0), 0),
      )
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0)
      loss += Math.log(total) - (logits[labels[row] ?? 0] ?? 0)
      logits.forEach((logit, k) => {
        const slope = Math.exp(logit) / total - (k === labels[row] ? 1 : 0)
        for (const i of [0, 1, 2])
          gradient[4 * i + k] = (gradient[4 * i + k] ?? 0) + slope * (x[3 * row + i] ?? 0)
      })
    }
    expect(floatsOf(results.token_count)[0]).toBe(2)
    expect(floatsOf(results.loss_sum)[0]).toBeCloseTo(loss, 5)
    floatsOf(results.gradients).forEach((value, i) => expect(value).toBeCloseTo(gradient[i] ?? 0, 5))
  })

  it('says what does not fit the loss', () => {
    const trainable = { kind: 'full' } as const
    expect(() => buildTrainingGraph(classifier(), { trainable, loss: 'causal-lm' })).toThrow(/2 dimensions/)
    expect(() =>
      buildTrainingGraph(classifier(), { trainable, loss: 'classification', output: 'logit' }),
    ).toThrow(/none of the model's outputs \(logits\)/)
    const isTrained = (): boolean => false
    expect(() =>
      buildTrainingGraph(classifier(), { trainable: { kind: 'full', isTrained }, loss: 'classification' }),
    ).toThrow(/no weight/)
  })

  it('lists operators without a rule before shapes and losses are asked for', () => {
    const model = classifier((b, y) =>
      b.add('Unique', [b.add('Mystery', [y], {}, { name: 'who' })], {}, { name: 'h' }),
    )
    try {
      buildTrainingGraph(model, { trainable: { kind: 'full' }, loss: 'classification' })
      expect.unreachable('nothing was reported')
    } catch (error) {
      expect(isRoundError(error, 'GRADIENT_UNSUPPORTED')).toBe(true)
      const { info } = error as { info: { nodes: { op: string; node: string }[] } }
      expect(info.nodes.map(({ op, node }) => `${op} ${node}`)).toEqual(['Mystery who', 'Unique h'])
    }
  })
})

describe('weights to train', () => {
  for (const [file, tables] of [
    ['llama/dynamo.onnx', 21],
    ['llama/script.onnx', 21],
    ['qwen2/dynamo.onnx', 26],
    ['gpt2/dynamo.onnx', 28],
    ['bert/script.onnx', 41],
    ['vit/script.onnx', 40],
  ] as const) {
    it(`are the model's own in ${file}, not what the exporter computed`, () => {
      const names = trainableWeights(fixture(file)).map(({ name }) => name)
      expect(names.filter((name) => /expand|inv_freq|Constant/.test(name))).toEqual([])
      expect(names).toHaveLength(tables)
    })
  }
})

describe('statistics of batch norms', () => {
  it('are no weights', () => {
    const b = new GraphBuilder({ opset: 17, name: 'norm' })
    const x = b.input('x', DataType.float, ['batch', 2, 3])
    const [gamma = '', beta = '', mean = '', variance = ''] = [1, 2, 3, 4].map((value) =>
      b.constant(DataType.float, [2], [value, value + 0.5]),
    )
    b.outputAs('y', b.add('BatchNormalization', [x, gamma, beta, mean, variance]), DataType.float)
    expect(trainableWeights(b.build()).map(({ name }) => name)).toEqual([gamma, beta])
  })
})

describe('a table that a module runs over', () => {
  it('is a weight, and so is the module’s', () => {
    const b = new GraphBuilder({ opset: 17, name: 'places' })
    const x = b.input('x', DataType.float, ['batch', 3])
    const table = b.constant(DataType.float, [5, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const weight = b.constant(DataType.float, [2, 3], [1, 2, 3, 4, 5, 6])
    const keys = b.add('MatMul', [b.add('Unsqueeze', [table, b.int64s(0)]), weight])
    const turned = b.add('Transpose', [b.add('Squeeze', [keys, b.int64s(0)])])
    b.outputAs('y', b.add('MatMul', [x, turned]), DataType.float)
    expect(trainableWeights(b.build()).map(({ name }) => name)).toEqual([table, weight])
  })
})

describe('the flat vector', () => {
  it('holds tensors one behind the other, and gives them back as views', () => {
    const slots = layOut([
      { name: 'a', dims: [2, 2] },
      { name: 'b', dims: [3] },
    ])
    const flat = packParameters(
      slots,
      new Map([
        ['b', Float32Array.of(5, 6, 7)],
        ['a', Float32Array.of(1, 2, 3, 4)],
      ]),
    )
    expect(Array.from(flat)).toEqual([1, 2, 3, 4, 5, 6, 7])
    const views = unpackParameters(slots, flat)
    flat[4] = 50
    expect(Array.from(views.get('b') ?? [])).toEqual([50, 6, 7])
    expect(() => packParameters(slots, new Map([['a', new Float32Array(4)]]))).toThrow(/parameter b has no/)
  })
})

describe('rows without labels', () => {
  it('skip the head, and change neither losses nor gradients, even if no row has one', async () => {
    const model = fixture('llama/script.onnx')
    const sites = findLinearModules(model)
      .filter((module) => !module.isHead)
      .map((module) => ({ module, rank: 2, scale: 1 }))
    const withHead = sites.concat(
      findLinearModules(model)
        .filter((module) => module.isHead)
        .map((module) => ({ module, rank: 1, scale: 0 })),
    )
    // An adapter of scale 0 on the head changes nothing but that all rows go through it.
    const results = []
    for (const chosen of [sites, withHead]) {
      const trainable = { kind: 'lora', sites: chosen } as const
      const graph = buildTrainingGraph(model, { trainable, loss: 'causal-lm' })
      expect(graph.model.graph.nodes.some((node) => node.op === 'NonZero')).toBe(chosen === sites)
      const session = await openSession({ model: graph.model, device: 'cpu' })
      const flat = Float32Array.from({ length: graph.parameterCount }, (_, i) => Math.sin(i) / 8)
      for (const labels of [
        [-100, -100, 3, -100, 9, -100, 7, 8],
        [-100, -100, -100, -100, -100, -100, -100, -100],
      ]) {
        const feeds = {
          input_ids: int64Tensor([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]),
          attention_mask: int64Tensor([2, 4], [1, 1, 1, 1, 1, 1, 1, 1]),
          labels: int64Tensor([2, 4], labels),
          parameters: floatTensor([flat.length], flat),
        }
        results.push(await session.run(feeds, ['loss_sum', 'token_count', 'gradients']))
      }
      await session.close()
    }
    const [short, empty, long, emptyLong] = results
    if (!short || !empty || !long || !emptyLong) throw new Error('four runs')
    expect(floatsOf(short.token_count)[0]).toBe(3)
    expect(floatsOf(short.loss_sum)[0]).toBeCloseTo(floatsOf(long.loss_sum)[0] ?? 0, 3)
    floatsOf(short.gradients).forEach((x, i) => expect(x).toBeCloseTo(floatsOf(long.gradients)[i] ?? 0, 4))
    for (const { loss_sum, token_count, gradients } of [empty, emptyLong]) {
      expect([floatsOf(loss_sum)[0], floatsOf(token_count)[0]]).toEqual([0, 0])
      expect(floatsOf(gradients).every((x) => x === 0)).toBe(true)
    }
  })
})
