/**
 * Generate. In: a base model, maybe with an adapter; prompts and conversations. Out: answers, greedy or drawn by seed, with
 * a key-value cache where the graph takes one. Never: anything that leaves this machine.
 */
export type { GenerateFault } from './errors.ts'
export { type Answer, type Finish } from './generate.ts'
export {
  openGenerator,
  type Generator,
  type GeneratorFacts,
  type GeneratorOptions,
  type Prompt,
} from './generator.ts'
export {
  checkGenerationOptions,
  generationOptionsSchema,
  type CheckedGenerationOptions,
  type GenerationOptions,
} from './options.ts'
export {
  openRemoteGenerator,
  type AnswersInTime,
  type Asking,
  type RemoteGenerator,
  type RemoteGeneratorOptions,
} from './worker-client.ts'
export { type Chat, type Message } from '../train/tokens/chat.ts'
