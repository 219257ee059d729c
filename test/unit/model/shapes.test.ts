// Protects symbolic shape inference: on real exports, every value's inferred type and elements are what ONNX Runtime
// computes at several sizes, which is the oracle; rules that exports do not reach are compared in small graphs.
import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../src/model/graph-builder.ts'
import type { OnnxModel, ValueInfo } from '../../../src/model/graph.ts'
import { unpackBytes } from '../../../src/model/onnx-tensor.ts'
import { openSession } from '../../../src/model/session.ts'
import type { HostTensor } from '../../../src/model/session-tensor.ts'
import { zeros } from '../../../src/model/session-tensor.ts'
import { inferShapes, type InferredGraph } from '../../../src/model/shapes.ts'
import { Dim } from '../../../src/model/shapes.ts'
import { fixtureModel, GRAPHS, hasFixtures } from '../../fixtures/reference.ts'

type Sizes = Readonly<Record<string, number>>

/** Some tensor for an input: small whole numbers, all of which are valid ids, masks and steps. */
function feedOf(input: ValueInfo, sizes: Sizes): HostTensor {
  const dims = (input.dims ?? []).map((dim) => (typeof dim === 'number' ? dim : (sizes[dim ?? ''] ?? 1)))
  const tensor = zeros(input.dataType, dims)
  const { data } = tensor
  for (let i = 0; i < data.length; i++) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = 1n
    else data[i] = 1
  }
  return tensor
}

/** The model with every value an output. */
function exposed(model: OnnxModel, inferred: InferredGraph): { model: OnnxModel; names: readonly string[] } {
  const b = new GraphBuilder(model)
  const outputs = new Set(model.graph.outputs.map((output) => output.name))
  const names = model.graph.nodes.flatMap((node) => node.outputs.filter((output) => output !== ''))
  for (const name of names) if (!outputs.has(name)) b.output(name, inferred.typeOf(name).dataType)
  return { model: b.build(), names }
}

function numbersOf({ data, dataType, dims }: HostTensor): readonly number[] {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return unpackBytes(
    dataType,
    bytes,
    dims.reduce((a, b) => a * b, 1),
  )
}

const at = (element: number | Dim, sizes: Sizes): number =>
  element instanceof Dim ? element.evaluate(sizes) : element

/** What inference says and what ONNX Runtime does, for each size. @returns how many values had known elements */
async function compare(model: OnnxModel, sizes: readonly Sizes[]): Promise<number> {
  const inferred = inferShapes(model)
  expect(inferred.problems).toEqual([])
  expect(inferred.contradictions).toEqual([])
  const { model: open, names } = exposed(model, inferred)
  const session = await openSession({ model: open, device: 'cpu', threads: 1 })
  const known = new Set<string>()
  for (const size of sizes) {
    const feeds = Object.fromEntries(open.graph.inputs.map((input) => [input.name, feedOf(input, size)]))
    const results = await session.run(feeds, names)
    const expected: Record<string, unknown> = {}
    const actual: Record<string, unknown> = {}
    for (const name of names) {
      const type = inferred.typeOf(name)
      const value = inferred.valueOf(name)
      const result = results[name]!
      const isKnown = value !== null
      if (isKnown) known.add(name)
      expected[name] = {
        dataType: type.dataType,
        dims: type.dims.map((dim) => dim.evaluate(size)),
        elements: isKnown ? value.elements.map((element) => at(element, size)) : null,
      }
      const { dataType, dims } = result
      actual[name] = { dataType, dims: [...dims], elements: isKnown ? numbersOf(result) : null }
    }
    expect(expected).toEqual(actual)
  }
  await session.close()
  return known.size
}

describe.skipIf(!hasFixtures)('exports by PyTorch (skipped where the reference fixtures are absent)', () => {
  test.each(GRAPHS)('%s by %s: every value at three sizes', async (model, exporter) => {
    const sizes = [
      { batch: 2, sequence: 7 },
      { batch: 3, sequence: 16 },
      { batch: 1, sequence: 1 },
    ]
    expect(await compare(fixtureModel(model, exporter), sizes)).toBeGreaterThan(0)
  })
})
