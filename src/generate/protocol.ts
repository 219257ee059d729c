/** What the process that holds the model and the one that asks say to each other. Both are our own code. */
import type { WorkerError } from '../train/worker-client.ts'
import type { Answer } from './generate.ts'
import type { GeneratorFacts, GeneratorOptions, Prompt } from './generator.ts'
import type { CheckedGenerationOptions } from './options.ts'

export type Request =
  | { readonly type: 'open'; readonly options: GeneratorOptions }
  | {
      readonly type: 'answer'
      /** Counts up. */
      readonly id: number
      readonly prompts: readonly Prompt[]
      readonly options: CheckedGenerationOptions
    }
  | { readonly type: 'stop'; readonly id: number }

export type Reply =
  | { readonly type: 'opened'; readonly about: GeneratorFacts }
  | { readonly type: 'text'; readonly id: number; readonly row: number; readonly text: string }
  | {
      readonly type: 'answers'
      readonly id: number
      readonly answers: readonly Answer[]
      readonly seconds: number
    }
  /** Of one request; null: of opening. */
  | { readonly type: 'error'; readonly id: number | null; readonly error: WorkerError }
