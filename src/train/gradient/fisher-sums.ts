/**
 * Sums of squares of one batch's gradient with respect to the adapted weights W themselves, which are frozen: over the
 * columns of each row and over the rows of each column. With one sample a batch, their means over samples are the margins
 * of the empirical Fisher diagonal at W + ΔW, in coordinates that all members share, as no factors' are.
 *
 * In: a graph with adapters, and the gradients of its values. Out: one flat f32 value: of each module its rows [out], then
 * its columns [in]. Memory: one module's gradient [out, in] at a time.
 * Source: Matena and Raffel 2022 (arXiv:2111.09832), §3.2 (the empirical diagonal); Shazeer and Stern 2018
 * (arXiv:1804.04235), §3 (its margins in place of all of it).
 */
import { assert } from '../../core/errors.ts'
import { int } from '../../model/attributes.ts'
import type { Graph, GraphNode } from '../../model/graph.ts'
import type { GraphBuilder } from '../../model/graph-builder.ts'
import type { LinearModule } from '../../model/lora.ts'
import { isRule } from './context.ts'
import { EmitContext } from './emit-context.ts'
import type { GraphShapes } from './graph-shapes.ts'
import { joinGradients, layOut, type ParameterSlot } from './parameters.ts'
import { entryOf } from './table.ts'

export interface FisherTask {
  readonly builder: GraphBuilder
  /** The forward graph, adapters in it. */
  readonly graph: Graph
  readonly shapes: GraphShapes
  /** In the order of the result; a module that runs in several places comes several times. */
  readonly modules: readonly LinearModule[]
  /** Value of the forward graph → its gradient, where the loss depends on it. */
  readonly gradientOf: ReadonlyMap<string, string>
}

/** What the flat value holds, by the names that an update gives them. */
export function fisherSlots(modules: readonly LinearModule[]): readonly ParameterSlot[] {
  const once = [...new Map(modules.map((module) => [module.name, module])).values()]
  return layOut(
    once.flatMap(({ name, inSize, outSize }) => [
      { name: `${name}.fisher_rows`, dims: [outSize] },
      { name: `${name}.fisher_columns`, dims: [inSize] },
    ]),
  )
}

/** @returns the flat value's name */
export function fisherSums(task: FisherTask): string {
  const { builder, modules } = task
  const names = [...new Set(modules.map(({ name }) => name))]
  const sums = names.flatMap((name) => {
    const runs = modules.filter((module) => module.name === name)
    const gradients = runs.flatMap((module) => weightGradient(task, module) ?? [])
    if (gradients.length === 0) return [null, null]
    const gradient = gradients.reduce((sum, each) => builder.add('Add', [sum, each]))
    const rank = 2 + (runs[0]?.kernel.length ?? 0)
    const squares = (axes: readonly number[]): string =>
      builder.add('ReduceSumSquare', [gradient, builder.int64s(...axes)], { keepdims: int(0) })
    return [squares(Array.from({ length: rank - 1 }, (_, i) => i + 1)), squares([0])]
  })
  return joinGradients(builder, fisherSlots(modules), sums)
}

/** ∂L/∂W [out, in, …kernel] of one run of a module; null where the loss does not depend on what it makes. */
function weightGradient(task: FisherTask, module: LinearModule): string | null {
  const slopes = task.gradientOf.get(module.output)
  if (slopes === undefined) return null
  if (module.kind === 'conv') return kernelGradient(task, module, slopes)
  const { builder } = task
  const rows = (value: string, size: number): string =>
    module.inputRank === 2 ? value : builder.add('Reshape', [value, builder.int64s(-1, size)])
  const operands = [rows(slopes, module.outSize), rows(module.input, module.inSize)]
  return builder.add('Gemm', operands, { transA: int(1) })
}

/** By the rule that a trained convolution's weight would have. */
function kernelGradient(
  { builder, graph, shapes }: FisherTask,
  { name, output }: LinearModule,
  slopes: string,
): string {
  const producerOf = (value: string): GraphNode | undefined =>
    graph.nodes.find((node) => node.outputs.includes(value))
  // What the adapter was put behind: output = base + adapter.
  const base = producerOf(producerOf(output)?.inputs[0] ?? '')
  const entry = entryOf('Conv', '', builder.opset)
  assert(base?.op === 'Conv' && isRule(entry), `${name} is a convolution with an adapter`)
  const context = new EmitContext(builder, graph, shapes)
  const asked = context.forNode(base, { gradients: [slopes], wants: (i) => i === 1 })
  const gradient = entry.rule(asked)[1]
  assert(typeof gradient === 'string', 'a convolution’s rule gives its weight’s gradient whole')
  return gradient
}
