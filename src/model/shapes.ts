/**
 * Shapes. In: a graph. Out: for every value its type, with dimensions that are numbers or expressions of the inputs'
 * symbols, and the elements of those that shape arithmetic computes. Never: a guess from names or from what the file
 * states about intermediate values.
 */
export { inferShapes } from './shapes/infer.ts'
export type { InferOptions, InferredGraph, ShapeFault, ShapeProblem } from './shapes/infer.ts'
export {
  boundsOf,
  Dim,
  DIM_ONE,
  DIM_ZERO,
  dimAdd,
  dimCeilDiv,
  dimDiv,
  dimEquals,
  dimExactDiv,
  dimMax,
  dimMin,
  dimMod,
  dimMul,
  dimOf,
  dimProduct,
  dimSub,
  dimSymbol,
  isAtLeast,
  isUnknown,
  symbolsOf,
} from './shapes/dim.ts'
export type { TensorType } from './shapes/rule.ts'
export type { ConstantValue, Element } from './shapes/value.ts'
