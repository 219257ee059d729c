// Protects: what cannot be decomposed or differentiated is named, all of it at once, with the reason, before anything runs.
import { describe, expect, it } from 'vitest'
import { isRoundError } from '../../../../src/core/errors.ts'
import { int, text } from '../../../../src/model/attributes.ts'
import { decomposeWithReport } from '../../../../src/model/decompose/index.ts'
import { DataType } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor } from '../../../../src/model/session-tensor.ts'
import type { UnsupportedNode } from '../../../../src/train/gradient/errors.ts'
import { buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'
import { seeded } from './rule-case.ts'

const MS = 'com.microsoft'

/** A linear module, `middle`, another linear module. */
function model(middle: (b: GraphBuilder, x: string) => string, opset = 21) {
  const b = new GraphBuilder({ opset, name: 'refused', irVersion: 10 })
  b.useDomain(MS, 1)
  const x = b.input('x', DataType.float, ['batch', 'sequence', 8])
  const random = seeded(3)
  const weight = (): string =>
    b.constant(
      DataType.float,
      [8, 8],
      Array.from({ length: 64 }, () => random() - 0.5),
    )
  const first = b.add('MatMul', [x, weight()], {}, { name: '/first/MatMul' })
  b.outputAs(
    'logits',
    b.add('MatMul', [middle(b, first), weight()], {}, { name: '/last/MatMul' }),
    DataType.float,
  )
  return b.build()
}

const trainable = (base: ReturnType<typeof model>) => {
  const sites = findLinearModules(base).map((module) => ({ module, rank: 2, scale: 1 }))
  return { trainable: { kind: 'lora', sites: sites.slice(0, 1) }, loss: 'mse' } as const
}

function reasonsOf(middle: (b: GraphBuilder, x: string) => string): readonly string[] {
  const base = model(middle)
  try {
    buildTrainingGraph(base, trainable(base))
  } catch (error) {
    if (!isRoundError(error, 'GRADIENT_UNSUPPORTED')) throw error
    const { nodes = [] } = error.info as { readonly nodes?: readonly UnsupportedNode[] }
    return nodes.map(({ op, reason }) => `${op}: ${reason}`)
  }
  return []
}

const scalar = (b: GraphBuilder, type: DataType, value: number): string => b.constant(type, [], [value])

describe('what is refused', () => {
  it('quantised activations, which would pass no gradient', () => {
    const reasons = reasonsOf((b, x) => {
      const [scale, zero] = [scalar(b, DataType.float, 0.1), scalar(b, DataType.uint8, 8)]
      return b.add('DequantizeLinear', [b.add('QuantizeLinear', [x, scale, zero]), scale, zero])
    })
    expect(reasons).toHaveLength(2)
    expect(reasons.join()).toMatch(/QuantizeLinear: .*DequantizeLinear: /)
  })

  it('products of integers that are quantised on the way', () => {
    const reasons = reasonsOf((b, x) => {
      const [q = '', scale = '', zero = ''] = b.addMulti('DynamicQuantizeLinear', [x], 3)
      const weight = b.constant(DataType.uint8, [8, 8], new Uint8Array(64))
      const product = b.add('MatMulInteger', [q, weight, zero])
      return b.add('Mul', [b.add('Cast', [product], { to: int(DataType.float) }), scale])
    })
    expect(reasons.join()).toMatch(/DynamicQuantizeLinear: /)
  })

  it('forms of fused operators, with what stands against them', () => {
    const reasons = reasonsOf((b, x) => {
      const attributes = { num_heads: int(2), kv_num_heads: int(2), k_quant_type: text('PER_TENSOR') }
      const lengths = b.constant(DataType.int32, [1], [3])
      const attended = b.add('GroupQueryAttention', [x, x, x, '', '', lengths, lengths], attributes, {
        domain: MS,
      })
      return b.add('NhwcConv', [attended, attended], {}, { domain: MS })
    })
    expect(reasons).toEqual([
      'GroupQueryAttention: com.microsoft.GroupQueryAttention cannot be decomposed, since its cache is quantised',
      'NhwcConv: com.microsoft.NhwcConv has no gradient rule at opset 21',
    ])
  })
})

describe('an output that no standard operators make', () => {
  it('keeps its node, and what others share with it is made anew', () => {
    const b = new GraphBuilder({ opset: 21, name: 'kept', irVersion: 10 })
    b.useDomain(MS, 1)
    const x = b.input('x', DataType.float, ['batch', 'sequence', 8])
    const gamma = b.constant(DataType.float, [8], new Float32Array(8).fill(1))
    const [y = '', mean = ''] = b.addMulti(
      'SkipSimplifiedLayerNormalization',
      [x, x, gamma],
      2,
      {},
      { domain: MS },
    )
    const [z = ''] = b.addMulti('SkipSimplifiedLayerNormalization', [y, x, gamma], 1, {}, { domain: MS })
    b.outputAs('z', z, DataType.float)
    b.outputAs('mean', mean, DataType.float)
    const { model: decomposed, kept, rewritten } = decomposeWithReport(b.build())
    expect(kept.map(({ reason }) => reason)).toEqual(['its output 1 is read'])
    expect([...rewritten]).toEqual([['com.microsoft.SkipSimplifiedLayerNormalization', 1]])
    const made = new Set(['x', ...decomposed.graph.initializers.keys()])
    for (const { inputs, outputs } of decomposed.graph.nodes) {
      expect(inputs.filter((name) => !made.has(name))).toEqual([])
      for (const output of outputs) made.add(output)
    }
  })
})

describe('weights that are dequantised in the graph', () => {
  it.each([
    ['of a tensor', DataType.int8, [], 0],
    ['of an axis', DataType.int8, [8], 0],
    ['of blocks', DataType.uint4, [2, 8], 4],
    ['of blocks', DataType.int4, [2, 8], 4],
  ] as const)('%s pass gradients to what is multiplied with them (%d)', async (_, type, dims, blockSize) => {
    const random = seeded(11)
    const base = model((b, x) => {
      const whole = Array.from({ length: 64 }, () => Math.floor(random() * 7))
      const scales = b.constant(
        DataType.float,
        dims,
        Array.from(
          { length: dims.length === 0 ? 1 : dims.length === 1 ? 8 : 16 },
          () => 0.05 + 0.1 * random(),
        ),
      )
      const attributes = {
        axis: int(dims.length === 1 ? 1 : 0),
        ...(blockSize > 0 ? { block_size: int(blockSize) } : {}),
      }
      const weight = b.add('DequantizeLinear', [b.constant(type, [8, 8], whole), scales], attributes)
      return b.add('MatMul', [x, weight], {}, { name: '/second/MatMul' })
    })
    expect(findLinearModules(base).map(({ name }) => name)).toEqual(['first', 'second', 'last'])
    const graph = buildTrainingGraph(base, trainable(base))
    const session = await openSession({ model: graph.model, device: 'cpu', threads: 1 })
    const feeds = (parameters: Float32Array) => ({
      x: floatTensor(
        [1, 2, 8],
        Float32Array.from({ length: 16 }, (_, i) => Math.sin(i)),
      ),
      labels: floatTensor([1, 2, 8], new Float32Array(16)),
      parameters: floatTensor([parameters.length], parameters),
    })
    const at = Float32Array.from({ length: graph.parameterCount }, () => random() - 0.5)
    const along = at.map(() => random() - 0.5)
    const loss = async (step: number): Promise<number> => {
      const result = await session.run(feeds(at.map((value, i) => value + step * (along[i] ?? 0))), [
        'loss_sum',
      ])
      return floatsOf(result.loss_sum)[0] ?? 0
    }
    const { gradients } = await session.run(feeds(at), ['gradients'])
    const slope = floatsOf(gradients).reduce((sum, value, i) => sum + value * (along[i] ?? 0), 0)
    const difference = ((await loss(0.01)) - (await loss(-0.01))) / 0.02
    await session.close()
    expect(Math.abs(slope - difference) / Math.abs(difference)).toBeLessThan(5e-3)
  })
})
