/** Attributes of nodes, said unambiguously: `{ axis: int(-1), alpha: float(1) }`. ONNX tells 1 from 1.0; numbers do not. */
import type { Attribute, GraphNode, TensorValue } from './graph.ts'

export const int = (value: number): Attribute => ({ kind: 'int', value })
export const float = (value: number): Attribute => ({ kind: 'float', value })
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value })
export const floats = (value: readonly number[]): Attribute => ({ kind: 'floats', value })
export const text = (value: string): Attribute => ({ kind: 'string', value })
export const tensor = (value: TensorValue): Attribute => ({ kind: 'tensor', value })

/** An integer attribute, or its default. */
export function intOf(node: GraphNode, name: string, otherwise: number): number {
  const attribute = node.attributes.get(name)
  return attribute?.kind === 'int' ? attribute.value : otherwise
}

export function floatOf(node: GraphNode, name: string, otherwise: number): number {
  const attribute = node.attributes.get(name)
  return attribute?.kind === 'float' ? attribute.value : otherwise
}

/** A list of integers, or null where the node leaves it out. */
export function intsOf(node: GraphNode, name: string): readonly number[] | null {
  const attribute = node.attributes.get(name)
  return attribute?.kind === 'ints' ? attribute.value : null
}

export function textOf(node: GraphNode, name: string, otherwise: string): string {
  const attribute = node.attributes.get(name)
  return attribute?.kind === 'string' ? attribute.value : otherwise
}
