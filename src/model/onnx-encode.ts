/**
 * Graph → ONNX file. Deterministic: the same graph gives the same bytes. Weights with `external` stay outside.
 * Source: onnx.proto3.
 */
import { assertNever } from '../core/errors.ts'
import type { Attribute, Graph, GraphNode, OnnxModel, TensorValue, ValueInfo } from './graph.ts'
import { ATTRIBUTE, ATTRIBUTE_TYPE, DIMENSION, ENTRY, GRAPH, MODEL, NODE, OPSET } from './onnx-fields.ts'
import { SHAPE, TENSOR, TENSOR_TYPE, TYPE, VALUE_INFO } from './onnx-fields.ts'
import { WireWriter } from './onnx-wire.ts'

/** The bytes of a model. Cost: one buffer as large as all weights that are inside. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const writer = new WireWriter()
  writer.int(MODEL.irVersion, model.irVersion)
  writer.text(MODEL.producerName, model.producer)
  writer.message(MODEL.graph, encodeGraph(model.graph))
  for (const [domain, version] of model.opsets) {
    const opset = new WireWriter()
    opset.text(OPSET.domain, domain)
    opset.int(OPSET.version, version)
    writer.message(MODEL.opsetImport, opset)
  }
  encodeEntries(writer, MODEL.metadata, model.metadata)
  return writer.finish()
}

function encodeEntries(
  writer: WireWriter,
  field: number,
  entries: Iterable<readonly [string, string]>,
): void {
  for (const [key, value] of entries) {
    const entry = new WireWriter()
    entry.text(ENTRY.key, key)
    entry.text(ENTRY.value, value)
    writer.message(field, entry)
  }
}

function encodeGraph(graph: Graph): WireWriter {
  const writer = new WireWriter()
  for (const node of graph.nodes) writer.message(GRAPH.node, encodeNode(node))
  writer.text(GRAPH.name, graph.name)
  for (const tensor of graph.initializers.values()) writer.message(GRAPH.initializer, encodeTensor(tensor))
  for (const info of graph.inputs) writer.message(GRAPH.input, encodeValueInfo(info))
  for (const info of graph.outputs) writer.message(GRAPH.output, encodeValueInfo(info))
  for (const info of graph.valueInfo.values()) writer.message(GRAPH.valueInfo, encodeValueInfo(info))
  return writer
}

function encodeNode(node: GraphNode): WireWriter {
  const writer = new WireWriter()
  // An omitted optional input is an empty string, which must be written.
  for (const input of node.inputs) writeName(writer, NODE.input, input)
  for (const output of node.outputs) writeName(writer, NODE.output, output)
  writer.text(NODE.name, node.name)
  writer.text(NODE.opType, node.op)
  for (const [name, attribute] of node.attributes) {
    writer.message(NODE.attribute, encodeAttribute(name, attribute))
  }
  writer.text(NODE.domain, node.domain)
  encodeEntries(writer, NODE.metadata, node.metadata)
  return writer
}

function writeName(writer: WireWriter, field: number, name: string): void {
  if (name === '') writer.bytes(field, new Uint8Array(0))
  else writer.text(field, name)
}

function encodeAttribute(name: string, attribute: Attribute): WireWriter {
  const writer = new WireWriter()
  writer.text(ATTRIBUTE.name, name)
  const { kind, value } = attribute
  switch (kind) {
    case 'int':
      writer.int(ATTRIBUTE.i, value)
      break
    case 'float':
      writer.float(ATTRIBUTE.f, value)
      break
    case 'string':
      writer.text(ATTRIBUTE.s, value)
      break
    case 'tensor':
      writer.message(ATTRIBUTE.t, encodeTensor(value))
      break
    case 'graph':
      writer.message(ATTRIBUTE.g, encodeGraph(value))
      break
    case 'ints':
      writer.packedInts(ATTRIBUTE.ints, value)
      break
    case 'floats':
      writer.packedFloats(ATTRIBUTE.floats, value)
      break
    case 'strings':
      for (const text of value) writeName(writer, ATTRIBUTE.strings, text)
      break
    default:
      assertNever(kind)
  }
  writer.int(ATTRIBUTE.type, ATTRIBUTE_TYPE[kind])
  return writer
}

function encodeTensor(tensor: TensorValue): WireWriter {
  const writer = new WireWriter()
  writer.packedInts(TENSOR.dims, tensor.dims)
  writer.int(TENSOR.dataType, tensor.dataType)
  writer.text(TENSOR.name, tensor.name)
  if (tensor.external !== undefined) {
    const { location, offset, length } = tensor.external
    encodeEntries(writer, TENSOR.externalData, [
      ['location', location],
      ['offset', String(offset)],
      ['length', String(length)],
    ])
    writer.int(TENSOR.dataLocation, 1)
  } else if (tensor.strings !== undefined) {
    for (const text of tensor.strings) writer.bytes(TENSOR.stringData, text)
  } else writer.bytes(TENSOR.rawData, tensor.data ?? new Uint8Array(0))
  return writer
}

function encodeValueInfo(info: ValueInfo): WireWriter {
  const tensor = new WireWriter()
  tensor.int(TENSOR_TYPE.elemType, info.dataType)
  if (info.dims !== null) {
    const shape = new WireWriter()
    for (const dimension of info.dims) {
      const dim = new WireWriter()
      if (typeof dimension === 'number') dim.int(DIMENSION.value, dimension)
      else if (dimension !== null) dim.text(DIMENSION.param, dimension)
      shape.message(SHAPE.dim, dim)
    }
    tensor.message(TENSOR_TYPE.shape, shape)
  }
  const type = new WireWriter()
  type.message(TYPE.tensor, tensor)
  const writer = new WireWriter()
  writer.text(VALUE_INFO.name, info.name)
  writer.message(VALUE_INFO.type, type)
  return writer
}
