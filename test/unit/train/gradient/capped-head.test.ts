// Protects: a head behind a soft cap is found in both forms it is written in, and a product that is no head is not.
import { describe, expect, it } from 'vitest'
import { int } from '../../../../src/model/attributes.ts'
import { DataType } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { inferGraphShapes } from '../../../../src/train/gradient/graph-shapes.ts'
import { findHead } from '../../../../src/train/gradient/head.ts'

function headOf(behind: (b: GraphBuilder, product: string) => string) {
  const b = new GraphBuilder({ opset: 20, name: 'capped' })
  const rows = b.input('rows', DataType.float, ['batch', 'sequence', 4])
  const weight = b.constant(DataType.float, [4, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  const product = b.add('MatMul', [rows, weight])
  b.outputAs('logits', behind(b, product), DataType.float, ['batch', 'sequence', 3])
  const model = b.build()
  return findHead(model.graph, inferGraphShapes(model), 'logits')
}

describe('a head', () => {
  it('without a cap', () => {
    expect(headOf((b, x) => b.add('Identity', [x]))).toMatchObject({ width: 4, inputRank: 3, cap: null })
  })

  it('with one, by quotient or by factor, on either side', () => {
    const divided = headOf((b, x) => {
      const tanh = b.add('Tanh', [b.add('Div', [x, b.scalar(4)])])
      return b.add('Reshape', [b.add('Mul', [tanh, b.scalar(4)]), b.int64s(0, 0, 3)])
    })
    expect(divided).toMatchObject({ width: 4, cap: { inner: 0.25, outer: 4 } })
    const multiplied = headOf((b, x) => {
      const tanh = b.add('Tanh', [b.add('Mul', [b.scalar(0.5), x])])
      return b.add('Mul', [b.scalar(2), tanh])
    })
    expect(multiplied?.cap).toEqual({ inner: 0.5, outer: 2 })
  })

  it('is none where the cap is no number, or something else stands between', () => {
    expect(headOf((b, x) => b.add('Mul', [b.add('Tanh', [x]), b.scalar(2)]))).toBeNull()
    const vector = headOf((b, x) => {
      const tanh = b.add('Tanh', [b.add('Mul', [x, b.scalar(0.5)])])
      return b.add('Mul', [tanh, b.constant(DataType.float, [3], [1, 2, 3])])
    })
    expect(vector).toBeNull()
    expect(headOf((b, x) => b.add('Softmax', [x], { axis: int(-1) }))).toBeNull()
  })
})
