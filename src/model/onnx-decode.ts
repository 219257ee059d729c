/**
 * ONNX file → graph. In: the bytes of a model, from anywhere. Out: a graph whose weights are views of those bytes.
 * Lengths, counts and nesting are bounded; unknown fields are passed over; what we could not treat right (sparse tensors,
 * sequences) is refused by name. Functions of the model's own are put in the place of their calls (onnx-functions.ts). Order and single assignment of values are checked here once.
 * Source: onnx.proto3; old files list initializers among the inputs (IR version < 4).
 */
import { ATTRIBUTE, ATTRIBUTE_TYPE, DIMENSION, ENTRY, FUNCTION, GRAPH, MODEL, NODE } from './onnx-fields.ts'
import { OPSET, SHAPE, TENSOR_TYPE, TYPE, VALUE_INFO } from './onnx-fields.ts'
import type { Attribute, DataType, Dimension, Graph, GraphNode, OnnxModel } from './graph.ts'
import type { TensorValue, ValueInfo } from './graph.ts'
import { functionKey, inlineFunctions, type LocalFunction } from './onnx-functions.ts'
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
  const functionReaders: WireReader[] = []
  while (reader.next()) {
    if (reader.field === MODEL.irVersion) irVersion = reader.int()
    else if (reader.field === MODEL.producerName) producer = reader.text()
    else if (reader.field === MODEL.graph) graphReader = reader.message()
    else if (reader.field === MODEL.opsetImport) decodeOpset(reader.message(), opsets)
    else if (reader.field === MODEL.metadata) decodeEntry(reader.message(), metadata)
    else if (reader.field === MODEL.functions) functionReaders.push(reader.message())
    else reader.skip()
  }
  if (graphReader === null || opsets.size === 0)
    throw reader.fail('no graph or no operator set: no ONNX model')
  const overloads = new Map<GraphNode, string>()
  const functions = new Map<string, LocalFunction>()
  const functionDomains = new Set<string>()
  for (const each of functionReaders) {
    const { domain, key, local } = decodeFunction(each, overloads)
    if (functions.has(key)) throw reader.fail(`function ${quote(key)} is defined twice`)
    if (local.opset !== null && local.opset !== opsets.get('')) {
      const versions = `${local.opset} of the standard operators, the model ${opsets.get('') ?? 'none'}`
      throw reader.fail(`function ${quote(key)} uses version ${versions}; export it with functions inlined`)
    }
    functions.set(key, local)
    functionDomains.add(domain)
  }
  const calling = decodeGraph(graphReader, { depth: 0, references: null, overloads })
  const graph = inlineFunctions(calling, { functions, overloads, fail: (reason) => reader.fail(reason) })
  checkOrder(graph, new Set(), reader)
  // Nothing is left in the domains that functions had for their own.
  const left = domainsOf(graph)
  for (const domain of functionDomains) if (!left.has(domain)) opsets.delete(domain)
  return { irVersion, producer, opsets, metadata, graph }
}

function domainsOf({ nodes }: Graph): Set<string> {
  const inner = nodes.flatMap((node) => [...node.attributes.values()])
  const deeper = inner.flatMap((attribute) =>
    attribute.kind === 'graph' ? [...domainsOf(attribute.value)] : [],
  )
  return new Set([...nodes.map((node) => node.domain), ...deeper])
}

/** Where a part of the file stands. */
interface Place {
  /** Graphs inside of graphs. */
  readonly depth: number
  /** Attributes that are the call's: inside of functions only. */
  readonly references: Map<GraphNode, ReadonlyMap<string, string>> | null
  readonly overloads: Map<GraphNode, string>
}

