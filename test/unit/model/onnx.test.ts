// Protects the ONNX codec: real files survive a round trip byte for meaning, and no bytes whatever crash it.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { equalBytes, toHex } from '../../../src/core/bytes.ts'
import { isRoundError } from '../../../src/core/errors.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { float, floats, int, ints, tensor, text } from '../../../src/model/attributes.ts'
import {
  DataType,
  type Graph,
  type GraphNode,
  type OnnxModel,
  type TensorValue,
} from '../../../src/model/graph.ts'
import { decodeModel, encodeModel } from '../../../src/model/onnx.ts'
import { packValues, tensorOf, unpackValues } from '../../../src/model/onnx-tensor.ts'
import { WireWriter } from '../../../src/model/onnx-wire.ts'
import { fixtureBytes, GRAPHS } from '../../fixtures/reference.ts'

const THING: GraphNode = {
  name: 'node',
  op: 'Thing',
  domain: 'com.microsoft',
  inputs: ['x', '', 'w'],
  outputs: ['m', ''],
  attributes: new Map([
    ['i', int(-(2 ** 63))],
    ['j', int(2 ** 63)],
    ['zero', int(0)],
    ['f', float(0.25)],
    ['s', text('grüße')],
    ['is', ints([0, -1, 2 ** 40])],
    ['fs', floats([1.5, -0])],
    ['ss', { kind: 'strings', value: ['a', ''] }],
    ['t', tensor(tensorOf('t', DataType.int64, [2], [7, -9]))],
  ]),
  metadata: new Map([['scope', 'model.layers.0']]),
}

const END: GraphNode = {
  name: 'end',
  op: 'Identity',
  domain: '',
  inputs: ['m'],
  outputs: ['y'],
  attributes: new Map(),
  metadata: new Map(),
}

const SMALL: OnnxModel = {
  irVersion: 9,
  producer: 'test',
  opsets: new Map([
    ['', 20],
    ['com.microsoft', 1],
  ]),
  metadata: new Map([['purpose', 'round trip']]),
  graph: {
    name: 'small',
    inputs: [{ name: 'x', dataType: DataType.float, dims: ['batch', 3, null] }],
    outputs: [{ name: 'y', dataType: DataType.float, dims: null }],
    initializers: new Map<string, TensorValue>([
      ['w', tensorOf('w', DataType.float, [3], [1, -2, 0.5])],
      [
        'far',
        {
          name: 'far',
          dataType: DataType.bfloat16,
          dims: [2, 2],
          external: { location: 'model.safetensors', offset: 123, length: 8 },
        },
      ],
    ]),
    valueInfo: new Map([['m', { name: 'm', dataType: DataType.float, dims: ['batch', 3, 'n + 1'] }]]),
    nodes: [THING, END],
  },
}

const withGraph = (change: Partial<Graph>): OnnxModel => ({ ...SMALL, graph: { ...SMALL.graph, ...change } })

function refusal(bytes: Uint8Array): string {
  try {
    decodeModel(bytes, 'some.onnx')
  } catch (error) {
    if (!isRoundError(error, 'ONNX_INVALID')) throw error
    return error.message
  }
  throw new Error('was accepted')
}

describe('round trip', () => {
  test('keeps every kind of attribute, omitted inputs, external data, symbols', () => {
    expect(decodeModel(encodeModel(SMALL), 'small')).toEqual(SMALL)
  })

  test('is deterministic', () => {
    expect(encodeModel(decodeModel(encodeModel(SMALL), 'small'))).toEqual(encodeModel(SMALL))
  })

  test('keeps subgraphs, which may read values from outside', () => {
    const branch: Graph = {
      ...SMALL.graph,
      name: 'branch',
      inputs: [],
      initializers: new Map(),
      valueInfo: new Map(),
      nodes: [{ ...END, inputs: ['x'], outputs: ['inside'] }],
      outputs: [{ name: 'inside', dataType: DataType.float, dims: null }],
    }
    const attributes = new Map([['then_branch', { kind: 'graph', value: branch } as const]])
    const model = withGraph({ nodes: [THING, { ...END, attributes }] })
    expect(decodeModel(encodeModel(model), 'small')).toEqual(model)
  })

  test('weights are views of the file', () => {
    const bytes = encodeModel(SMALL)
    expect(decodeModel(bytes, 'small').graph.initializers.get('w')?.data?.buffer).toBe(bytes.buffer)
  })
})

describe('exports by PyTorch', () => {
  test.each(GRAPHS)('%s by %s', (model, exporter) => {
    const bytes = fixtureBytes(model, `${exporter}.onnx`)
    const decoded = decodeModel(bytes, model)
    expect(decoded.graph.nodes.length).toBeGreaterThan(20)
    expect(decoded.opsets.get('')).toBe(exporter === 'dynamo' ? 20 : 17)
    const again = decodeModel(encodeModel(decoded), model)
    expect({ ...again.graph, initializers: null }).toEqual({ ...decoded.graph, initializers: null })
    expect([...again.graph.initializers.values()].map(digestOf)).toEqual(
      [...decoded.graph.initializers.values()].map(digestOf),
    )
  })
})

/** Comparing a hundred thousand bytes one by one is slow. */
const digestOf = (tensor: TensorValue) => ({ ...tensor, data: tensor.data && toHex(sha256(tensor.data)) })

/** A model of one initializer, written field by field as older exporters do. */
function modelWithTensor(write: (tensor: WireWriter) => void): Uint8Array {
  const tensor = new WireWriter()
  write(tensor)
  tensor.text(8, 'w')
  const input = new WireWriter()
  input.text(1, 'w')
  const graph = new WireWriter()
  graph.message(5, tensor)
  graph.message(11, input)
  const opset = new WireWriter()
  opset.int(2, 9)
  const model = new WireWriter()
  model.int(1, 3)
  model.message(7, graph)
  model.message(8, opset)
  return model.finish()
}

