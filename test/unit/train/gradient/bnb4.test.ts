// Protects: gradients through bitsandbytes' four-bit floats are those of the weight that ONNX Runtime reads from the same bytes.
import { describe, expect, it } from 'vitest'
import { isRoundError } from '../../../../src/core/errors.ts'
import { int } from '../../../../src/model/attributes.ts'
import { DataType, type OnnxModel } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor } from '../../../../src/model/session-tensor.ts'
import { buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'
import { seeded } from './rule-case.ts'

interface Form {
  readonly quantType: 0 | 1
  readonly blockSize: number
}
const [IN, OUT, ROWS] = [32, 6, 3]
const FORMS: readonly Form[] = [
  { quantType: 0, blockSize: 16 },
  { quantType: 1, blockSize: 16 },
  { quantType: 1, blockSize: 64 },
]

function addProduct(b: GraphBuilder, x: string, { quantType, blockSize }: Form, transB = 1): string {
  const random = seeded(17 * blockSize + quantType)
  const bytes = Array.from({ length: (IN * OUT) / 2 }, () => Math.floor(random() * 256))
  const sizes = Array.from({ length: (IN * OUT) / blockSize }, () => Math.fround(0.1 + random()))
  const attributes = {
    K: int(IN),
    N: int(OUT),
    block_size: int(blockSize),
    quant_type: int(quantType),
    transB: int(transB),
  }
  const inputs = [
    x,
    b.constant(DataType.uint8, [bytes.length], bytes),
    b.constant(DataType.float, [sizes.length], sizes),
  ]
  return b.add('MatMulBnb4', inputs, attributes, { domain: 'com.microsoft', name: '/second/MatMul' })
}

/** The weight [out, in] that ONNX Runtime's kernel reads: what it makes of the unit matrix. */
async function weightOf(form: Form): Promise<Float32Array> {
  const b = new GraphBuilder({ opset: 17, name: 'unit' })
  b.useDomain('com.microsoft', 1)
  b.outputAs('y', addProduct(b, b.input('x', DataType.float, [IN, IN]), form), DataType.float)
  const session = await openSession({ model: b.build(), device: 'cpu', threads: 1 })
  const unit = Float32Array.from({ length: IN * IN }, (_, i) => (i % (IN + 1) === 0 ? 1 : 0))
  const { y } = await session.run({ x: floatTensor([IN, IN], unit) }, ['y'])
  await session.close()
  return floatsOf(y)
}

/** x → a product that is trained → one with four bits, or with the same weight in floats. */
async function modelOf(form: Form, isQuantised: boolean, transB = 1): Promise<OnnxModel> {
  const b = new GraphBuilder({ opset: 17, name: 'two' })
  b.useDomain('com.microsoft', 1)
  const x = b.input('sample', DataType.float, [ROWS, 4])
  const first = Array.from({ length: 4 * IN }, (_, i) => Math.sin(i))
  const hidden = b.add(
    'MatMul',
    [x, b.constant(DataType.float, [4, IN], first)],
    {},
    { name: '/first/MatMul' },
  )
  const rest = { name: '/second/MatMul' }
  const y = isQuantised
    ? addProduct(b, hidden, form, transB)
    : b.add('MatMul', [hidden, b.constant(DataType.float, [IN, OUT], [...(await weightOf(form))])], {}, rest)
  b.outputAs('logits', y, DataType.float)
  return b.build()
}

async function gradientsOf(model: OnnxModel): Promise<Float32Array> {
  const sites = findLinearModules(model).map((module) => ({ module, rank: 2, scale: 1 }))
  expect(sites.map(({ module }) => [module.name, module.inSize, module.outSize])).toEqual([
    ['first', 4, IN],
    ['second', IN, OUT],
  ])
  const graph = buildTrainingGraph(model, { trainable: { kind: 'lora', sites }, loss: 'mse' })
  const session = await openSession({ model: graph.model, device: 'cpu', threads: 1 })
  const parameters = Float32Array.from({ length: graph.parameterCount }, (_, i) => 0.3 * Math.cos(i))
  const feeds = {
    sample: floatTensor(
      [ROWS, 4],
      Float32Array.from({ length: ROWS * 4 }, (_, i) => Math.cos(2 * i)),
    ),
    labels: floatTensor([ROWS, OUT], new Float32Array(ROWS * OUT)),
    parameters: floatTensor([parameters.length], parameters),
  }
  const { gradients } = await session.run(feeds, ['gradients'])
  await session.close()
  return floatsOf(gradients)
}

describe.each(FORMS)('MatMulBnb4 of quant_type $quantType in blocks of $blockSize', (form) => {
  it('passes on the gradient of the same weight in floats', async () => {
    const [ours, wanted] = [
      await gradientsOf(await modelOf(form, true)),
      await gradientsOf(await modelOf(form, false)),
    ]
    const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    expect(largest).toBeGreaterThan(0)
    for (const [i, value] of wanted.entries())
      expect(Math.abs(value - (ours[i] ?? Number.NaN)) / largest).toBeLessThanOrEqual(1e-5)
  })
})

it('a weight that lies the other way round is refused by name', async () => {
  const model = await modelOf({ quantType: 1, blockSize: 16 }, true, 0)
  const [first] = findLinearModules(model)
  if (first === undefined) throw new Error('a module')
  try {
    buildTrainingGraph(model, {
      trainable: { kind: 'lora', sites: [{ module: first, rank: 2, scale: 1 }] },
      loss: 'mse',
    })
    expect.unreachable('it was differentiated')
  } catch (error) {
    expect(isRoundError(error, 'GRADIENT_UNSUPPORTED')).toBe(true)
    expect(String(error)).toMatch(/transB/)
  }
})
