// Protects: gradients through quantised products are those of the dequantised weight, whatever the bits, blocks and zero points.
import { describe, expect, it } from 'vitest'
import { assert } from '../../../../src/core/errors.ts'
import { int } from '../../../../src/model/attributes.ts'
import { DataType, type GraphNode, type OnnxModel } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { readyToDifferentiate } from '../../../../src/model/quantise/nbits.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor, type HostTensor } from '../../../../src/model/session-tensor.ts'
import { inferGraphShapes } from '../../../../src/train/gradient/graph-shapes.ts'
import { checkDifferentiable, differentiate } from '../../../../src/train/gradient/walk.ts'
import { seeded } from './rule-case.ts'

interface Form {
  readonly bits: 2 | 4 | 8
  readonly blockSize: number
  readonly inSize: number
  readonly outSize: number
  readonly zeroPoints: 'none' | 'packed' | 'float'
  readonly opset: number
  readonly hasBias?: boolean
}

const FORMS: readonly Form[] = [
  { bits: 4, blockSize: 16, inSize: 64, outSize: 5, zeroPoints: 'none', opset: 21 },
  { bits: 4, blockSize: 32, inSize: 64, outSize: 6, zeroPoints: 'packed', opset: 21, hasBias: true },
  { bits: 4, blockSize: 32, inSize: 96, outSize: 6, zeroPoints: 'packed', opset: 21 },
  { bits: 4, blockSize: 32, inSize: 40, outSize: 6, zeroPoints: 'none', opset: 21 },
  { bits: 4, blockSize: 64, inSize: 128, outSize: 3, zeroPoints: 'float', opset: 21 },
  { bits: 4, blockSize: 128, inSize: 256, outSize: 3, zeroPoints: 'none', opset: 18 },
  { bits: 4, blockSize: 256, inSize: 256, outSize: 3, zeroPoints: 'packed', opset: 18 },
  { bits: 8, blockSize: 32, inSize: 64, outSize: 5, zeroPoints: 'none', opset: 21 },
  { bits: 8, blockSize: 32, inSize: 96, outSize: 5, zeroPoints: 'packed', opset: 21 },
  { bits: 2, blockSize: 32, inSize: 64, outSize: 5, zeroPoints: 'none', opset: 21 },
  { bits: 2, blockSize: 32, inSize: 96, outSize: 5, zeroPoints: 'packed', opset: 21 },
]

interface Stored {
  readonly bytes: Uint8Array
  readonly scales: Float32Array
  readonly zeroPoints: Uint8Array | Float32Array | null
  /** [out, in], as the definition has it. */
  readonly weight: Float32Array
}

/** Random integers in the operator's layout, and what they mean, restated from the operator's definition. */
function store({ bits, blockSize, inSize, outSize, zeroPoints }: Form): Stored {
  const random = seeded(bits * 1000 + blockSize + inSize)
  const blocks = Math.ceil(inSize / blockSize)
  const perByte = 8 / bits
  const bytes = new Uint8Array((outSize * blocks * blockSize) / perByte)
  const scales = Float32Array.from({ length: outSize * blocks }, () => 0.01 + 0.05 * random())
  const rowBytes = Math.ceil(blocks / perByte)
  const packed = new Uint8Array(outSize * rowBytes)
  const points = Array.from({ length: outSize * blocks }, () =>
    zeroPoints === 'none'
      ? 2 ** (bits - 1)
      : zeroPoints === 'float'
        ? 6 + 3 * random()
        : Math.floor(random() * 2 ** bits),
  )
  const weight = new Float32Array(outSize * inSize)
  const put = (to: Uint8Array, element: number, value: number): void => {
    const at = Math.floor(element / perByte)
    to[at] = (to[at] ?? 0) | (value << (bits * (element % perByte)))
  }
  for (let row = 0; row < outSize; row++) {
    for (let block = 0; block < blocks; block++) {
      const at = row * blocks + block
      const point = points[at] ?? 0
      if (zeroPoints === 'packed') put(packed, row * rowBytes * perByte + block, point)
      for (let i = 0; i < blockSize; i++) {
        const q = Math.floor(random() * 2 ** bits)
        put(bytes, at * blockSize + i, q)
        const column = block * blockSize + i
        if (column < inSize) weight[row * inSize + column] = (q - Math.fround(point)) * (scales[at] ?? 0)
      }
    }
  }
  const stored = zeroPoints === 'none' ? null : zeroPoints === 'packed' ? packed : Float32Array.from(points)
  return { bytes, scales, zeroPoints: stored, weight }
}