describe('typed data of older files', () => {
  test.each([
    ['float_data', DataType.float, (w: WireWriter) => w.packedFloats(4, [1, -2.5]), [1, -2.5]],
    ['int64_data', DataType.int64, (w: WireWriter) => w.packedInts(7, [5, -6]), [5, -6]],
    ['int32_data', DataType.int32, (w: WireWriter) => w.packedInts(5, [5, -6]), [5, -6]],
    ['int32_data of int8', DataType.int8, (w: WireWriter) => w.packedInts(5, [5, -6]), [5, -6]],
    ['int32_data of bool', DataType.bool, (w: WireWriter) => w.packedInts(5, [1, 0]), [1, 0]],
    [
      'int32_data of float16',
      DataType.float16,
      (w: WireWriter) => w.packedInts(5, [0x3c00, 0xc100]),
      [1, -2.5],
    ],
    [
      'uint64_data of uint32',
      DataType.uint32,
      (w: WireWriter) => w.packedInts(11, [5, 2 ** 31]),
      [5, 2 ** 31],
    ],
    [
      'unpacked int64_data',
      DataType.int64,
      (w: WireWriter) => {
        w.int(7, 5)
        w.int(7, -6)
      },
      [5, -6],
    ],
  ] as const)('%s', (_, dataType, write, expected) => {
    const bytes = modelWithTensor((tensor) => {
      tensor.int(1, 2)
      write(tensor)
      tensor.int(2, dataType)
    })
    const { graph } = decodeModel(bytes, 'old')
    expect(graph.inputs).toEqual([])
    expect(unpackValues(graph.initializers.get('w')!)).toEqual(expected)
  })
})

describe('what is refused', () => {
  test('data that does not fit its shape', () => {
    const bytes = modelWithTensor((tensor) => {
      tensor.packedInts(1, [2 ** 30, 2 ** 30])
      tensor.int(2, DataType.float)
      tensor.packedFloats(4, [1])
    })
    expect(refusal(bytes)).toMatch(/some\.onnx: tensor "w": shape .* is too large/)
  })

  test.each(['../secret', '/etc/passwd', 'a/../../b', 'C:\\x', ''])('external data at %j', (location) => {
    const far = {
      name: 'far',
      dataType: DataType.float,
      dims: [1],
      external: { location, offset: 0, length: 4 },
    }
    const model = withGraph({ initializers: new Map([...SMALL.graph.initializers, ['far', far]]) })
    expect(refusal(encodeModel(model))).toMatch(/not inside the model's folder/)
  })

  test('a value that nothing makes, or that is made twice', () => {
    expect(refusal(encodeModel(withGraph({ nodes: [END, THING] })))).toMatch(
      /reads "m", which nothing before/,
    )
    expect(refusal(encodeModel(withGraph({ nodes: [THING, THING, END] })))).toMatch(/"m" is made twice/)
  })

  test('other files, by name', () => {
    expect(refusal(new TextEncoder().encode('{"no": "model"}'))).toMatch(/^some\.onnx: /)
    expect(refusal(new Uint8Array(0))).toMatch(/no ONNX model/)
  })

  test('every truncation', () => {
    const bytes = encodeModel(SMALL)
    let refused = 0
    for (let length = 0; length < bytes.length; length++) {
      try {
        decodeModel(bytes.subarray(0, length), 'cut')
      } catch (error) {
        if (!isRoundError(error, 'ONNX_INVALID')) throw error
        refused++
      }
    }
    // A cut between the last top-level fields leaves a smaller, valid model.
    expect(refused).toBeGreaterThan(bytes.length - 5)
  })

  test('any damage is an ONNX_INVALID or a model, never another error', () => {
    const bytes = encodeModel(SMALL)
    const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(damage, (changes) => {
        const damaged = bytes.slice()
        for (const [index, byte] of changes) damaged[index] = byte
        try {
          decodeModel(damaged, 'damaged')
        } catch (error) {
          if (!isRoundError(error, 'ONNX_INVALID')) throw error
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('elements', () => {
  test('half precision rounds to the nearest, ties to even', () => {
    const halves = (values: number[], type: DataType) =>
      unpackValues({ name: '', dataType: type, dims: [values.length], data: packValues(type, values) })
    expect(
      halves([1, -2.5, 65519, 65520, 2 ** -24, 2 ** -26, 1 + 2 ** -11, 1 + 3 * 2 ** -11], DataType.float16),
    ).toEqual([1, -2.5, 65504, Infinity, 2 ** -24, 0, 1, 1 + 2 ** -9])
    expect(halves([1, -2.5, 1 + 2 ** -8, 1 + 3 * 2 ** -8], DataType.bfloat16)).toEqual([
      1,
      -2.5,
      1,
      1 + 2 ** -6,
    ])
  })

  test('every half-precision number survives', () => {
    const bits = Array.from({ length: 0x7c01 }, (_, i) => i)
    const data = new Uint8Array(Uint16Array.from(bits).buffer)
    const values = unpackValues({ name: '', dataType: DataType.float16, dims: [bits.length], data })!
    expect(equalBytes(packValues(DataType.float16, values), data)).toBe(true)
  })

  test('four-bit elements share bytes', () => {
    const data = packValues(DataType.int4, [-8, 7, -1])
    expect([...data]).toEqual([0x78, 0x0f])
    expect(unpackValues({ name: '', dataType: DataType.int4, dims: [3], data })).toEqual([-8, 7, -1])
  })
})
