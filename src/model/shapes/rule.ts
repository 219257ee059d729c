/** What a shape rule sees of a node, and what it says of its outputs. */
import type { Attribute, DataType, GraphNode } from '../graph.ts'
import { boundsOf, type Dim, dimEquals, dimMax, DIM_ONE, isCappedAt, isUnknown, Unresolved } from './dim.ts'
import type { ConstantValue, Element } from './value.ts'

export interface TensorType {
  readonly dataType: DataType
  readonly dims: readonly Dim[]
}

/** `value` where the elements are known too. */
export interface Result extends TensorType {
  readonly value?: ConstantValue | null
}

export interface RuleContext {
  readonly node: GraphNode
  /** Of the node's domain. */
  readonly opset: number
  readonly has: (input: number) => boolean
  /** @throws Unresolved if the input is left out or unknown */
  readonly type: (input: number) => TensorType
  readonly value: (input: number) => ConstantValue | null
  /** @throws Unresolved naming `what` if the value is not known */
  readonly needValue: (input: number, what: string) => ConstantValue
  readonly attribute: (name: string) => Attribute | undefined
  readonly outputCount: number
  /** A size of an output that only a run tells. */
  readonly unknown: (axis: number) => Dim
  /** Notes that two dimensions are taken to be equal because the graph would fail otherwise. */
  readonly assume: (a: Dim, b: Dim) => void
}

/** One result for each output, in order. */
export type Rule = (context: RuleContext) => readonly Result[]
export type RuleTable = Readonly<Record<string, Rule>>

export function axisOf(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(positive) || positive < 0 || positive >= rank) {
    throw new Unresolved(`axis ${axis} of a tensor of rank ${rank}`)
  }
  return positive
}

/** A dimension that must be there. */
export function at(dims: readonly Dim[], axis: number): Dim {
  const dim = dims[axis]
  if (dim === undefined) throw new Unresolved(`no axis ${axis} in a tensor of rank ${dims.length}`)
  return dim
}

/** What `compute` makes; where it cannot be known or may be negative, a size that only a run tells. */
export function sizeOr(context: Pick<RuleContext, 'unknown'>, axis: number, compute: () => Dim): Dim {
  try {
    const dim = compute()
    return dim.constant === null && boundsOf(dim).low < 0 ? context.unknown(axis) : dim
  } catch (error) {
    if (!(error instanceof Unresolved)) throw error
    return context.unknown(axis)
  }
}

/** Axes and parts are few; a file that states more of them without saying how large they are is not followed. */
const STATED_COUNT_MAX = 4096

/** The elements of an input that states sizes; null for each that is not known, as many as there are. */
export function statedSizes(context: RuleContext, input: number, what: string): readonly (Element | null)[] {
  const value = context.value(input)
  if (value !== null) return value.elements
  const count = context.type(input).dims[0]?.constant ?? null
  if (count !== null && count <= STATED_COUNT_MAX) return Array.from({ length: count }, () => null)
  return context.needValue(input, what).elements
}

/** Two dimensions that must be equal in a run that works: the simpler one stands for both. */
export function unify(context: Pick<RuleContext, 'assume'>, a: Dim, b: Dim): Dim {
  if (dimEquals(a, b)) return a
  if (a.constant !== null && b.constant !== null) {
    throw new Unresolved(`dimensions ${a.key} and ${b.key} do not fit`)
  }
  context.assume(a, b)
  if (a.constant !== null || b.constant !== null) return a.constant === null ? b : a
  return complexity(a) <= complexity(b) ? a : b
}

/** What only a run tells is told by what it must be equal to. */
const complexity = (dim: Dim): number =>
  dim.key.length + 1000 * dim.terms.length + (isUnknown(dim) ? 1_000_000 : 0)

/**
 * The shape of a broadcast. Of two sizes that are not surely equal either may be 1 in a run, so their result is the larger
 * one; a size that is only capped (`min(512, sequence)`, as tables of positions are cut) is taken to be what it caps.
 */
export function broadcast(context: Pick<RuleContext, 'assume'>, shapes: readonly (readonly Dim[])[]): Dim[] {
  const rank = Math.max(0, ...shapes.map((dims) => dims.length))
  return Array.from({ length: rank }, (_, axis) => {
    let result = DIM_ONE
    for (const dims of shapes) {
      const dim = dims[axis - (rank - dims.length)] ?? DIM_ONE
      if (dim.constant === 1) continue
      result = result.constant === 1 ? dim : meet(context, result, dim)
    }
    return result
  })
}

function meet(context: Pick<RuleContext, 'assume'>, a: Dim, b: Dim): Dim {
  const isPlain = a.constant !== null || b.constant !== null || dimEquals(a, b)
  if (isPlain || isCappedAt(a, b) || isCappedAt(b, a)) return unify(context, a, b)
  context.assume(a, b)
  return dimMax(a, b)
}
