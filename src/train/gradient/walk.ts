/**
 * Reverse-mode differentiation of an ONNX graph: the walk from a loss's seed gradients back to the wanted values.
 *
 * In: a graph, the types of its values, ∂L/∂(seed values), the wanted values. Out: nodes appended to a builder, and the
 * name of ∂L/∂(each wanted value). Only nodes between a wanted value and a seed are differentiated. Every consumer of a
 * value is visited before its producer, so a value's gradient is complete when it is used.
 * Invariants: rules come from the table alone; all nodes without one are reported at once, before anything is emitted;
 * the forward graph's values keep their names and meaning.
 * Source: Griewank & Walther 2008, Evaluating Derivatives, ch. 3 (reverse accumulation).
 */
import { assert } from '../../core/errors.ts'
import type { Graph } from '../../model/graph.ts'
import type { GraphBuilder } from '../../model/graph-builder.ts'
import type { GraphShapes } from './graph-shapes.ts'
import { accumulate } from './accumulate.ts'
import type { InputGradient } from './context.ts'
import { EmitContext } from './emit-context.ts'
import { planOf } from './plan.ts'
import { OPSET_OF_RULES } from './raise-opset.ts'

export interface Differentiation {
  /** Grows by the backward pass. Holds the graph already, raised by `raiseOpset`. */
  readonly builder: GraphBuilder
  /** The forward graph, in topological order. */
  readonly graph: Graph
  readonly shapes: GraphShapes
  /** Value of the graph → name of the gradient of the loss with respect to it. */
  readonly seeds: ReadonlyMap<string, string>
  /** Values whose gradients are asked for. Nothing behind them is differentiated. */
  readonly wanted: readonly string[]
  /** Told of each value's gradient as it is complete: checkpointing waits for some of them. */
  readonly onGradient?: (value: string, gradient: string) => void
}

/**
 * @returns for each wanted value the name of its gradient, in its shape and element type; null where the loss does not
 * depend on it
 * @throws GRADIENT_UNSUPPORTED | GRADIENT_SHAPE_UNKNOWN
 */
export function differentiate(task: Differentiation): ReadonlyMap<string, string | null> {
  const { builder, graph, shapes, wanted, seeds } = task
  assertRaised(builder.opset)
  const context = new EmitContext(builder, graph, shapes)
  const plan = planOf({ graph, shapes, opset: builder.opset, sinks: [...seeds.keys()], wanted, context })
  const received = new Map<string, InputGradient[]>()
  const receive = (value: string, gradient: InputGradient): void => {
    const others = received.get(value)
    if (others === undefined) received.set(value, [gradient])
    else others.push(gradient)
  }
  const complete = (value: string): string | null => {
    const gradient = accumulate(context, value, received.get(value) ?? [])
    if (gradient !== null) task.onGradient?.(value, gradient)
    return gradient
  }
  for (const [value, gradient] of seeds) receive(value, gradient)
  for (const { node, entry, wants } of plan.reverse()) {
    const gradients = node.outputs.map((output) => (output === '' ? null : complete(output)))
    if (gradients.every((gradient) => gradient === null)) continue
    const answers = entry.rule(context.forNode(node, { gradients, wants }))
    answers.forEach((gradient, i) => {
      if (gradient !== null && wants(i)) receive(node.inputs[i] ?? '', gradient)
    })
  }
  return new Map(wanted.map((value) => [value, complete(value)]))
}

/**
 * Whether `differentiate` would work, found out without emitting anything.
 * @throws GRADIENT_UNSUPPORTED | GRADIENT_SHAPE_UNKNOWN
 */
export function checkDifferentiable(
  task: Omit<Differentiation, 'seeds'> & { readonly sinks: readonly string[] },
): void {
  const { builder, graph, shapes, sinks, wanted } = task
  assertRaised(builder.opset)
  planOf({
    graph,
    shapes,
    opset: builder.opset,
    sinks,
    wanted,
    context: new EmitContext(builder, graph, shapes),
  })
}

function assertRaised(opset: number): void {
  assert(opset >= OPSET_OF_RULES, 'raiseOpset comes before differentiation')
}
