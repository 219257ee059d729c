// Protects: layer norms that were written out become one operator where they are one, and stay where they are not.
import { describe, expect, it } from 'vitest'
import { int } from '../../../../src/model/attributes.ts'
import { DataType, type OnnxModel } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor } from '../../../../src/model/session-tensor.ts'
import { fuseLayerNorms } from '../../../../src/train/gradient/fuse-norms.ts'

interface Form {
  readonly axes?: readonly number[]
  readonly varianceAxes?: readonly number[]
  readonly isProduct?: boolean
  readonly isTwice?: boolean
  readonly gammaDims?: readonly number[]
  /** Whether the value between the product and the sum is read by something else. */
  readonly isRead?: boolean
  readonly epsilon?: number
}

/** y = the norm of x [rows, 3, 4], written out. */
function written(form: Form): OnnxModel {
  const b = new GraphBuilder({ opset: 18, name: 'norm' })
  const x = b.input('x', DataType.float, ['rows', 3, 4])
  const axes = form.axes ?? [-1]
  const mean = (value: string, over: readonly number[]): string =>
    b.add('ReduceMean', [value, b.int64s(...over)], { keepdims: int(1) })
  const centred = (): string => b.add('Sub', [x, mean(x, axes)])
  const d = centred()
  const other = form.isTwice === true ? centred() : d
  const squares = form.isProduct === true ? b.add('Mul', [other, other]) : b.add('Pow', [other, b.scalar(2)])
  const variance = mean(squares, form.varianceAxes ?? axes)
  const deviation = b.add('Sqrt', [b.add('Add', [variance, b.scalar(form.epsilon ?? 1e-5)])])
  const dims = form.gammaDims ?? [3, 4].slice(-axes.length)
  const values = (start: number): readonly number[] =>
    Array.from({ length: dims.reduce((a, c) => a * c, 1) }, (_, i) => start + i / 3)
  const scaled = b.add('Mul', [b.add('Div', [d, deviation]), b.constant(DataType.float, dims, values(0.5))])
  const sum = b.add('Add', [b.constant(DataType.float, dims, values(-1)), scaled])
  b.outputAs('y', form.isRead === true ? b.add('Add', [sum, scaled]) : sum, DataType.float)
  return b.build()
}

async function run(model: OnnxModel): Promise<readonly number[]> {
  const session = await openSession({ model, device: 'cpu', threads: 1 })
  const x = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i * i))
  const results = await session.run({ x: floatTensor([2, 3, 4], x) }, ['y'])
  await session.close()
  return Array.from(floatsOf(results.y))
}

const isFused = (model: OnnxModel): boolean => {
  const ops = model.graph.nodes.map(({ op }) => op)
  return ops.includes('LayerNormalization') && !ops.includes('Sqrt')
}

describe('layer norms that were written out', () => {
  const FUSED: Readonly<Record<string, Form>> = {
    'by a power': {},
    'by a product, with a large ε': { isProduct: true, epsilon: 0.3 },
    'with the mean taken off twice': { isTwice: true },
    'over two axes': { axes: [1, -1], gammaDims: [3, 4] },
  }
  for (const [title, form] of Object.entries(FUSED)) {
    it(`${title}: one operator with the same result`, async () => {
      const model = written(form)
      const fused = fuseLayerNorms(model)
      expect(isFused(fused)).toBe(true)
      const [before, after] = [await run(model), await run(fused)]
      after.forEach((value, i) => expect(value).toBeCloseTo(before[i] ?? Number.NaN, 5))
    })
  }

  const OTHERS: Readonly<Record<string, Form>> = {
    'over an axis that is not the last': { axes: [1], gammaDims: [4] },
    'with means over different axes': { axes: [-1], varianceAxes: [1, 2], gammaDims: [4] },
    'with a scale that is broadcast': { gammaDims: [1] },
    'whose parts are read by something else': { isRead: true },
  }
  for (const [title, form] of Object.entries(OTHERS)) {
    it(`${title}: stays as it is`, () => {
      const model = written(form)
      expect(fuseLayerNorms(model)).toBe(model)
    })
  }
})
