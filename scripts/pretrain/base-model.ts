/**
 * The demo's base model before its first step: a Llama of about 0.6 M parameters, its tokenizer, and random weights
 * drawn as `transformers` initialises them (normal, standard deviation 0.02; norms one).
 * Files, names, shapes and config are as `transformers` 5 writes them.
 */
import { join } from 'node:path'
import { encodeHeader } from '../../src/core/safetensors.ts'
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { openAtomicWriter, writeFileAtomic, writeJson } from '../../src/files/index.ts'
import { parseDecoderConfig } from '../../src/model/hf-config.ts'
import { decoderTensorShapes } from '../../src/model/hf-decoder.ts'
import { littleEndian } from '../../src/model/peft.ts'
import { byteLevelTokenizerFiles } from '../../src/model/tokenizer.ts'
import type { Merge } from './byte-pair.ts'

/** Ids below this are pad, end of sequence and the 256 bytes. */
const PLAIN_ID_COUNT = 258
export const POSITION_COUNT = 128
export const VOCABULARY_SIZE = 512
export const MERGE_COUNT = VOCABULARY_SIZE - PLAIN_ID_COUNT
const INITIAL_STD_DEV = 0.02

export const BASE_CONFIG = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: null,
  dtype: 'float32',
  eos_token_id: 1,
  head_dim: 32,
  hidden_act: 'silu',
  hidden_size: 128,
  initializer_range: INITIAL_STD_DEV,
  intermediate_size: 320,
  max_position_embeddings: POSITION_COUNT,
  mlp_bias: false,
  model_type: 'llama',
  num_attention_heads: 4,
  num_hidden_layers: 3,
  num_key_value_heads: 2,
  pad_token_id: 0,
  pretraining_tp: 1,
  rms_norm_eps: 1e-6,
  rope_parameters: { rope_theta: 10_000, rope_type: 'default' },
  tie_word_embeddings: false,
  use_cache: true,
  vocab_size: VOCABULARY_SIZE,
} as const

/** Fields that Python reads as floats: with JSON's bare `0` they would be integers there, which strict configs refuse. */
const FLOAT_FIELDS = /("(?:attention_dropout|rope_theta)": \d+)(?=[,\n])/g

/** Sizes of a Llama; everything else is the demo's. */
export interface LlamaSizes {
  readonly head_dim: number
  readonly hidden_size: number
  readonly intermediate_size: number
  readonly num_attention_heads: number
  readonly num_hidden_layers: number
  readonly num_key_value_heads: number
}

export const baseConfigText = (sizes: Partial<LlamaSizes> = {}): string =>
  `${JSON.stringify({ ...BASE_CONFIG, ...sizes }, null, 2)}\n`.replaceAll(FLOAT_FIELDS, '$1.0')

/** Writes the folder of the untrained model. @param seed — decides the weights @param sizes — others than the demo's */
export async function writeUntrainedModel(
  folder: string,
  merges: readonly Merge[],
  seed: string,
  sizes: Partial<LlamaSizes> = {},
): Promise<void> {
  const { tokenizer, config } = byteLevelTokenizerFiles(POSITION_COUNT, merges)
  const configText = baseConfigText(sizes)
  await writeFileAtomic(join(folder, 'config.json'), configText)
  await writeJson(join(folder, 'generation_config.json'), { eos_token_id: 1, pad_token_id: 0 })
  await writeJson(join(folder, 'tokenizer.json'), tokenizer)
  await writeJson(join(folder, 'tokenizer_config.json'), config)
  const shapes = decoderTensorShapes(parseDecoderConfig(configText, 'config.json'))
  const layout = [...shapes].map(([name, shape]) => ({ name, dtype: 'F32', shape }))
  const { prefix, header } = encodeHeader(layout, new Map([['format', 'pt']]))
  const writer = await openAtomicWriter(join(folder, 'model.safetensors'))
  try {
    await writer.write(prefix)
    for (const { name, sizeBytes } of header.entries) {
      const rng = new SeededRng(`${seed}/initial/${name}`)
      const isNorm = name.endsWith('norm.weight')
      const values = Float32Array.from({ length: sizeBytes / 4 }, () =>
        isNorm ? 1 : rng.normal() * INITIAL_STD_DEV,
      )
      await writer.write(littleEndian(values))
    }
    await writer.commit()
  } finally {
    await writer.abort()
  }
}
