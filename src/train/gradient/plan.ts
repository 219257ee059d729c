/**
 * What of a graph is differentiated: the nodes on a way from a wanted value to the loss along inputs that carry
 * gradients, and the report of all that cannot be.
 */
import { assert, isRoundError, RoundError } from '../../core/errors.ts'
import type { Graph, GraphNode } from '../../model/graph.ts'
import { KEPT_REASON, operatorName } from '../../model/decompose/index.ts'
import { readsOf } from '../../model/graph-order.ts'
import { isFloatType } from '../../model/onnx-tensor.ts'
import type { GraphShapes } from './graph-shapes.ts'
import { isRefusal, isRule, type DifferentiableEntry, type TableEntry } from './context.ts'
import type { EmitContext } from './emit-context.ts'
import type { GradientFault, UnsupportedNode } from './errors.ts'
import { entryOf } from './table.ts'

export interface Step {
  readonly node: GraphNode
  readonly entry: DifferentiableEntry
  /** Whether input `i` leads back to a wanted value. */
  readonly wants: (i: number) => boolean
}

export interface Planning {
  readonly graph: Graph
  readonly shapes: GraphShapes
  readonly opset: number
  readonly sinks: readonly string[]
  readonly wanted: readonly string[]
  readonly context: EmitContext
}

/** Nodes to differentiate, in the graph's order. @throws GRADIENT_UNSUPPORTED */
export function planOf(planning: Planning): Step[] {
  const { graph, opset } = planning
  const entries = new Map(graph.nodes.map((node) => [node, entryOf(node.op, node.domain, opset)]))
  const active = activeValues(planning, entries)
  const steps: Step[] = []
  const unsupported: UnsupportedNode[] = []
  for (const node of onTheWay(planning, active, entries)) {
    const entry = entries.get(node) ?? null
    const wants = (i: number): boolean => active.has(node.inputs[i] ?? '') && passes(entry, i)
    const reason = reasonAgainst(entry, node, opset)
    if (reason !== null) unsupported.push({ op: node.op, node: node.name, reason })
    else {
      assert(isRule(entry), 'what is not supported has a reason')
      steps.push({ node, entry, wants })
    }
  }
  unsupported.push(...failedChecks(planning, steps, unsupported.length > 0))
  if (unsupported.length > 0) throw unsupportedError(unsupported)
  return steps
}

/**
 * Nodes of known operators whose form has no rule.
 * @param isHidden — whether shapes may be unknown only because of operators that are reported anyway
 */
function failedChecks(
  { context }: Planning,
  steps: readonly Step[],
  isHidden: boolean,
): readonly UnsupportedNode[] {
  const failed: UnsupportedNode[] = []
  for (const { node, entry, wants } of steps) {
    try {
      const reason = entry.check?.(context.forNode(node, { gradients: [], wants })) ?? null
      if (reason !== null) failed.push({ op: node.op, node: node.name, reason })
    } catch (error) {
      if (!isHidden || !isRoundError(error, 'GRADIENT_SHAPE_UNKNOWN')) throw error
    }
  }
  return failed
}

function reasonAgainst(entry: TableEntry | null, node: GraphNode, opset: number): string | null {
  if (entry === null) {
    const name = operatorName(node)
    const kept = node.metadata.get(KEPT_REASON)
    if (kept !== undefined) return `${name} cannot be decomposed, since ${kept}`
    return `${name} has no gradient rule at opset ${opset}`
  }
  if (isRefusal(entry)) return `${node.op} ${entry.refused}`
  return null
}

function unsupportedError(nodes: readonly UnsupportedNode[]): RoundError<GradientFault> {
  const listed = nodes.map(({ op, node, reason }) => `${op} (node ${node}): ${reason}`)
  const count = nodes.length === 1 ? 'a node' : `${nodes.length} nodes`
  return new RoundError(
    { code: 'GRADIENT_UNSUPPORTED', nodes },
    `${count} between the parameters and the loss cannot be differentiated: ${listed.join('; ')}`,
    { hint: 'Choose modules behind these nodes, or export the model without them.' },
  )
}

/** Whether an operator passes gradients to its input `i`. Unknown operators are taken to, so that they are reported. */
function passes(entry: TableEntry | null, i: number): boolean {
  if (entry === 'stops') return false
  if (!isRule(entry)) return true
  return entry.inputs[Math.min(i, entry.inputs.length - 1)] ?? false
}

/** Float values that depend on a wanted one. */
function activeValues(
  { graph, shapes, wanted }: Planning,
  entries: ReadonlyMap<GraphNode, TableEntry | null>,
): ReadonlySet<string> {
  const active = new Set(wanted)
  for (const node of graph.nodes) {
    const entry = entries.get(node) ?? null
    const isReached = node.inputs.some((input, i) => active.has(input) && passes(entry, i))
    const isReachedInside =
      !isRule(entry) && entry !== 'stops' && readsOf(node).some((name) => active.has(name))
    if (!isReached && !isReachedInside) continue
    for (const output of node.outputs) {
      const type = output === '' ? null : shapes.typeOf(output)
      // What an operator without a rule makes of gradients' values is followed whatever its type, such as the integers of
      // quantised activations, so that the operator is reported.
      const isCarried = type === null || isFloatType(type.dataType) || (!isRule(entry) && entry !== 'stops')
      if (output !== '' && isCarried) active.add(output)
    }
  }
  return active
}

/** Nodes that make an active value which a sink depends on, in the graph's order. */
function onTheWay(
  { graph, sinks, wanted }: Planning,
  active: ReadonlySet<string>,
  entries: ReadonlyMap<GraphNode, TableEntry | null>,
): readonly GraphNode[] {
  const needed = new Set(sinks)
  const leaves = new Set(wanted)
  const found: GraphNode[] = []
  for (const node of [...graph.nodes].reverse()) {
    const entry = entries.get(node) ?? null
    const inputs = node.inputs.filter((input, i) => active.has(input) && passes(entry, i))
    const isLeaf = node.outputs.some((output) => leaves.has(output))
    const isNeeded = node.outputs.some((output) => needed.has(output) && active.has(output))
    const isOpaque = !isRule(entry) && entry !== 'stops' && readsOf(node).some((name) => active.has(name))
    if (isLeaf || !isNeeded || (inputs.length === 0 && !isOpaque)) continue
    found.push(node)
    for (const input of inputs) needed.add(input)
  }
  return found.reverse()
}