function decodeFunction(
  reader: WireReader,
  overloads: Map<GraphNode, string>,
): { readonly domain: string; readonly key: string; readonly local: LocalFunction } {
  const references = new Map<GraphNode, ReadonlyMap<string, string>>()
  const place: Place = { depth: 1, references, overloads }
  let [name, domain, overload] = ['', '', '']
  const [inputs, outputs]: [string[], string[]] = [[], []]
  const nodes: GraphNode[] = []
  const defaults = new Map<string, Attribute>()
  const opsets = new Map<string, number>()
  while (reader.next()) {
    if (reader.field === FUNCTION.name) name = reader.text()
    else if (reader.field === FUNCTION.domain) domain = standardDomain(reader.text())
    else if (reader.field === FUNCTION.overload) overload = reader.text()
    else if (reader.field === FUNCTION.input) inputs.push(reader.text())
    else if (reader.field === FUNCTION.output) outputs.push(reader.text())
    else if (reader.field === FUNCTION.node) nodes.push(decodeNode(reader.message(), place))
    else if (reader.field === FUNCTION.opsetImport) decodeOpset(reader.message(), opsets)
    else if (reader.field === FUNCTION.attributeDefault) {
      const { name: key, value } = decodeAttribute(reader.message(), place)
      if (value !== null) defaults.set(key, value)
    } else reader.skip()
  }
  const local = { inputs, outputs, defaults, nodes, references, opset: opsets.get('') ?? null }
  return { domain, key: functionKey(domain, name, overload), local }
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

function decodeGraph(reader: WireReader, place: Place): Graph {
  const { depth } = place
  if (depth > NESTING_DEPTH_MAX) throw reader.fail(`subgraphs nested deeper than ${NESTING_DEPTH_MAX}`)
  let name = ''
  const nodes: GraphNode[] = []
  const inputs: LooseValueInfo[] = []
  const outputs: ValueInfo[] = []
  const initializers = new Map<string, TensorValue>()
  const valueInfo = new Map<string, ValueInfo>()
  while (reader.next()) {
    if (reader.field === GRAPH.node) nodes.push(decodeNode(reader.message(), place))
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

function decodeNode(reader: WireReader, place: Place): GraphNode {
  let name = ''
  let op = ''
  let domain = ''
  let overload = ''
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes = new Map<string, Attribute>()
  const references = new Map<string, string>()
  const metadata = new Map<string, string>()
  while (reader.next()) {
    if (reader.field === NODE.input) inputs.push(reader.text())
    else if (reader.field === NODE.output) outputs.push(reader.text())
    else if (reader.field === NODE.name) name = reader.text()
    else if (reader.field === NODE.opType) op = reader.text()
    else if (reader.field === NODE.domain) domain = standardDomain(reader.text())
    else if (reader.field === NODE.attribute) {
      const { name: key, value, reference } = decodeAttribute(reader.message(), place)
      if (value === null) references.set(key, reference)
      else attributes.set(key, value)
    } else if (reader.field === NODE.metadata) decodeEntry(reader.message(), metadata)
    else reader.skip()
  }
  if (op === '') throw reader.fail(`node ${quote(name)} has no operator`)
  const node = { name, op, domain, inputs, outputs, attributes, metadata }
  if (overload !== '') place.overloads.set(node, overload)
  if (references.size > 0) place.references?.set(node, references)
  return node
}

/** `value` is null where the attribute is one of the call, named by `reference`. */
interface DecodedAttribute {
  readonly name: string
  readonly value: Attribute | null
  readonly reference: string
}

function decodeAttribute(reader: WireReader, place: Place): DecodedAttribute {
  let name = ''
  let type = 0
  let reference = ''
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
      scalar = { kind: 'graph', value: decodeGraph(reader.message(), { ...place, depth: place.depth + 1 }) }
    else if (field === ATTRIBUTE.floats) {
      const bytes = reader.fixed(4)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      for (let i = 0; i < bytes.length; i += 4) floats.push(view.getFloat32(i, true))
    } else if (field === ATTRIBUTE.ints) reader.eachInt((value) => ints.push(value))
    else if (field === ATTRIBUTE.strings) strings.push(reader.text())
    else if (field === ATTRIBUTE.refAttrName) reference = reader.text()
    else reader.skip()
  }
  if (reference !== '') {
    if (place.references === null) throw reader.fail('an attribute refers to a function, but is in none')
    return { name, value: null, reference }
  }
  const value = attributeOf(type, { scalar, ints, floats, strings })
  if (value === null) throw reader.fail(`attribute ${quote(name)} is of kind ${type}, which is not read`)
  return { name, value, reference }
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
