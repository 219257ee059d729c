/** A base model folder of the Llama architecture, a few kilobytes large, for tests that need a real one. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeHeader } from '../../src/core/safetensors.ts'
import { parseDecoderConfig } from '../../src/model/hf-config.ts'
import { decoderTensorShapes } from '../../src/model/hf-decoder.ts'
import { littleEndian } from '../../src/model/peft.ts'

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 32,
  hidden_size: 8,
  intermediate_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 4,
  max_position_embeddings: 32,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  tie_word_embeddings: true,
  hidden_act: 'silu',
  eos_token_id: 0,
}

/** @param seed — other seeds give other weights */
export async function writeTinyBase(folder: string, seed = 1): Promise<string> {
  await mkdir(folder, { recursive: true })
  const text = JSON.stringify(CONFIG)
  const shapes = [...decoderTensorShapes(parseDecoderConfig(text, 'config.json'))]
  const { prefix, header } = encodeHeader(shapes.map(([name, shape]) => ({ name, dtype: 'F32', shape })))
  const parts = header.entries.map(({ sizeBytes, name }) =>
    littleEndian(
      Float32Array.from({ length: sizeBytes / 4 }, (_, i) => Math.sin(seed * (i + 1) + name.length) / 10),
    ),
  )
  await writeFile(join(folder, 'model.safetensors'), Buffer.concat([prefix, ...parts]))
  await writeFile(join(folder, 'config.json'), text)
  await writeFile(join(folder, 'tokenizer.json'), '{}')
  return folder
}
