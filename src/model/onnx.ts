/**
 * ONNX files. In: bytes. Out: a typed graph, and bytes again. Never: a copy of the weights while decoding.
 * Hand-written instead of generated because a copy-free view of the weights and refusing hostile lengths are the point.
 */
export { decodeModel } from './onnx-decode.ts'
export { encodeModel } from './onnx-encode.ts'
export type { OnnxFault } from './onnx-wire.ts'
