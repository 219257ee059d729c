// Protects: models with functions of their own compute what ONNX Runtime computes of them; small files stay small graphs.
import { describe, expect, it } from 'vitest'
import { float } from '../../../src/model/attributes.ts'
import { DataType, type OnnxModel } from '../../../src/model/graph.ts'
import { GraphBuilder } from '../../../src/model/graph-builder.ts'
import { moduleNames } from '../../../src/model/module-names.ts'
import { decodeModel, encodeModel } from '../../../src/model/onnx.ts'
import { ATTRIBUTE, ATTRIBUTE_TYPE, FUNCTION, MODEL, NODE, OPSET } from '../../../src/model/onnx-fields.ts'
import { WireWriter } from '../../../src/model/onnx-wire.ts'
import { openSession } from '../../../src/model/session.ts'
import { floatsOf, floatTensor } from '../../../src/model/session-tensor.ts'

const OWN = 'own.functions'

interface FunctionText {
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Operator, inputs, output, and the attribute that is the call's `slope`. */
  readonly nodes: readonly (readonly [string, readonly string[], string, string?])[]
  readonly slope?: number
  readonly opset?: number
}

function functionBytes({ name, inputs, outputs, nodes, slope, opset = 18 }: FunctionText): WireWriter {
  const writer = new WireWriter()
  writer.text(FUNCTION.name, name)
  writer.text(FUNCTION.domain, OWN)
  for (const input of inputs) writer.text(FUNCTION.input, input)
  for (const output of outputs) writer.text(FUNCTION.output, output)
  for (const [op, from, to, attribute] of nodes) {
    const node = new WireWriter()
    for (const input of from) node.text(NODE.input, input)
    for (const output of to.split(',')) node.text(NODE.output, output)
    node.text(NODE.opType, op)
    node.text(NODE.name, `n_${to}`)
    node.text(NODE.domain, op.startsWith('Own') ? OWN : '')
    if (attribute !== undefined) {
      const reference = new WireWriter()
      reference.text(ATTRIBUTE.name, attribute)
      reference.text(ATTRIBUTE.refAttrName, 'slope')
      reference.int(ATTRIBUTE.type, ATTRIBUTE_TYPE.float)
      node.message(NODE.attribute, reference)
    }
    writer.message(FUNCTION.node, node)
  }
  for (const [domain, version] of [
    ['', opset],
    [OWN, 1],
  ] as const) {
    const entry = new WireWriter()
    entry.text(OPSET.domain, domain)
    entry.int(OPSET.version, version)
    writer.message(FUNCTION.opsetImport, entry)
  }
  if (slope !== undefined) {
    const attribute = new WireWriter()
    attribute.text(ATTRIBUTE.name, 'slope')
    attribute.float(ATTRIBUTE.f, slope)
    attribute.int(ATTRIBUTE.type, ATTRIBUTE_TYPE.float)
    writer.message(FUNCTION.attributeDefault, attribute)
  }
  return writer
}

/** Messages of a protobuf file may follow one another: functions behind the rest. */
function withFunctions(model: OnnxModel, functions: readonly FunctionText[]): Uint8Array {
  const writer = new WireWriter()
  for (const each of functions) writer.message(MODEL.functions, functionBytes(each))
  return Uint8Array.from([...encodeModel(model), ...writer.finish()])
}

const LEAKY: FunctionText = {
  name: 'OwnLeaky',
  inputs: ['a', 'b'],
  outputs: ['c', 'd'],
  nodes: [
    ['Add', ['a', 'b'], 's'],
    ['LeakyRelu', ['s'], 'c', 'alpha'],
    ['Neg', ['s'], 'd'],
  ],
  slope: 0.25,
}
const TWICE: FunctionText = {
  name: 'OwnTwice',
  inputs: ['x'],
  outputs: ['y'],
  nodes: [
    ['OwnLeaky', ['x', 'x'], 's,unused'],
    ['Mul', ['s', 'x'], 'y'],
  ],
}

function calling(): OnnxModel {
  const b = new GraphBuilder({ opset: 18, name: 'calls' })
  b.useDomain(OWN, 1)
  const x = b.input('x', DataType.float, [2, 3])
  const [c = '', d = ''] = b.addMulti(
    'OwnLeaky',
    [x, x],
    2,
    { slope: float(0.5) },
    { domain: OWN, name: '/model/part/OwnLeaky' },
  )
  const e = b.add('OwnTwice', [d], {}, { domain: OWN })
  b.outputAs('y', b.add('Add', [c, b.add('OwnTwice', [e], {}, { domain: OWN })]), DataType.float)
  return b.build()
}

describe('functions of a model’s own', () => {
  it('compute what ONNX Runtime computes of them', async () => {
    const bytes = withFunctions(calling(), [TWICE, LEAKY])
    const model = decodeModel(bytes, 'calls.onnx')
    expect(model.graph.nodes.every(({ domain }) => domain === '')).toBe(true)
    expect([...model.opsets.keys()]).toEqual([''])
    const feeds = { x: floatTensor([2, 3], Float32Array.of(-2, -1, -0.5, 0.25, 1, 3)) }
    const [ours, wanted] = [
      await openSession({ model, device: 'cpu' }),
      await openSession({ model: bytes, device: 'cpu' }),
    ]
    expect(floatsOf((await ours.run(feeds, ['y'])).y)).toEqual(floatsOf((await wanted.run(feeds, ['y'])).y))
    await ours.close()
    await wanted.close()
  })

  it('keep the module that their call is in', () => {
    const { graph, ...rest } = decodeModel(withFunctions(calling(), [TWICE, LEAKY]), 'calls.onnx')
    const nameOf = moduleNames({ graph, ...rest })
    const leaky = graph.nodes.find((node) => node.op === 'LeakyRelu' && node.name.startsWith('/model/part'))
    expect(leaky === undefined ? null : nameOf(leaky)).toContain('part')
  })

  const refused: readonly (readonly [string, readonly FunctionText[], RegExp])[] = [
    ['for another version of the operators', [{ ...LEAKY, opset: 15 }, TWICE], /uses version 15/],
    ['defined twice', [LEAKY, LEAKY, TWICE], /defined twice/],
    [
      'that call themselves',
      [LEAKY, { ...TWICE, nodes: [['OwnTwice', ['x'], 'y']] }],
      /call one another deeper than/,
    ],
    [
      'that unfold into more than a model ever has',
      [
        LEAKY,
        ...Array.from({ length: 24 }, (_, i): FunctionText => ({
          name: `OwnStep${i}`,
          inputs: ['x'],
          outputs: ['y'],
          nodes: [
            [i === 23 ? 'Neg' : `OwnStep${i + 1}`, ['x'], 'm'],
            [i === 23 ? 'Neg' : `OwnStep${i + 1}`, ['m'], 'y'],
          ],
        })),
        { ...TWICE, nodes: [['OwnStep0', ['x'], 'y']] },
      ],
      /too many nodes/,
    ],
  ]
  it.each(refused)('are refused %s', (_, functions, reason) => {
    expect(() => decodeModel(withFunctions(calling(), functions), 'calls.onnx')).toThrow(reason)
  })

  it('may leave attributes out that they have no default for', () => {
    const { slope: _, ...plain } = LEAKY
    const model = decodeModel(withFunctions(calling(), [TWICE, plain]), 'calls.onnx')
    const slopes = model.graph.nodes
      .filter(({ op }) => op === 'LeakyRelu')
      .map((node) => node.attributes.get('alpha'))
    expect(slopes.filter((slope) => slope !== undefined)).toEqual([float(0.5)])
  })
})
