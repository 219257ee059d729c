/** Shapes of reductions; their values too, since shape arithmetic multiplies dims up. */
import { intOf } from '../attributes.ts'
import { Dim, dimAdd, DIM_ONE, dimMax, dimMin, dimMul } from './dim.ts'
import { axesOf } from './movement.ts'
import { axisOf, type Rule, type RuleContext, type RuleTable } from './rule.ts'
import {
  concreteDims,
  elementOf,
  heldAs,
  knownValue,
  toDim,
  valueOrNull,
  type ConstantValue,
  type Element,
} from './value.ts'
import { isFloatType } from '../onnx-tensor.ts'

type Fold = { readonly numbers: (a: number, b: number) => number; readonly dims: (a: Dim, b: Dim) => Dim }

const reduction =
  (fold: Fold | null): Rule =>
  (context) => {
    const { dataType, dims } = context.type(0)
    // A scalar may be reduced along "its" axis 0.
    const given = dims.length === 0 ? [] : axesOf(context)
    const isNoop =
      (given === null || given.length === 0) && intOf(context.node, 'noop_with_empty_axes', 0) === 1
    if (isNoop) return [{ dataType, dims, value: context.value(0) }]
    const axes = given?.length ? given.map((axis) => axisOf(axis, dims.length)) : dims.map((_, axis) => axis)
    const keeps = intOf(context.node, 'keepdims', 1) === 1
    const reduced = keeps
      ? dims.map((dim, axis) => (axes.includes(axis) ? DIM_ONE : dim))
      : dims.filter((_, axis) => !axes.includes(axis))
    const isWhole = axes.length === dims.length
    return [
      { dataType, dims: reduced, value: isWhole ? valueOrNull(() => foldAll(context, reduced, fold)) : null },
    ]
  }

/** The value of a reduction over every axis. */
function foldAll(context: RuleContext, dims: readonly Dim[], fold: Fold | null): ConstantValue | null {
  const value = context.value(0)
  const concrete = concreteDims(dims)
  const [first, ...others] = value?.elements ?? []
  if (fold === null || value === null || concrete === null || first === undefined) return null
  let result: Element | null = first
  for (const element of others) {
    if (result === null) return null
    if (result instanceof Dim || element instanceof Dim) {
      if (isFloatType(value.dataType)) return null
      result = elementOf(fold.dims(toDim(result), toDim(element)))
    } else result = heldAs(value.dataType, fold.numbers(result, element))
  }
  return knownValue(value.dataType, concrete, [result])
}

export const REDUCE: RuleTable = {
  ReduceSum: reduction({ numbers: (a, b) => a + b, dims: dimAdd }),
  ReduceProd: reduction({ numbers: (a, b) => a * b, dims: dimMul }),
  ReduceMax: reduction({ numbers: Math.max, dims: dimMax }),
  ReduceMin: reduction({ numbers: Math.min, dims: dimMin }),
  ReduceMean: reduction(null),
  ReduceL1: reduction(null),
  ReduceL2: reduction(null),
  ReduceSumSquare: reduction(null),
  ReduceLogSum: reduction(null),
  ReduceLogSumExp: reduction(null),
}
