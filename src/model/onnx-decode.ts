/**
 * ONNX file → graph. In: the bytes of a model, from anywhere. Out: a graph whose weights are views of those bytes.
 * Lengths, counts and nesting are bounded; unknown fields are passed over; what we could not treat right (functions,
 * sparse tensors, sequences) is refused by name. Order and single assignment of values are checked here once.
 * Source: onnx.proto3; old files list initializers among the inputs (IR version < 4).
 */
import { ATTRIBUTE, ATTRIBUTE_TYPE, DIMENSION, ENTRY, GRAPH, MODEL, NODE, OPSET } from './onnx-fields.ts'
import { SHAPE, TENSOR_TYPE, TYPE, VALUE_INFO } from './onnx-fields.ts'
import type { Attribute, DataType, Dimension, Graph, GraphNode, OnnxModel } from './graph.ts'
import type { TensorValue, ValueInfo } from './graph.ts'
import { isDataType } from './onnx-tensor.ts'
import { decodeTensor } from './onnx-tensor-decode.ts'
import { WireReader } from './onnx-wire.ts'

/** Subgraphs inside subgraphs; real models have two or three. */
const NESTING_DEPTH_MAX = 16

/**
 * Decodes a model.
 * @param bytes — the file; the model keeps views of it, so it must not be changed afterwards
 * @param file — its name, for error messages
 * @throws ONNX_INVALID naming the file and the reason
 */
export function decodeModel(bytes: Uint8Array, file: string): OnnxModel {
  const reader = new WireReader(bytes, file)
  let irVersion = 0
  let producer = ''
  let graphReader: WireReader | null = null
  const opsets = new Map<string, number>()
  const metadata = new Map<string, string>()
  while (reader.next()) {
    if (reader.field === MODEL.irVersion) irVersion = reader.int()
    else if (reader.field === MODEL.producerName) producer = reader.text()
    else if (reader.field === MODEL.graph) graphReader = reader.message()
    else if (reader.field === MODEL.opsetImport) decodeOpset(reader.message(), opsets)
    else if (reader.field === MODEL.metadata) decodeEntry(reader.message(), metadata)
    else if (reader.field === MODEL.functions) {
      throw reader.fail('the model defines functions of its own; export it with functions inlined')
    } else reader.skip()
  }
  if (graphReader === null || opsets.size === 0)
    throw reader.fail('no graph or no operator set: no ONNX model')
  const graph = decodeGraph(graphReader, 0)
  checkOrder(graph, new Set(), reader)
  return { irVersion, producer, opsets, metadata, graph }
}

function decodeOpset(reader: WireReader, opsets: Map<string, number>): void {
  let domain = ''
  let version = 0
  while (reader.next()) {
    if (reader.field === OPSET.domain) domain = reader.text()
    else if (reader.field === OPSET.version) version = reader.int()
    else reader.skip()
  }
  opsets.set(standardDomain(domain), version)
}

/** 'ai.onnx' and '' are the same domain. */
const standardDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain)

function decodeEntry(reader: WireReader, entries: Map<string, string>): void {
  let key = ''
  let value = ''
  while (reader.next()) {
    if (reader.field === ENTRY.key) key = reader.text()
    else if (reader.field === ENTRY.value) value = reader.text()
    else reader.skip()
  }
  entries.set(key, value)
}

function decodeGraph(reader: WireReader, depth: number): Graph {
  if (depth > NESTING_DEPTH_MAX) throw reader.fail(`subgraphs nested deeper than ${NESTING_DEPTH_MAX}`)
  let name = ''
  const nodes: GraphNode[] = []
  const inputs: LooseValueInfo[] = []
  const outputs: ValueInfo[] = []
  const initializers = new Map<string, TensorValue>()
  const valueInfo = new Map<string, ValueInfo>()
  while (reader.next()) {
    if (reader.field === GRAPH.node) nodes.push(decodeNode(reader.message(), depth))
    else if (reader.field === GRAPH.name) name = reader.text()
    else if (reader.field === GRAPH.initializer) {
      const tensor = decodeTensor(reader.message())
      if (initializers.has(tensor.name)) throw reader.fail(`initializer ${quote(tensor.name)} occurs twice`)
      initializers.set(tensor.name, tensor)
    } else if (reader.field === GRAPH.input) inputs.push(decodeValueInfo(reader.message()))
    else if (reader.field === GRAPH.output) outputs.push(decodeOutput(reader.message(), depth))
    else if (reader.field === GRAPH.valueInfo) {
      const info = decodeValueInfo(reader.message())
      if (info.dataType !== null) valueInfo.set(info.name, { ...info, dataType: info.dataType })
    } else if (reader.field === GRAPH.sparseInitializer) throw reader.fail('sparse initializers are not read')
    else reader.skip()
  }
  const realInputs = inputs
    .filter((input) => !initializers.has(input.name))
    .map((input) => required(input, reader))
  return { name, nodes, inputs: realInputs, outputs, initializers, valueInfo }
}