/** y = x·Wᵀ + b, quantised or not. */
function product(form: Form, stored: Stored, isQuantised: boolean): OnnxModel {
  const { bits, blockSize, inSize, outSize } = form
  const blocks = Math.ceil(inSize / blockSize)
  const b = new GraphBuilder({ opset: form.opset, name: 'product', irVersion: 10 })
  b.useDomain('com.microsoft', 1)
  const x = b.input('x', DataType.float, ['batch', 'sequence', inSize])
  const bias =
    form.hasBias === true
      ? b.constant(
          DataType.float,
          [outSize],
          Array.from({ length: outSize }, (_, i) => i),
        )
      : ''
  let y: string
  if (isQuantised) {
    const points = stored.zeroPoints
    const zero =
      points === null
        ? ''
        : points instanceof Uint8Array
          ? b.constant(DataType.uint8, [points.length], points)
          : b.constant(DataType.float, [outSize * blocks], points)
    const inputs = [
      x,
      b.constant(DataType.uint8, [outSize, blocks, (blockSize * bits) / 8], stored.bytes),
      b.constant(DataType.float, [outSize * blocks], stored.scales),
      zero,
      '',
      bias,
    ]
    const attributes = { K: int(inSize), N: int(outSize), bits: int(bits), block_size: int(blockSize) }
    y = b.add('MatMulNBits', inputs, attributes, { domain: 'com.microsoft' })
  } else {
    const w = b.constant(DataType.float, [outSize, inSize], stored.weight)
    y = b.add('MatMul', [x, b.add('Transpose', [w])])
    if (bias !== '') y = b.add('Add', [y, bias])
  }
  b.outputAs('y', y, DataType.float)
  return b.build()
}

const worst = (a: Float32Array, b: Float32Array): number => {
  const largest = Math.max(...b.map(Math.abs))
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN)))) / largest
}

describe('MatMulNBits', () => {
  for (const form of FORMS) {
    const { bits, blockSize, inSize, zeroPoints, opset } = form
    it(`of ${bits} bits in blocks of ${blockSize}, ${inSize} features, zero points ${zeroPoints}, opset ${opset}`, async () => {
      const stored = store(form)
      const random = seeded(5)
      const values = Float32Array.from({ length: 6 * inSize }, () => 2 * random() - 1)
      const x = floatTensor([2, 3, inSize], values)
      const cotangent = floatTensor(
        [2, 3, form.outSize],
        Float32Array.from({ length: 6 * form.outSize }, () => 2 * random() - 1),
      )
      const ours = await gradientOf(product(form, stored, true), { x, cotangent })
      const wanted = await gradientOf(product(form, stored, false), { x, cotangent })
      expect(worst(ours.y, wanted.y)).toBeLessThan(1e-5)
      expect(worst(ours.gradient, wanted.gradient)).toBeLessThan(1e-5)
    })
  }

  const changed = (change: (b: GraphBuilder, inputs: readonly string[]) => Partial<GraphNode>): OnnxModel => {
    const [form] = FORMS
    assert(form !== undefined, 'there are forms')
    const model = product(form, store(form), true)
    const b = new GraphBuilder(model)
    const node = model.graph.nodes.find(({ op }) => op === 'MatMulNBits')
    b.rewrite(node?.outputs[0] ?? '', change(b, node?.inputs ?? []))
    return b.build()
  }

  it.each([
    [
      'reordered columns',
      (b: GraphBuilder, inputs: readonly string[]) => ({
        inputs: [...inputs.slice(0, 4), b.constant(DataType.int32, [64], new Int32Array(64))],
      }),
      /its columns are reordered/,
    ],
    [
      'three bits',
      () => ({
        attributes: new Map(Object.entries({ K: int(64), N: int(5), bits: int(3), block_size: int(16) })),
      }),
      /3 bits an element/,
    ],
    [
      'more columns than are stored',
      () => ({
        attributes: new Map(Object.entries({ K: int(640), N: int(5), bits: int(4), block_size: int(16) })),
      }),
      /not as large as K, N and block_size say/,
    ],
    [
      'a weight that is computed',
      (b: GraphBuilder, inputs: readonly string[]) => ({
        inputs: [inputs[0] ?? '', b.add('Identity', [inputs[1] ?? '']), ...inputs.slice(2)],
      }),
      /computed instead of stored/,
    ],
  ] as const)('of %s is refused by name', (_, change, reason) => {
    const model = changed(change)
    expect(() =>
      checkDifferentiable({
        builder: new GraphBuilder(model),
        graph: model.graph,
        shapes: inferGraphShapes(model),
        sinks: ['y'],
        wanted: ['x'],
      }),
    ).toThrow(reason)
  })
})

async function gradientOf(
  given: OnnxModel,
  feeds: Readonly<Record<string, HostTensor>>,
): Promise<{ readonly y: Float32Array; readonly gradient: Float32Array }> {
  const model = given.opsets.get('') === 18 ? given : readyToDifferentiate(given)
  const grown = new GraphBuilder(model, { prefix: 'grad/' })
  grown.input('cotangent', DataType.float, null)
  const shapes = inferGraphShapes(model)
  const seeds = new Map([['y', 'cotangent']])
  const gradients = differentiate({ builder: grown, graph: model.graph, shapes, seeds, wanted: ['x'] })
  grown.outputAs('dx', gradients.get('x') ?? '', DataType.float)
  const session = await openSession({ model: grown.build(), device: 'cpu', threads: 1 })
  try {
    const result = await session.run(feeds, ['y', 'dx'])
    return { y: floatsOf(result.y), gradient: floatsOf(result.dx) }
  } finally {
    await session.close()
  }
}
