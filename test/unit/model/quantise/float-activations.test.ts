// Protects: dynamically quantised exports train: their products become float ones of the stored weights, within the rounding of
// activations, under the modules' names; any other form is left alone and reported.
import { describe, expect, it } from 'vitest'
import { int, ints } from '../../../../src/model/attributes.ts'
import { DataType, type OnnxModel } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { withFloatActivations } from '../../../../src/model/quantise/index.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor } from '../../../../src/model/session-tensor.ts'
import { isRoundError } from '../../../../src/core/errors.ts'
import { prepareBase } from '../../../../src/train/gradient/prepare.ts'
import { buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'

interface Form {
  readonly op: 'MatMulInteger' | 'ConvInteger'
  /** Of weight scales: [] for one, or one for each output. */
  readonly scale: 'scalar' | 'vector of one' | 'each output'
  readonly hasZero: boolean
  /** Whether the integers are an output, too. */
  readonly isPublished?: boolean
}

const [IN, OUT] = [6, 4]
const DIMS = { MatMulInteger: [2, 3, IN], ConvInteger: [2, IN, 4, 4] } as const
const WEIGHT = { MatMulInteger: [IN, OUT], ConvInteger: [OUT, IN, 3, 3] } as const
const sizeOf = (dims: readonly number[]): number => dims.reduce((size, dim) => size * dim, 1)
const levelOf = (i: number): number => ((i * 37) % 200) - 100

const scalesOf = ({ scale }: Form): readonly number[] =>
  scale === 'each output' ? [0.01, 0.02, 0.005, 0.015] : [0.01]
const zeroOf = (form: Form, output: number): number =>
  form.hasZero ? (form.scale === 'each output' ? output - 1 : 3) : 0

/** As ONNX Runtime's tool writes a product of `x` with a weight of int8. */
function quantisedModel(form: Form): OnnxModel {
  const { op, hasZero } = form
  const b = new GraphBuilder({ opset: 17, name: 'dynamic' })
  const x = b.input('sample', DataType.float, DIMS[op])
  const [xq = '', xScale = '', xZero = ''] = b.addMulti('DynamicQuantizeLinear', [x], 3)
  const levels = Array.from({ length: sizeOf(WEIGHT[op]) }, (_, i) => levelOf(i))
  const w = b.constant(DataType.int8, WEIGHT[op], levels)
  const scales = scalesOf(form)
  const dims = form.scale === 'scalar' ? [] : [scales.length]
  const wScale = b.constant(DataType.float, dims, scales)
  const zeros = scales.map((_, output) => zeroOf(form, output))
  // A product of two axes takes one zero point a column; a convolution one in all, or one a row.
  const wZero = hasZero ? [b.constant(DataType.int8, dims, zeros)] : []
  const attributes = op === 'ConvInteger' ? { pads: ints([1, 1, 1, 1]), strides: ints([2, 2]) } : {}
  const product = b.add(op, [xq, w, xZero, ...wZero], attributes, { name: `/model/proj/${op}_quant` })
  const cast = b.add('Cast', [product], { to: int(DataType.float) })
  const isConv = op === 'ConvInteger' && scales.length > 1
  const shaped = isConv ? b.constant(DataType.float, [scales.length, 1, 1], scales) : wScale
  const scale = b.add('Mul', [xScale, shaped])
  b.outputAs('logits', b.add('Mul', [cast, scale]), DataType.float)
  if (form.isPublished === true) b.outputAs('integers', product, DataType.int32)
  return b.build()
}

async function outputOf(model: OnnxModel, op: Form['op']): Promise<Float32Array> {
  const session = await openSession({ model, device: 'cpu', threads: 1 })
  const values = Float32Array.from({ length: sizeOf(DIMS[op]) }, (_, i) => Math.sin(i * 1.3))
  const { logits } = await session.run({ sample: floatTensor(DIMS[op], values) }, ['logits'])
  await session.close()
  return floatsOf(logits)
}

const FORMS: readonly Form[] = [
  { op: 'MatMulInteger', scale: 'scalar', hasZero: true },
  { op: 'MatMulInteger', scale: 'vector of one', hasZero: true },
  { op: 'MatMulInteger', scale: 'each output', hasZero: false },
  { op: 'ConvInteger', scale: 'scalar', hasZero: true },
]

describe.each(FORMS)('$op, a scale for $scale, zero points: $hasZero', (form) => {
  it('keeps its values within the rounding of activations, and its module', async () => {
    const model = quantisedModel(form)
    const { model: floating, nodes } = withFloatActivations(model)
    expect(nodes.map(({ op }) => op)).toEqual([form.op])
    expect(floating.graph.nodes.some(({ op }) => /Integer|Dynamic/.test(op))).toBe(false)
    const [theirs, ours] = [await outputOf(model, form.op), await outputOf(floating, form.op)]
    expect(ours).toHaveLength(theirs.length)
    // Half a step of 2/255 in each of the activations, times the largest sum of sizes of a row of the weight.
    const row = form.op === 'ConvInteger' ? IN * 9 : IN
    const bound = (1 / 255) * row * 104 * Math.max(...scalesOf(form))
    let most = 0
    for (const [i, value] of theirs.entries())
      most = Math.max(most, Math.abs(value - (ours[i] ?? Number.NaN)))
    expect(most).toBeLessThanOrEqual(bound)
    const largest = theirs.reduce((size, value) => Math.max(size, Math.abs(value)), 0)
    expect(most / largest).toBeLessThan(0.02)
    expect(findLinearModules(floating).map(({ name, inSize, outSize }) => [name, inSize, outSize])).toEqual([
      ['model.proj', row, OUT],
    ])
  })

  it('trains an adapter whose gradient is that of the float product', async () => {
    const base = prepareBase(quantisedModel(form))
    const sites = findLinearModules(base).map((module) => ({ module, rank: 2, scale: 1 }))
    const graph = buildTrainingGraph(base, { trainable: { kind: 'lora', sites }, loss: 'mse' })
    const session = await openSession({ model: graph.model, device: 'cpu', threads: 1 })
    const x = Float32Array.from({ length: sizeOf(DIMS[form.op]) }, (_, i) => Math.sin(i * 1.3))
    const goal = new Float32Array((await outputOf(base, form.op)).length)
    const goalDims = form.op === 'ConvInteger' ? [2, OUT, 2, 2] : [2, 3, OUT]
    const lossAt = async (parameters: Float32Array) => {
      const feeds = {
        sample: floatTensor(DIMS[form.op], x),
        labels: floatTensor(goalDims, goal),
        parameters: floatTensor([parameters.length], parameters),
      }
      const names = new Set(graph.feeds.map(({ name }) => name))
      const fed = Object.fromEntries(
        Object.entries(feeds).filter(([name]) => names.has(name) || name === 'parameters'),
      )
      const results = await session.run(fed, ['loss_sum', 'gradients'])
      return { loss: floatsOf(results.loss_sum)[0] ?? 0, gradient: floatsOf(results.gradients) }
    }
    const start = Float32Array.from({ length: graph.parameterCount }, (_, i) => 0.3 * Math.cos(i))
    const direction = start.map((_, i) => Math.sin(3 * i))
    const { gradient } = await lossAt(start)
    const step = 1e-2
    const [up, down] = [
      await lossAt(start.map((value, i) => value + step * (direction[i] ?? 0))),
      await lossAt(start.map((value, i) => value - step * (direction[i] ?? 0))),
    ]
    await session.close()
    const product = gradient.reduce((sum, value, i) => sum + value * (direction[i] ?? 0), 0)
    const slope = (up.loss - down.loss) / (2 * step)
    expect(Math.abs(product - slope)).toBeLessThan(2e-2 * Math.abs(slope))
  })
})

describe('another form', () => {
  it.each<readonly [string, Form]>([
    [
      'whose integers are an output',
      { op: 'MatMulInteger', scale: 'scalar', hasZero: true, isPublished: true },
    ],
    ['whose scales are of another shape', { op: 'ConvInteger', scale: 'each output', hasZero: false }],
  ])('%s stays, and is reported by name', (_, form) => {
    const model = quantisedModel(form)
    expect(withFloatActivations(model).model).toBe(model)
    try {
      buildTrainingGraph(prepareBase(model), { trainable: { kind: 'full' }, loss: 'mse' })
      expect.unreachable('integers were differentiated')
    } catch (error) {
      expect(isRoundError(error)).toBe(true)
    }
  })
})
