/**
 * Loops that run a fixed number of times, written out: their bodies one behind the other, so that the rules know every node.
 *
 * In: a graph. Out: the same function without `Loop` nodes whose trip count is a constant of at most 64 and whose condition
 * never stops them. Others stay, and are reported by the gradient table where gradients would pass through them.
 * Source: ONNX operator Loop-11: M, condition, carried values in; carried values, then one row a trip of each scanned value out.
 */
import { int } from '../../model/attributes.ts'
import { DataType, type Graph, type GraphNode, type OnnxModel } from '../../model/graph.ts'
import { GraphBuilder } from '../../model/graph-builder.ts'
import { unpackValues } from '../../model/onnx-tensor.ts'
import { inferShapes, type InferredGraph } from '../../model/shapes.ts'

/** Bodies of real models are hundreds of nodes; longer loops run over positions or time and are better refused. */
const TRIP_COUNT_MAX = 64

export function unrollLoops(model: OnnxModel): OnnxModel {
  if (!model.graph.nodes.some(({ op, domain }) => op === 'Loop' && domain === '')) return model
  const inferred = inferShapes(model)
  const builder = new GraphBuilder(model, { prefix: 'unrolled/' })
  let isChanged = false
  for (const node of model.graph.nodes) {
    if (node.op !== 'Loop' || node.domain !== '') continue
    const loop = loopOf(node, inferred)
    if (loop === null) continue
    unroll(builder, node, loop)
    isChanged = true
  }
  return isChanged ? builder.build() : model
}

interface FixedLoop {
  readonly body: Graph
  readonly tripCount: number
}

/** The loop, or null where its length follows from a run only, or its body has graphs inside. */
function loopOf(node: GraphNode, inferred: InferredGraph): FixedLoop | null {
  const attribute = node.attributes.get('body')
  const [trips = '', condition = ''] = node.inputs
  const tripCount = trips === '' ? null : constantOf(inferred, trips)
  if (attribute?.kind !== 'graph' || tripCount === null || tripCount < 1 || tripCount > TRIP_COUNT_MAX)
    return null
  const body = attribute.value
  const isFlat = body.nodes.every((each) =>
    [...each.attributes.values()].every(({ kind }) => kind !== 'graph'),
  )
  const isEntered = condition === '' || constantOf(inferred, condition) === 1
  return isFlat && isEntered && goesOn(body) ? { body, tripCount } : null
}

function constantOf(inferred: InferredGraph, value: string): number | null {
  const [element] = inferred.valueOf(value)?.elements ?? []
  return typeof element === 'number' ? element : null
}

/** Whether the body's condition is always true: a constant, or what came in. */
function goesOn(body: Graph): boolean {
  const producers = new Map(
    body.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  )
  let value = body.outputs[0]?.name ?? ''
  for (let node = producers.get(value); node?.op === 'Identity'; node = producers.get(value))
    value = node.inputs[0] ?? ''
  if (value === body.inputs[1]?.name) return true
  const made = producers.get(value)
  const constant = made?.op === 'Constant' ? made.attributes.get('value') : undefined
  const tensor = body.initializers.get(value) ?? (constant?.kind === 'tensor' ? constant.value : undefined)
  return tensor !== undefined && unpackValues(tensor)?.[0] === 1
}

function unroll(builder: GraphBuilder, node: GraphNode, { body, tripCount }: FixedLoop): void {
  const carriedCount = node.inputs.length - 2
  const isTrue = builder.constant(DataType.bool, [], [1])
  let carried = node.inputs.slice(2)
  const rows: string[][] = body.outputs.slice(1 + carriedCount).map(() => [])
  for (let trip = 0; trip < tripCount; trip++) {
    const given = [builder.scalar(trip, DataType.int64), isTrue, ...carried]
    const names = new Map(body.inputs.map((input, i) => [input.name, given[i] ?? '']))
    for (const tensor of body.initializers.values()) {
      const name = `${node.name}/body/${tensor.name}`
      names.set(tensor.name, builder.initializer({ ...tensor, name }))
    }
    // Names that the body does not make are of the graph around it.
    const nameOf = (name: string): string => names.get(name) ?? name
    for (const each of body.nodes) {
      const name = `${node.name}/${trip}/${each.name === '' ? each.op : each.name}`
      const made = builder.addMulti(
        each.op,
        each.inputs.map(nameOf),
        each.outputs.length,
        Object.fromEntries(each.attributes),
        {
          domain: each.domain,
          metadata: each.metadata,
          name,
        },
      )
      each.outputs.forEach((output, i) => names.set(output, made[i] ?? ''))
    }
    const results = body.outputs.slice(1).map(({ name }) => nameOf(name))
    carried = results.slice(0, carriedCount)
    results
      .slice(carriedCount)
      .forEach((value, i) => rows[i]?.push(builder.add('Unsqueeze', [value, builder.int64s(0)])))
  }
  const scanned = rows.map((values) => builder.add('Concat', values, { axis: int(0) }))
  for (const [i, value] of [...carried, ...scanned].entries()) {
    const output = node.outputs[i] ?? ''
    if (output === '') continue
    builder.detach(output)
    builder.add('Identity', [value], {}, { output })
  }
}
