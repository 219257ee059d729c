/** What can go wrong between a prompt and its answer. */
export type GenerateFault =
  /** An option is unknown or out of range. */
  | { readonly code: 'GENERATION_OPTION_INVALID'; readonly option: string; readonly reason: string }
  /** A prompt that leaves no room for an answer. Tokens. */
  | { readonly code: 'PROMPT_TOO_LONG'; readonly tokens: number; readonly tokensMax: number }
  /** A model that does not continue text: no token ids in, or no logits out. */
  | { readonly code: 'MODEL_NOT_GENERATIVE'; readonly file: string; readonly reason: string }
