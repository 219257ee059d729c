/** The families that are built, by the `model_type` of their configs. A new one is a file of this folder and a line here. */
import type { DecoderFamily } from './family.ts'
import { GEMMA_FAMILIES } from './gemma.ts'
import { GPT2 } from './gpt2.ts'
import { GPT_NEOX } from './gpt-neox.ts'
import { LLAMA_FAMILIES } from './llama.ts'
import { OLMO2 } from './olmo2.ts'
import { PHI3 } from './phi3.ts'

export type { DecoderFamily } from './family.ts'

export const FAMILIES: ReadonlyMap<string, DecoderFamily> = new Map(
  [...LLAMA_FAMILIES, ...GEMMA_FAMILIES, PHI3, OLMO2, GPT2, GPT_NEOX].map((family) => [
    family.modelType,
    family,
  ]),
)
