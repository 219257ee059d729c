/**
 * The models of the training benchmark: Llama shapes with random weights, written as a Hugging Face folder. Random weights
 * cost as much as trained ones. In: a name, a folder. Out: the folder, written once.
 */
import { join } from 'node:path'
import { encodeHeader } from '../../src/core/safetensors.ts'
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { ensureFolder, hasFile, openAtomicWriter, writeJson } from '../../src/files/index.ts'
import { decoderTensorShapes } from '../../src/model/hf-decoder.ts'
import { parseDecoderConfig } from '../../src/model/hf-config.ts'

export interface BenchModel {
  /** As the document names it. */
  readonly name: string
  readonly dtype: 'F32' | 'BF16'
  readonly config: Readonly<Record<string, number | boolean | string | readonly string[]>>
  /** Modules with an adapter, and its rank. */
  readonly targets: readonly string[]
  readonly rank: number
}

const llama = (
  hidden: number,
  layers: number,
  heads: number,
  groups: number,
  mlp: number,
  vocab: number,
) => ({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_act: 'silu',
  hidden_size: hidden,
  intermediate_size: mlp,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  num_key_value_heads: groups,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: false,
  vocab_size: vocab,
})

export const BENCH_MODELS: Readonly<Record<string, BenchModel>> = {
  tiny: {
    name: 'llama-tiny',
    dtype: 'F32',
    config: llama(128, 4, 4, 2, 344, 512),
    targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
    rank: 16,
  },
  '88m': {
    name: 'llama-88m',
    dtype: 'F32',
    config: llama(768, 12, 12, 4, 2048, 8192),
    targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
    rank: 16,
  },
  '1.1b': {
    name: 'llama-1.1b',
    dtype: 'BF16',
    config: llama(2048, 22, 32, 4, 5632, 32000),
    targets: ['q_proj', 'v_proj'],
    rank: 16,
  },
}

/** Values between −0.04 and 0.04, as wide as usual initialisations; one block repeated, since only its cost matters. */
const BLOCK_COUNT = 1 << 20

/** Writes the folder unless it is there. */
export async function writeBenchModel({ config, dtype }: BenchModel, folder: string): Promise<void> {
  const path = join(folder, 'model.safetensors')
  if (await hasFile(path)) return
  await ensureFolder(folder)
  await writeJson(join(folder, 'config.json'), config)
  const shapes = decoderTensorShapes(parseDecoderConfig(JSON.stringify(config), 'config.json'))
  const tensors = [...shapes].map(([name, shape]) => ({ name, dtype, shape }))
  const { prefix, header } = encodeHeader(tensors, new Map([['format', 'pt']]))
  const block = randomBlock(dtype)
  const writer = await openAtomicWriter(path)
  try {
    await writer.write(prefix)
    for (const { sizeBytes } of header.entries) {
      for (let done = 0; done < sizeBytes; done += block.length) {
        await writer.write(block.subarray(0, Math.min(block.length, sizeBytes - done)))
      }
    }
    await writer.commit()
  } finally {
    await writer.abort()
  }
}

function randomBlock(dtype: BenchModel['dtype']): Uint8Array {
  const rng = new SeededRng('bench-training/weights')
  const values = Float32Array.from({ length: BLOCK_COUNT }, () => (rng.float() - 0.5) * 0.08)
  if (dtype === 'F32') return new Uint8Array(values.buffer)
  // The upper half of a single is its bf16, cut instead of rounded.
  return new Uint8Array(Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16).buffer)
}
