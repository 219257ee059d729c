/**
 * Layer norms that an exporter wrote out (before operator set 17 it had to), as one operator: its backward pass reads the input
 * and two numbers a row, where nine operators keep five tensors of the input's size.
 *
 * In: a graph of operator set 18 or newer. Out: the same function up to rounding. What is recognised is structure: d = x − mean(x),
 * d/√(mean(d²)+ε)·γ + β, means over the last axes, where nothing else reads the parts between the quotient and the sum.
 */
import { float, int, intOf } from '../../model/attributes.ts'
import type { GraphNode, OnnxModel } from '../../model/graph.ts'
import { GraphBuilder } from '../../model/graph-builder.ts'
import { inferGraphShapes, type GraphShapes } from './graph-shapes.ts'

interface Norm {
  readonly input: string
  readonly gamma: string
  readonly beta: string
  readonly epsilon: number
  /** How many axes, from the last one on. */
  readonly axisCount: number
  readonly output: string
}

export function fuseLayerNorms(model: OnnxModel): OnnxModel {
  const quotients = model.graph.nodes.filter(({ op, domain }) => op === 'Div' && domain === '')
  if (!model.graph.nodes.some(({ op }) => op === 'Sqrt')) return model
  const view = new View(model)
  const norms = quotients.flatMap((node) => view.normOf(node) ?? [])
  if (norms.length === 0) return model
  const builder = new GraphBuilder(model)
  for (const { input, gamma, beta, epsilon, axisCount, output } of norms) {
    builder.rewrite(output, {
      op: 'LayerNormalization',
      inputs: [input, gamma, beta],
      attributes: new Map([
        ['axis', int(-axisCount)],
        ['epsilon', float(epsilon)],
      ]),
    })
  }
  return builder.build()
}

class View {
  readonly #model: OnnxModel
  readonly #shapes: GraphShapes
  readonly #producers = new Map<string, GraphNode>()
  readonly #readers = new Map<string, GraphNode[]>()

  constructor(model: OnnxModel) {
    this.#model = model
    this.#shapes = inferGraphShapes(model)
    for (const node of model.graph.nodes) {
      for (const output of node.outputs) this.#producers.set(output, node)
      for (const input of node.inputs) this.#readers.set(input, [...(this.#readers.get(input) ?? []), node])
    }
  }

  normOf(quotient: GraphNode): Norm | null {
    const [centred = '', deviation = ''] = quotient.inputs
    const x = this.#centredOf(centred)
    const shifted = this.#made(deviation, 'Sqrt')?.inputs[0] ?? ''
    const [variance, constant] = this.#constantBeside(this.#made(shifted, 'Add')) ?? []
    const squares = variance === undefined ? undefined : this.#made(variance, 'ReduceMean')
    if (x === null || squares === undefined || constant === undefined) return null
    const axisCount = this.#axisCountOf(squares)
    if (axisCount === null || axisCount !== x.axisCount || !this.#isSquareOf(squares.inputs[0] ?? '', x))
      return null
    const scaled = this.#soleReader(quotient, 'Mul')
    const sum = scaled === null ? null : this.#soleReader(scaled, 'Add')
    const gamma = scaled === null ? null : this.#weightBeside(scaled, quotient, axisCount)
    const beta = scaled === null || sum === null ? null : this.#weightBeside(sum, scaled, axisCount)
    const epsilon = this.#shapes.valueOf(constant)?.[0]
    const output = sum?.outputs[0]
    if (gamma === null || beta === null || epsilon === undefined || output === undefined) return null
    return { input: x.input, gamma, beta, epsilon, axisCount, output }
  }

  /** x and the axes where a value is x − mean(x). */
  #centredOf(value: string): { readonly input: string; readonly axisCount: number } | null {
    const [input = '', mean = ''] = this.#made(value, 'Sub')?.inputs ?? []
    const reduced = this.#made(mean, 'ReduceMean')
    const axisCount = reduced?.inputs[0] === input ? this.#axisCountOf(reduced) : null
    return axisCount === null ? null : { input, axisCount }
  }

  /** Some exporters take the mean off twice, once for each use. */
  #isSquareOf(value: string, x: { readonly input: string; readonly axisCount: number }): boolean {
    const node = this.#producers.get(value)
    const [base = '', other = ''] = node?.inputs ?? []
    const isPower = node?.op === 'Pow' && this.#shapes.valueOf(other)?.[0] === 2
    const isProduct = node?.op === 'Mul' && base === other
    const centred = isPower || isProduct ? this.#centredOf(base) : null
    return centred?.input === x.input && centred.axisCount === x.axisCount
  }

  /** How many of the last axes a mean is over, kept as ones; null if it is over others. */
  #axisCountOf(mean: GraphNode): number | null {
    const rank = this.#shapes.typeOf(mean.inputs[0] ?? '')?.dims.length
    const axes = this.#shapes.valueOf(mean.inputs[1] ?? '')
    if (rank === undefined || axes === null || axes.length === 0 || intOf(mean, 'keepdims', 1) !== 1)
      return null
    const places = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b)
    return places.every((place, i) => place === rank - axes.length + i) ? axes.length : null
  }

  /** The two inputs of a sum, the constant scalar last. */
  #constantBeside(sum: GraphNode | undefined): readonly [string, string] | null {
    const [a = '', b = ''] = sum?.inputs ?? []
    const isScalar = (name: string): boolean => this.#shapes.valueOf(name)?.length === 1
    return isScalar(b) ? [a, b] : isScalar(a) ? [b, a] : null
  }

  /** The other operand, if it is an initializer with an element for each of the last axes. */
  #weightBeside(node: GraphNode, before: GraphNode, axisCount: number): string | null {
    const other = node.inputs.find((input) => input !== before.outputs[0]) ?? ''
    const weight = this.#model.graph.initializers.get(other)
    const dims = this.#shapes.typeOf(before.outputs[0] ?? '')?.dims.slice(-axisCount)
    const isWhole =
      weight?.dims.length === axisCount && dims?.every((dim, i) => dim.constant === weight.dims[i])
    return isWhole === true ? other : null
  }

  #made(value: string, op: string): GraphNode | undefined {
    const node = this.#producers.get(value)
    return node?.op === op && node.domain === '' ? node : undefined
  }

  #soleReader(node: GraphNode, op: string): GraphNode | null {
    const readers = this.#readers.get(node.outputs[0] ?? '') ?? []
    const isOutput = this.#model.graph.outputs.some(({ name }) => name === node.outputs[0])
    const [only] = readers
    return readers.length === 1 && !isOutput && only?.op === op && only.domain === '' ? only : null
  }
}
