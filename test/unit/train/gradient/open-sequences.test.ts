// Protects: lists of tensors that are split and joined are differentiated like slices; lists that only a run fills are refused.
import { describe, expect, it } from 'vitest'
import { int } from '../../../../src/model/attributes.ts'
import { DataType, type OnnxModel } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor } from '../../../../src/model/session-tensor.ts'
import { openSequences } from '../../../../src/train/gradient/open-sequences.ts'
import { buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'

type Make = (b: GraphBuilder, x: string) => string

/** y = make(x), x [rows, 6]. */
function modelOf(make: Make): OnnxModel {
  const b = new GraphBuilder({ opset: 18, name: 'lists' })
  const x = b.input('x', DataType.float, ['rows', 6])
  b.outputAs('y', make(b, x), DataType.float)
  return b.build()
}

const at = (b: GraphBuilder, list: string, index: number): string =>
  b.add('SequenceAt', [list, b.scalar(index, DataType.int64)])
const whole = (b: GraphBuilder, value: number): string => b.scalar(value, DataType.int64)

const FORMS: Readonly<Record<string, Make>> = {
  'parts of one size': (b, x) => {
    const list = b.add('SplitToSequence', [x, whole(b, 4)], { axis: int(1) })
    return b.add('Concat', [at(b, list, -1), at(b, list, 0)], { axis: int(1) })
  },
  'parts of given sizes': (b, x) => {
    const list = b.add('SplitToSequence', [x, b.int64s(1, 3, 2)], { axis: int(-1) })
    return b.add('Concat', [at(b, list, 2), at(b, list, -2), at(b, list, 0)], { axis: int(1) })
  },
  'rows, the axis gone': (b, x) => {
    const list = b.add('SplitToSequence', [x], { axis: int(1), keepdims: int(0) })
    return b.add('ConcatFromSequence', [list], { axis: int(0), new_axis: int(1) })
  },
  'a list that is put together, changed and joined': (b, x) => {
    const list = b.add('SequenceConstruct', [x, b.add('Neg', [x])])
    const longer = b.add('SequenceInsert', [list, b.add('Sin', [x]), whole(b, 1)])
    const shorter = b.add('SequenceErase', [b.add('SequenceInsert', [longer, x]), whole(b, 0)])
    return b.add('Add', [b.add('ConcatFromSequence', [shorter], { axis: int(0) }), at(b, longer, 0)])
  },
  'a list of a list’s element': (b, x) => {
    const half = at(b, b.add('SplitToSequence', [x, whole(b, 3)], { axis: int(1) }), 1)
    const list = b.add('SplitToSequence', [half, b.int64s(1, 2)], { axis: int(1) })
    return b.add('Mul', [at(b, list, 0), at(b, list, -1)])
  },
}

describe('lists of tensors', () => {
  for (const [title, make] of Object.entries(FORMS)) {
    it(`${title}: the same results without a list`, async () => {
      const model = modelOf(make)
      const opened = openSequences(model)
      expect(opened.graph.nodes.filter(({ op }) => op.includes('Sequence'))).toEqual([])
      const rows = title.startsWith('a list that') ? 1 : 2
      const x = floatTensor(
        [rows, 6],
        Float32Array.from({ length: rows * 6 }, (_, i) => Math.sin(i)),
      )
      const results = []
      for (const each of [model, opened]) {
        const session = await openSession({ model: each, device: 'cpu' })
        results.push((await session.run({ x }, ['y'])).y)
        await session.close()
      }
      const [before, after] = results
      if (before === undefined || after === undefined) throw new Error('two runs')
      expect(after.dims).toEqual(before.dims)
      expect(Array.from(floatsOf(after))).toEqual(Array.from(floatsOf(before)))
    })
  }

  const weighted = (make: Make): OnnxModel =>
    modelOf((b, x) =>
      make(
        b,
        b.add('MatMul', [
          x,
          b.constant(
            DataType.float,
            [6, 6],
            Array.from({ length: 36 }, () => 0.1),
          ),
        ]),
      ),
    )
  const options = { trainable: { kind: 'full' }, loss: 'classification' } as const

  it('are trained through', () => {
    const { model } = buildTrainingGraph(weighted(FORMS['parts of given sizes'] ?? ((_b, x) => x)), options)
    expect(model.graph.nodes.filter(({ op }) => op.includes('Sequence'))).toEqual([])
  })

  it('whose element only a run names are refused', () => {
    const model = weighted((b, x) => {
      const list = b.add('SplitToSequence', [x, whole(b, 3)], { axis: int(1) })
      return b.add('SequenceAt', [list, b.input('index', DataType.int64, [])])
    })
    expect(() => buildTrainingGraph(model, options)).toThrow(/SequenceAt handles lists of tensors/)
  })
})
