// Protects: sizes of what sliding windows and resizing make are those of ONNX Runtime, rounding and padding included.
import { describe, expect, it } from 'vitest'
import { int, ints, text } from '../../../src/model/attributes.ts'
import { DataType, type Attribute } from '../../../src/model/graph.ts'
import { GraphBuilder } from '../../../src/model/graph-builder.ts'
import { openSession } from '../../../src/model/session.ts'
import { floatTensor } from '../../../src/model/session-tensor.ts'
import { inferShapes } from '../../../src/model/shapes.ts'

type Make = (b: GraphBuilder, x: string) => string

/** One graph of many nodes that read x [1, 1, n], n open: inferred sizes for n against those of a run. */
async function compare(makes: readonly Make[], sizes: readonly number[]): Promise<void> {
  const b = new GraphBuilder({ opset: 18, name: 'windows' })
  const x = b.input('x', DataType.float, [1, 1, 'n'])
  const outputs = makes.map((make) => b.output(make(b, x), DataType.float))
  const model = b.build()
  const { typeOf } = inferShapes(model)
  const session = await openSession({ model, device: 'cpu', threads: 1 })
  for (const n of sizes) {
    const results = await session.run({ x: floatTensor([1, 1, n], new Float32Array(n)) }, outputs)
    outputs.forEach((output) => {
      const inferred = typeOf(output).dims.map((dim) => dim.evaluate({ n }))
      expect(inferred, `${output} of ${n}`).toEqual(results[output]?.dims)
    })
  }
  await session.close()
}

const SIZES = [4, 5, 6, 7, 8, 11]

describe('sizes', () => {
  for (const op of ['MaxPool', 'AveragePool', 'LpPool']) {
    it(`of ${op}`, async () => {
      const makes = [2, 3].flatMap((kernel) =>
        [1, 2, 3].flatMap((stride) => {
          const window = { kernel_shape: ints([kernel]), strides: ints([stride]) }
          const forms: readonly Readonly<Record<string, Attribute>>[] = [
            {},
            { ceil_mode: int(1) },
            { pads: ints([1, 1]) },
            { pads: ints([1, 1]), ceil_mode: int(1) },
            { pads: ints([0, 1]), ceil_mode: int(1) },
            { auto_pad: text('VALID') },
            ...(kernel >= stride ? [{ auto_pad: text('SAME_UPPER') }, { auto_pad: text('SAME_LOWER') }] : []),
          ]
          return forms.map(
            (form): Make =>
              (b, x) =>
                b.add(op, [x], { ...window, ...form }),
          )
        }),
      )
      await compare(makes, SIZES)
    })
  }

  it('of Resize by scales that f32 rounds', async () => {
    for (const n of SIZES) {
      const b = new GraphBuilder({ opset: 18, name: 'scales' })
      const x = b.input('x', DataType.float, [1, 1, n])
      const scales = [5 / 3, 7 / 6, 4 / 3, 0.7, 1.1, 2.5, 1 / 3]
      const outputs = scales.map((scale) => {
        const by = b.constant(DataType.float, [3], [1, 1, scale])
        return b.output(b.add('Resize', [x, '', by], { mode: text('nearest') }), DataType.float)
      })
      const model = b.build()
      const { typeOf } = inferShapes(model)
      const session = await openSession({ model, device: 'cpu', threads: 1 })
      const results = await session.run({ x: floatTensor([1, 1, n], new Float32Array(n)) }, outputs)
      await session.close()
      outputs.forEach((output, i) => {
        const inferred = typeOf(output).dims.map((dim) => dim.constant)
        expect(inferred, `${n} by ${scales[i]}`).toEqual(results[output]?.dims)
      })
    }
  })
})
