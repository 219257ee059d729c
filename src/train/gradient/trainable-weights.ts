/**
 * Which initializers of a graph are parameters of the model, for training everything. Float tensors with at least one
 * axis, but not those that the exporter computed: a table that only ever meets values made from positions (such as
 * rotary frequencies, multiplied with a cast range) is no parameter. Structure decides; names are not looked at.
 */
import type { GraphNode, OnnxModel, TensorValue } from '../../model/graph.ts'
import { isFloatType } from '../../model/onnx-tensor.ts'

/** In the file's order. Weights that lie outside the file are always parameters; constants are written into it. */
export function trainableWeights(model: OnnxModel): readonly TensorValue[] {
  const { initializers, nodes } = model.graph
  const candidates = [...initializers.values()].filter(
    ({ dataType, dims }) => isFloatType(dataType) && dims.some((dim) => dim > 1),
  )
  const external = candidates.filter((tensor) => tensor.external !== undefined)
  if (external.length > 0) return external
  const readers = new Map<string, GraphNode[]>()
  for (const node of nodes) {
    for (const input of node.inputs) readers.set(input, [...(readers.get(input) ?? []), node])
  }
  const names = new Set(candidates.map(({ name }) => name))
  const carried = dataValues(model, names)
  const tables = movedTables(nodes, names)
  const isParameter = (name: string): boolean =>
    (readers.get(name) ?? []).some((node) => {
      if (PARAMETER_READERS.has(node.op) || meetsData(node, name, carried)) return true
      // A module that is run over a table, as over relative places: positions are computed, not stored as floats.
      if (node.op === 'MatMul' && node.inputs.every((input) => tables.has(input))) return true
      return MOVERS.has(node.op) && node.inputs[0] === name && node.outputs.some(isParameter)
    })
  return candidates.filter(({ name }) => isParameter(name))
}

/** Operators that read a table of parameters by themselves, whatever their other inputs are. */
const PARAMETER_READERS: ReadonlySet<string> = new Set(['Gather', 'LayerNormalization', 'Conv', 'Gemm'])
/** Operators behind which a table is still itself, or the same parameter in another measure. */
const MOVERS: ReadonlySet<string> = new Set([
  'Cast',
  'Exp',
  'Expand',
  'Identity',
  'Neg',
  'Reshape',
  'Sigmoid',
  'Slice',
  'Softplus',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
])

const meetsData = (node: GraphNode, name: string, carried: ReadonlySet<string>): boolean =>
  !isStatistic(node, name) && node.inputs.some((input) => input !== name && carried.has(input))

/** Running means and variances were measured, not learned. */
const isStatistic = ({ op, inputs }: GraphNode, name: string): boolean =>
  op === 'BatchNormalization' && inputs.slice(3).includes(name)

/** Tables, and what is still one of them behind a mover. */
function movedTables(nodes: readonly GraphNode[], names: ReadonlySet<string>): ReadonlySet<string> {
  const tables = new Set(names)
  for (const { op, inputs, outputs } of nodes) {
    if (MOVERS.has(op) && tables.has(inputs[0] ?? '')) for (const output of outputs) tables.add(output)
  }
  return tables
}

/** Float values that come from a float input of the model or from looking up a table of parameters. */
function dataValues(model: OnnxModel, tables: ReadonlySet<string>): ReadonlySet<string> {
  const { inputs, nodes } = model.graph
  const carried = new Set(inputs.filter((input) => isFloatType(input.dataType)).map((input) => input.name))
  for (const node of nodes) {
    const isLookUp = PARAMETER_READERS.has(node.op) && node.inputs.some((input) => tables.has(input))
    if (isLookUp || node.inputs.some((input) => carried.has(input))) {
      for (const output of node.outputs) if (output !== '') carried.add(output)
    }
  }
  return carried
}
