/**
 * Decomposition. In: a graph with fused operators. Out: the same function in standard ones, and what was done.
 * Never: a weight that is read or changed.
 */
export {
  decompose,
  decomposeWithReport,
  KEPT_REASON,
  operatorName,
  type Decomposed,
  type KeptNode,
} from './decompose.ts'
export { DECOMPOSITIONS } from './table.ts'
