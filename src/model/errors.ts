/** What can be wrong with a model or an adapter that lies on this machine's disk. */
import { RoundError } from '../core/errors.ts'

export type ModelFault =
  /** Weights as pickle (.bin, .pt, .pth, .ckpt): reading one runs code of whoever wrote it. Convert to safetensors. */
  | { readonly code: 'WEIGHTS_PICKLED'; readonly file: string }
  /** A tensor that the architecture needs is absent, or has another shape or dtype. */
  | { readonly code: 'WEIGHTS_MISMATCH'; readonly file: string; readonly tensor: string }
  /** config.json is no JSON, or a field of it is absent or out of range. */
  | { readonly code: 'MODEL_CONFIG_INVALID'; readonly file: string; readonly field: string }
  /** The folder holds an architecture, or a variation of one, that is not built from config.json. */
  | { readonly code: 'MODEL_UNSUPPORTED'; readonly file: string; readonly feature: string }
  /** tokenizer.json is no JSON or describes a tokenizer that the library refuses. */
  | { readonly code: 'TOKENIZER_INVALID'; readonly file: string }
  /** An adapter folder whose config and tensors do not fit together. */
  | { readonly code: 'ADAPTER_INVALID'; readonly file: string; readonly reason: string }
  /** An adapter for a module that the base lacks, or has with other sizes. */
  | { readonly code: 'ADAPTER_MISMATCH'; readonly file: string; readonly module: string }
  /** An adapter of a kind that is not read: the kind is named. */
  | { readonly code: 'ADAPTER_UNSUPPORTED'; readonly file: string; readonly feature: string }

/** `message` gets the file's name in front, so that every text names it. */
export function modelError(fault: ModelFault, message: string, hint?: string): RoundError<ModelFault> {
  return new RoundError(fault, `${fault.file}: ${message}`, hint === undefined ? {} : { hint })
}