type LooseValueInfo = {
  readonly name: string
  readonly dataType: DataType | null
  readonly dims: readonly Dimension[] | null
}

function required(info: LooseValueInfo, reader: WireReader): ValueInfo {
  if (info.dataType === null) {
    throw reader.fail(
      `${quote(info.name)} is no tensor of a known type (sequences, maps and optionals are not read)`,
    )
  }
  return { ...info, dataType: info.dataType }
}

/** Outputs of subgraphs may leave their type out: the node that holds the subgraph decides. */
function decodeOutput(reader: WireReader, depth: number): ValueInfo {
  const info = decodeValueInfo(reader)
  return depth > 0 && info.dataType === null ? { ...info, dataType: 1 } : required(info, reader)
}

function decodeValueInfo(reader: WireReader): LooseValueInfo {
  let name = ''
  let dataType: DataType | null = null
  let dims: Dimension[] | null = null
  while (reader.next()) {
    if (reader.field === VALUE_INFO.name) name = reader.text()
    else if (reader.field === VALUE_INFO.type) {
      const type = reader.message()
      while (type.next()) {
        if (type.field !== TYPE.tensor) {
          type.skip()
          continue
        }
        const tensor = type.message()
        while (tensor.next()) {
          if (tensor.field === TENSOR_TYPE.elemType) {
            const number = tensor.int()
            dataType = isDataType(number) ? number : null
          } else if (tensor.field === TENSOR_TYPE.shape) dims = decodeShape(tensor.message())
          else tensor.skip()
        }
      }
    } else reader.skip()
  }
  return { name, dataType, dims }
}

function decodeShape(reader: WireReader): Dimension[] {
  const dims: Dimension[] = []
  while (reader.next()) {
    if (reader.field !== SHAPE.dim) {
      reader.skip()
      continue
    }
    const dim = reader.message()
    let value: Dimension = null
    while (dim.next()) {
      if (dim.field === DIMENSION.value) {
        const number = dim.int()
        // Some exporters write -1 for "unknown".
        value = number >= 0 ? number : null
      } else if (dim.field === DIMENSION.param) {
        const symbol = dim.text()
        value = symbol === '' ? null : symbol
      } else dim.skip()
    }
    dims.push(value)
  }
  return dims
}

function decodeNode(reader: WireReader, depth: number): GraphNode {
  let name = ''
  let op = ''
  let domain = ''
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes = new Map<string, Attribute>()
  const metadata = new Map<string, string>()
  while (reader.next()) {
    if (reader.field === NODE.input) inputs.push(reader.text())
    else if (reader.field === NODE.output) outputs.push(reader.text())
    else if (reader.field === NODE.name) name = reader.text()
    else if (reader.field === NODE.opType) op = reader.text()
    else if (reader.field === NODE.domain) domain = standardDomain(reader.text())
    else if (reader.field === NODE.attribute) {
      const [key, value] = decodeAttribute(reader.message(), depth)
      attributes.set(key, value)
    } else if (reader.field === NODE.metadata) decodeEntry(reader.message(), metadata)
    else reader.skip()
  }
  if (op === '') throw reader.fail(`node ${quote(name)} has no operator`)
  return { name, op, domain, inputs, outputs, attributes, metadata }
}

