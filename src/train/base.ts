/**
 * What training and evaluation need of a pretrained model: its graph, where its weights lie, and how text becomes ids.
 * In: a Hugging Face folder. Out: a `TrainingBase`; no weight is read.
 */
import { RoundError } from '../core/errors.ts'
import { loadLlama, type LlamaModel } from '../model/hf-llama.ts'
import { readTokenizer } from '../model/tokenizer.ts'
import type { SequenceForm } from './data.ts'
import type { TrainFault } from './errors.ts'
import { readChatTemplate } from './tokens/chat-template.ts'

export interface TrainingBase extends LlamaModel {
  readonly form: SequenceForm
  /** Any id serves: padding is masked out of attention and loss. */
  readonly padId: number
}

/** @throws what loadLlama, readTokenizer and readChatTemplate throw, END_OF_SEQUENCE_UNKNOWN */
export async function openBase(folder: string): Promise<TrainingBase> {
  const llama = await loadLlama(folder)
  const tokenizer = await readTokenizer(folder)
  const endOfSequenceId = tokenizer.endOfSequenceId ?? llama.config.endOfSequenceId
  if (endOfSequenceId === null || endOfSequenceId >= llama.config.vocabSize) {
    const fault: TrainFault = { code: 'END_OF_SEQUENCE_UNKNOWN', folder }
    throw new RoundError(fault, `${folder}: no end-of-sequence id below ${llama.config.vocabSize}`, {
      hint: 'Set eos_token in tokenizer_config.json, or eos_token_id in config.json.',
    })
  }
  const { positionCountMax } = llama.config
  const template = await readChatTemplate(folder)
  const form = { encode: tokenizer.encode, endOfSequenceId, positionCountMax, template, folder }
  return { ...llama, form, padId: 0 }
}
