// Protects: adapters go where PEFT puts them, mean what PEFT means, and a module that is not there is named with its neighbours.
import { describe, expect, it } from 'vitest'
import { isRoundError } from '../../../src/core/errors.ts'
import { int } from '../../../src/model/attributes.ts'
import { DataType } from '../../../src/model/graph.ts'
import { GraphBuilder } from '../../../src/model/graph-builder.ts'
import { chooseModules, factorsOf, insertLora, type LinearModule } from '../../../src/model/lora.ts'
import { openSession } from '../../../src/model/session.ts'
import { floatsOf, floatTensor } from '../../../src/model/session-tensor.ts'

const moduleOf = (name: string, more: Partial<LinearModule> = {}): LinearModule => ({
  name,
  kind: 'linear',
  inSize: 2,
  outSize: 3,
  kernel: [],
  placement: {},
  input: 'x',
  inputRank: 2,
  output: 'y',
  isHead: false,
  ...more,
})

const MODULES = [
  moduleOf('model.layers.0.self_attn.q_proj'),
  moduleOf('model.layers.0.self_attn.kq_proj'),
  moduleOf('model.layers.1.self_attn.q_proj'),
  moduleOf('model.layers.1.mlp.up_proj'),
  moduleOf('model.down.proj_in', { kind: 'conv' }),
  moduleOf('lm_head', { isHead: true }),
]
const namesOf = (targets: readonly string[] | string): readonly string[] =>
  chooseModules(MODULES, targets).map((module) => module.name)

describe('the choice of modules', () => {
  it('takes whole names and last parts behind a dot, in the order of the model', () => {
    expect(namesOf(['up_proj', 'q_proj'])).toEqual([
      'model.layers.0.self_attn.q_proj',
      'model.layers.1.self_attn.q_proj',
      'model.layers.1.mlp.up_proj',
    ])
    expect(namesOf(['model.layers.1.self_attn.q_proj'])).toEqual(['model.layers.1.self_attn.q_proj'])
    expect(namesOf(['lm_head'])).toEqual(['lm_head'])
    expect(namesOf(['1.self_attn.q_proj'])).toEqual(['model.layers.1.self_attn.q_proj'])
  })

  it('takes a text as one expression for the whole name', () => {
    expect(namesOf('.*layers\\.1\\..*')).toEqual([
      'model.layers.1.self_attn.q_proj',
      'model.layers.1.mlp.up_proj',
    ])
    expect(() => namesOf('q_proj')).toThrow(/no module/)
  })

  it('leaves the head and convolutions out of all-linear', () => {
    for (const targets of ['all-linear', ['all-linear']]) {
      expect(namesOf(targets)).toEqual(MODULES.slice(0, 4).map((module) => module.name))
    }
  })

  it('names what is near a module that is not there', () => {
    try {
      namesOf(['q_proj', 'up_prj'])
      expect.unreachable('nothing was reported')
    } catch (error) {
      expect(isRoundError(error, 'MODULE_UNKNOWN')).toBe(true)
      const { info } = error as { info: { target: string; near: string[] } }
      expect(info.target).toBe('up_prj')
      expect(info.near[0]).toBe('up_proj')
    }
  })
})

describe('an adapter in a graph', () => {
  it('has the names and shapes that PEFT writes', () => {
    expect(factorsOf(moduleOf('a.b'), 4)).toEqual({
      a: { name: 'base_model.model.a.b.lora_A.weight', dims: [4, 2] },
      b: { name: 'base_model.model.a.b.lora_B.weight', dims: [3, 4] },
    })
    expect(factorsOf(moduleOf('a.b', { kind: 'conv', kernel: [1, 1] }), 4).a.dims).toEqual([4, 2, 1, 1])
    const wide = factorsOf(moduleOf('a.b', { kind: 'conv', inSize: 18, kernel: [3, 3] }), 4)
    expect([wide.a.dims, wide.b.dims]).toEqual([
      [4, 2, 3, 3],
      [3, 4, 1, 1],
    ])
  })

  for (const [title, dims, op] of [
    ['rows', [4, 2], 'Gemm'],
    ['a batch of rows', [2, 2, 2], 'MatMul'],
    ['an image', [1, 2, 2, 2], 'Conv'],
  ] as const) {
    it(`adds s·B·A to what the base makes of ${title}`, async () => {
      const b = new GraphBuilder({ opset: 17, name: 'linear' })
      const x = b.input('x', DataType.float, dims)
      const isConv = op === 'Conv'
      const kernel = isConv ? [1, 1] : []
      // W, A and B as [out, in], [rank, in], [out, rank].
      const weight = [1, 2, 3, 4, 5, 6]
      const w = op === 'MatMul' ? [1, 3, 5, 2, 4, 6] : weight
      const wDims = op === 'MatMul' ? [2, 3] : [3, 2, ...kernel]
      const attributes = op === 'Gemm' ? { transB: int(1) } : {}
      const y = b.add(op, [x, b.constant(DataType.float, wDims, w)], attributes)
      const z = b.add('Relu', [y])
      b.output(z, DataType.float)
      insertLora(b, {
        module: moduleOf('m', {
          kind: isConv ? 'conv' : 'linear',
          inputRank: dims.length,
          input: x,
          output: y,
        }),
        a: b.constant(DataType.float, [1, 2, ...kernel], [1, -2]),
        b: b.constant(DataType.float, [3, 1, ...kernel], [2, 0, -1]),
        scale: 0.5,
      })
      const session = await openSession({ model: b.build(), device: 'cpu' })
      const values = Float32Array.of(1, 2, -3, 4, 5, -6, 7, 8)
      const results = await session.run({ x: floatTensor(dims, values) }, [z])
      await session.close()
      // ΔW = s·B·A = ½·[[2, −4], [0, 0], [−1, 2]]
      const merged = [1 + 1, 2 - 2, 3, 4, 5 - 0.5, 6 + 1]
      const expected = isConv ? byPoint(merged, values) : byRow(merged, values)
      expect(Array.from(floatsOf(results[z] ?? floatTensor([0], new Float32Array(0))))).toEqual(expected)
    })
  }
})

const relu = (x: number): number => Math.max(0, x)
const at = (list: ArrayLike<number>, i: number): number => list[i] ?? Number.NaN

function byRow(w: readonly number[], x: Float32Array): number[] {
  return [0, 1, 2, 3].flatMap((row) =>
    [0, 1, 2].map((o) => relu(at(w, 2 * o) * at(x, 2 * row) + at(w, 2 * o + 1) * at(x, 2 * row + 1))),
  )
}

function byPoint(w: readonly number[], x: Float32Array): number[] {
  return [0, 1, 2].flatMap((o) =>
    [0, 1, 2, 3].map((point) => relu(at(w, 2 * o) * at(x, point) + at(w, 2 * o + 1) * at(x, 4 + point))),
  )
}
