/** What can go wrong between data and adapter. */
export type TrainFault =
  /** A line of a data file that is no JSON, or has not the fields of a known form. Lines count from 1. */
  | { readonly code: 'DATA_INVALID'; readonly file: string; readonly line: number; readonly reason: string }
  /** A data file without a single sequence that has something to learn. */
  | { readonly code: 'DATA_EMPTY'; readonly file: string }
  /** An option is missing, unknown or out of range. */
  | { readonly code: 'TRAIN_OPTION_INVALID'; readonly option: string; readonly reason: string }
  /** A recipe file that is no JSON, or has a key that is unknown or out of range. */
  | {
      readonly code: 'RECIPE_INVALID'
      readonly file: string
      readonly field: string
      readonly reason: string
    }
  /** Neither the tokenizer nor config.json says which id ends a sequence. */
  | { readonly code: 'END_OF_SEQUENCE_UNKNOWN'; readonly folder: string }
  /** Loss or gradient is NaN or infinite. The last good checkpoint stays. */
  | { readonly code: 'TRAINING_DIVERGED'; readonly step: number }
  /** A checkpoint of another model, data or recipe lies in the output folder. */
  | { readonly code: 'CHECKPOINT_FOREIGN'; readonly file: string }
  | { readonly code: 'CHECKPOINT_INVALID'; readonly file: string; readonly reason: string }
  /** The process that holds the model ended without a result, by exit status or signal. */
  | { readonly code: 'WORKER_LOST'; readonly worker: string; readonly reason: string }
  /** The caller's signal. */
  | { readonly code: 'CANCELLED' }