function decodeAttribute(reader: WireReader, depth: number): [string, Attribute] {
  let name = ''
  let type = 0
  let scalar: Attribute | null = null
  const ints: number[] = []
  const floats: number[] = []
  const strings: string[] = []
  while (reader.next()) {
    const { field } = reader
    if (field === ATTRIBUTE.name) name = reader.text()
    else if (field === ATTRIBUTE.type) type = reader.int()
    else if (field === ATTRIBUTE.f) scalar = { kind: 'float', value: reader.float() }
    else if (field === ATTRIBUTE.i) scalar = { kind: 'int', value: reader.int() }
    else if (field === ATTRIBUTE.s) scalar = { kind: 'string', value: reader.text() }
    else if (field === ATTRIBUTE.t) scalar = { kind: 'tensor', value: decodeTensor(reader.message()) }
    else if (field === ATTRIBUTE.g)
      scalar = { kind: 'graph', value: decodeGraph(reader.message(), depth + 1) }
    else if (field === ATTRIBUTE.floats) {
      const bytes = reader.fixed(4)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      for (let i = 0; i < bytes.length; i += 4) floats.push(view.getFloat32(i, true))
    } else if (field === ATTRIBUTE.ints) reader.eachInt((value) => ints.push(value))
    else if (field === ATTRIBUTE.strings) strings.push(reader.text())
    else if (field === ATTRIBUTE.refAttrName) throw reader.fail('an attribute refers to a function')
    else reader.skip()
  }
  const value = attributeOf(type, { scalar, ints, floats, strings })
  if (value === null) throw reader.fail(`attribute ${quote(name)} is of kind ${type}, which is not read`)
  return [name, value]
}

/** The attribute its `type` says; files older than that field say it by which field is filled. */
function attributeOf(
  type: number,
  found: { scalar: Attribute | null; ints: number[]; floats: number[]; strings: string[] },
): Attribute | null {
  const { scalar, ints, floats, strings } = found
  switch (type) {
    case ATTRIBUTE_TYPE.ints:
      return { kind: 'ints', value: ints }
    case ATTRIBUTE_TYPE.floats:
      return { kind: 'floats', value: floats }
    case ATTRIBUTE_TYPE.strings:
      return { kind: 'strings', value: strings }
    // A scalar that equals proto3's default may be left out of the file.
    case ATTRIBUTE_TYPE.int:
      return scalar?.kind === 'int' ? scalar : { kind: 'int', value: 0 }
    case ATTRIBUTE_TYPE.float:
      return scalar?.kind === 'float' ? scalar : { kind: 'float', value: 0 }
    case ATTRIBUTE_TYPE.string:
      return scalar?.kind === 'string' ? scalar : { kind: 'string', value: '' }
    case ATTRIBUTE_TYPE.tensor:
      return scalar?.kind === 'tensor' ? scalar : null
    case ATTRIBUTE_TYPE.graph:
      return scalar?.kind === 'graph' ? scalar : null
    case 0:
      if (scalar !== null) return scalar
      if (floats.length > 0) return { kind: 'floats', value: floats }
      if (strings.length > 0) return { kind: 'strings', value: strings }
      return { kind: 'ints', value: ints }
    default:
      return null
  }
}

/** Every input is defined before its use, and no value twice. */
function checkOrder(graph: Graph, outer: ReadonlySet<string>, reader: WireReader): void {
  const defined = new Set(outer)
  defined.add('')
  for (const input of graph.inputs) defined.add(input.name)
  for (const name of graph.initializers.keys()) defined.add(name)
  for (const node of graph.nodes) {
    const missing = node.inputs.find((input) => !defined.has(input))
    if (missing !== undefined) {
      throw reader.fail(
        `${node.op} node ${quote(node.name)} reads ${quote(missing)}, which nothing before it makes`,
      )
    }
    for (const attribute of node.attributes.values()) {
      if (attribute.kind === 'graph') checkOrder(attribute.value, defined, reader)
    }
    for (const output of node.outputs) {
      if (output !== '' && defined.has(output)) throw reader.fail(`value ${quote(output)} is made twice`)
      defined.add(output)
    }
  }
  const missing = graph.outputs.find((output) => !defined.has(output.name))
  if (missing !== undefined) throw reader.fail(`output ${quote(missing.name)} is made by nothing`)
}

const quote = (text: string): string => JSON.stringify(text.slice(0, 160))
