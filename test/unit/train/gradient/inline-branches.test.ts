// Protects: a branch that every input takes is trained like the rest of the graph; one that depends on the input is refused.
import { describe, expect, it } from 'vitest'
import { DataType, type Attribute, type Graph } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor, int64Tensor } from '../../../../src/model/session-tensor.ts'
import { inlineBranches } from '../../../../src/train/gradient/inline-branches.ts'
import { buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'

/** A branch that makes `hidden` of the outer graph into something else. */
function branch(make: (b: GraphBuilder) => string): Attribute {
  const b = new GraphBuilder({ opset: 17, name: 'branch' })
  b.input('hidden', DataType.float, ['batch', 2])
  b.outputAs('made', make(b), DataType.float)
  const value: Graph = { ...b.build().graph, inputs: [] }
  return { kind: 'graph', value }
}

/** logits = branch(x·W), where the condition is made by `test`. */
function branching(test: (b: GraphBuilder, hidden: string) => string, nested = false) {
  const b = new GraphBuilder({ opset: 17, name: 'branching' })
  const x = b.input('x', DataType.float, ['batch', 2])
  b.add('MatMul', [x, b.constant(DataType.float, [2, 2], [1, 0.5, -1, 2])], {}, { output: 'hidden' })
  const doubled = branch((inner) => inner.add('Mul', ['hidden', inner.scalar(2)]))
  const other = branch((inner) => inner.add('Hardmax', ['hidden']))
  const inside = branch((inner) =>
    inner.add('If', [inner.constant(DataType.bool, [], [1])], { then_branch: doubled, else_branch: other }),
  )
  const branches = { then_branch: nested ? inside : doubled, else_branch: other }
  // Twice, with the same names inside.
  const first = b.add('If', [test(b, 'hidden')], branches)
  const second = b.add('If', [test(b, 'hidden')], branches)
  b.outputAs('logits', b.add('Add', [first, second]), DataType.float)
  return b.build()
}

const ofRank = (b: GraphBuilder, hidden: string): string => {
  const rank = b.add('Size', [b.add('Shape', [hidden])])
  return b.add('Equal', [rank, b.scalar(2, DataType.int64)])
}
const ofBatch = (b: GraphBuilder, hidden: string): string => {
  const batch = b.add('Gather', [b.add('Shape', [hidden]), b.scalar(0, DataType.int64)])
  return b.add('Equal', [batch, b.scalar(1, DataType.int64)])
}
const options = { trainable: { kind: 'full' }, loss: 'classification' } as const

describe('branches', () => {
  for (const isNested of [false, true]) {
    it(`that every input takes are differentiated${isNested ? ', one inside of another' : ''}`, async () => {
      const model = branching(ofRank, isNested)
      expect(inlineBranches(model).graph.nodes.filter((node) => node.op === 'If')).toEqual([])
      const graph = buildTrainingGraph(model, options)
      const session = await openSession({ model: graph.model, device: 'cpu' })
      const results = await session.run(
        {
          x: floatTensor([1, 2], Float32Array.of(1, 3)),
          labels: int64Tensor([1], [0]),
          parameters: floatTensor([4], Float32Array.of(1, 0.5, -1, 2)),
        },
        ['loss_sum', 'gradients'],
      )
      await session.close()
      // logits = 4·(−2, 6.5): the softmax is all but (0, 1), and dL/dhidden = 4·(−1, 1).
      expect(floatsOf(results.loss_sum)[0]).toBeCloseTo(34, 4)
      const gradients = [-4, 4, -12, 12]
      floatsOf(results.gradients).forEach((value, i) => expect(value).toBeCloseTo(gradients[i] ?? 0, 4))
    })
  }

  it('that depend on the input stay, and are refused by name', () => {
    const model = branching(ofBatch)
    expect(inlineBranches(model)).toBe(model)
    expect(() => buildTrainingGraph(model, options)).toThrow(/If \(node If\): If has graphs of its own/)
  })
})
