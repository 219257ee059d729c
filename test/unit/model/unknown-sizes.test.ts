// Protects: sizes that only a run tells leave the sizes beside them known, are never mistaken for others, and no shape is lost.
import { describe, expect, it } from 'vitest'
import { int } from '../../../src/model/attributes.ts'
import { DataType } from '../../../src/model/graph.ts'
import { GraphBuilder } from '../../../src/model/graph-builder.ts'
import { inferShapes, isAtLeast, isUnknown, DIM_ONE, DIM_ZERO } from '../../../src/model/shapes.ts'

/** The dims of what `make` makes, as numbers and keys. */
function dimsOf(make: (b: GraphBuilder, x: string, size: string) => string): readonly (number | string)[] {
  const b = new GraphBuilder({ opset: 20, name: 'open' })
  const x = b.input('x', DataType.float, ['batch', 8, 4])
  const y = make(b, x, b.input('size', DataType.int64, [1]))
  b.output(y, DataType.float)
  const inferred = inferShapes(b.build())
  expect(inferred.problems).toEqual([])
  return inferred.typeOf(y).dims.map((dim) => (isUnknown(dim) ? '?' : (dim.constant ?? dim.key)))
}

const shapeOf = (b: GraphBuilder, ...parts: readonly string[]): string =>
  b.add('Concat', parts, { axis: int(0) })

describe('sizes that only a run tells', () => {
  it('stand beside known ones in a computed shape', () => {
    expect(dimsOf((b, x, size) => b.add('Reshape', [x, shapeOf(b, size, b.int64s(-1, 4))]))).toEqual([
      '?',
      '?',
      4,
    ])
    expect(dimsOf((b, x, size) => b.add('Reshape', [x, shapeOf(b, b.int64s(0, 2), size)]))).toEqual([
      'batch',
      2,
      '?',
    ])
    expect(dimsOf((b, x, size) => b.add('Expand', [x, shapeOf(b, size, b.int64s(1, 1, 1))]))).toEqual([
      '?',
      'batch',
      8,
      4,
    ])
    expect(dimsOf((b, _x, size) => b.add('ConstantOfShape', [shapeOf(b, size, b.int64s(3))]))).toEqual([
      '?',
      3,
    ])
  })

  it('are one axis of slices, tiles, pads and picks', () => {
    expect(dimsOf((b, x, size) => b.add('Slice', [x, b.int64s(0), size, b.int64s(1)]))).toEqual([
      'batch',
      '?',
      4,
    ])
    expect(dimsOf((b, x, size) => b.add('Tile', [x, shapeOf(b, b.int64s(1, 2), size)]))).toEqual([
      'batch',
      16,
      '?',
    ])
    expect(dimsOf((b, x, size) => b.add('Pad', [x, shapeOf(b, b.int64s(0, 1, 0, 0, 1), size)]))).toEqual([
      'batch',
      10,
      '?',
    ])
    expect(dimsOf((b, x, size) => b.addMulti('TopK', [x, size], 2, { axis: int(1) })[0] ?? '')).toEqual([
      'batch',
      '?',
      4,
    ])
    expect(
      dimsOf((b, x) => b.add('Compress', [x, b.input('keep', DataType.bool, [8])], { axis: int(1) })),
    ).toEqual(['batch', '?', 4])
  })

  it('come out of arithmetic that leaves the whole numbers', () => {
    const halved = (b: GraphBuilder, x: string): string => {
      const height = b.add('Slice', [b.add('Shape', [x]), b.int64s(0), b.int64s(1)])
      const scaled = b.add('Mul', [b.add('Cast', [height], { to: int(DataType.float) }), b.scalar(0.5)])
      return b.add('Cast', [b.add('Floor', [scaled])], { to: int(DataType.int64) })
    }
    expect(dimsOf((b, x) => b.add('Slice', [x, b.int64s(0), halved(b, x), b.int64s(0)]))).toEqual(['?', 8, 4])
  })

  it('give way to what they must be equal to', () => {
    expect(
      dimsOf((b, x, size) => {
        const open = b.add('Slice', [x, b.int64s(0), size, b.int64s(1)])
        return b.add('Add', [open, x])
      }),
    ).toEqual(['batch', 8, 4])
  })

  it('may be nothing, and are different wherever they come from', () => {
    const b = new GraphBuilder({ opset: 20, name: 'count' })
    const x = b.input('x', DataType.float, ['batch', 3])
    const [first, second] = [b.add('NonZero', [x]), b.add('NonZero', [b.add('Neg', [x])])]
    b.output(first, DataType.int64)
    b.output(second, DataType.int64)
    const inferred = inferShapes(b.build())
    const [rank, count] = inferred.typeOf(first).dims
    const other = inferred.typeOf(second).dims[1]
    if (rank === undefined || count === undefined || other === undefined) throw new Error('two axes')
    expect(rank.constant).toBe(2)
    expect(count.key).not.toBe(other.key)
    expect(isAtLeast(count, DIM_ZERO)).toBe(true)
    expect(isAtLeast(count, DIM_ONE)).toBe(false)
  })

  it('are no values: nothing that is asked for elements gets a guess', () => {
    const b = new GraphBuilder({ opset: 20, name: 'value' })
    const size = b.input('size', DataType.int64, [1])
    const shape = b.add('Concat', [size, b.int64s(3)], { axis: int(0) })
    b.output(shape, DataType.int64)
    const inferred = inferShapes(b.build())
    expect(inferred.valueOf(size)).toBeNull()
    expect(inferred.valueOf(shape)).toBeNull()
  })
})
