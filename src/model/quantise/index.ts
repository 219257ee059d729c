/**
 * Quantised weights. In: graphs with `MatMulNBits`, or float bases to be quantised. Out: their layout, graphs ready to be
 * differentiated, one weights file. Never: an f32 copy of all weights.
 */
export { BLOCK_SIZES, quantiseRows, type BlockSize, type QuantisedRows } from './blocks.ts'
export { QUANTISED_ACTIVATIONS, withFloatActivations } from './float-activations.ts'
export { isQuantised, readyToDifferentiate } from './nbits.ts'
export {
  quantisable,
  quantiseBase,
  type QuantisedBase,
  type QuantisedModule,
  type QuantiseOptions,
} from './quantise-base.ts'
