/** The length of a slice along one axis, bounds being numbers or symbolic. Source: ONNX operator Slice-13. */
import { boundsOf, Dim, dimAdd, dimCeilDiv, dimMax, dimMin, dimOf, dimSub, DIM_ONE, DIM_ZERO } from './dim.ts'
import { Unresolved } from './dim.ts'
import type { Element } from './value.ts'

/** Files write INT64_MAX, INT32_MAX or something as large for "to the end", and their negatives. */
const FAR = 2 ** 31 - 1

export interface SliceBounds {
  readonly start: Element
  readonly end: Element
  readonly step: number
}

export interface SlicePart {
  readonly start: Dim
  readonly step: number
  readonly length: Dim
}

/** @throws Unresolved if a bound may be negative or not, depending on the input's size */
export function sliceOf(dim: Dim, { start, end, step }: SliceBounds): SlicePart {
  if (!Number.isInteger(step) || step === 0) throw new Unresolved(`a slice with step ${step}`)
  if (step > 0) {
    const from = clampUp(start, dim)
    const length = dimMax(DIM_ZERO, dimCeilDiv(dimSub(clampUp(end, dim), from), dimOf(step)))
    return { start: from, step, length }
  }
  const from = clampDown(start, dim)
  const length = dimMax(DIM_ZERO, dimCeilDiv(dimSub(from, clampDown(end, dim)), dimOf(-step)))
  return { start: from, step, length }
}

/** Into [0, dim]. */
function clampUp(bound: Element, dim: Dim): Dim {
  if (!(bound instanceof Dim)) {
    if (bound >= FAR) return dim
    if (bound <= -FAR) return DIM_ZERO
  }
  return dimMin(dimMax(DIM_ZERO, fromEnd(bound, dim)), dim)
}

/** Into [-1, dim - 1], for steps backwards. */
function clampDown(bound: Element, dim: Dim): Dim {
  const last = dimSub(dim, DIM_ONE)
  if (!(bound instanceof Dim)) {
    if (bound >= FAR) return last
    if (bound <= -FAR) return dimOf(-1)
  }
  return dimMin(dimMax(dimOf(-1), fromEnd(bound, dim)), last)
}

/** Negative bounds count from the end. */
function fromEnd(bound: Element, dim: Dim): Dim {
  const expression = bound instanceof Dim ? bound : dimOf(bound)
  const { low, high } = boundsOf(expression)
  if (low >= 0) return expression
  if (high < 0) return dimAdd(expression, dim)
  throw new Unresolved(`a slice bound of unknown sign: ${expression.key}`)
}
