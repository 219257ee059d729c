/**
 * How fast answers come with a key-value cache, against a full forward pass for each token:
 *   tsx scripts/bench-generation.ts [--prompts 32,128,512] [--tokens 24] [--threads 2] [--json]
 *
 * A Llama of 88 M random parameters (hidden 768, 12 layers, 12 heads, 4 key and value heads, mlp 2048, vocabulary 8192),
 * greedy, one prompt; its weights lie in a temporary folder. Both ways must choose the same tokens. Milliseconds for the
 * prompt, and for a token after it; medians.
 */
import '../src/compat.ts'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { encodeHeader } from '../src/core/safetensors.ts'
import { SeededRng } from '../src/core/seeded-rng.ts'
import { openAtomicWriter } from '../src/files/index.ts'
import { openDecoder, type Decoder } from '../src/generate/decoder.ts'
import { buildGenerationGraph } from '../src/generate/generation-graph.ts'
import { greedy } from '../src/generate/sampling.ts'
import { parseDecoderConfig } from '../src/model/hf-config.ts'
import { decoderTensorShapes } from '../src/model/hf-decoder.ts'
import { openModel } from '../src/model/open-model.ts'
import { littleEndian } from '../src/model/peft.ts'

const { values } = parseArgs({
  options: {
    prompts: { type: 'string', default: '32,128,512' },
    tokens: { type: 'string', default: '24' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
})
const threads = Number(values.threads)
const tokenCount = Number(values.tokens)
/** A full pass over a long text takes seconds. */
const FULL_TOKEN_COUNT = 6
const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 8192,
  hidden_size: 768,
  intermediate_size: 2048,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  num_key_value_heads: 4,
  max_position_embeddings: 4096,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  tie_word_embeddings: false,
  hidden_act: 'silu',
  eos_token_id: 0,
}

async function writeBase(folder: string): Promise<void> {
  const text = JSON.stringify(CONFIG)
  writeFileSync(join(folder, 'config.json'), text)
  const shapes = [...decoderTensorShapes(parseDecoderConfig(text, 'config.json'))]
  const { prefix, header } = encodeHeader(shapes.map(([name, shape]) => ({ name, dtype: 'F32', shape })))
  const writer = await openAtomicWriter(join(folder, 'model.safetensors'))
  try {
    await writer.write(prefix)
    for (const { name, sizeBytes } of header.entries) {
      const rng = new SeededRng(name)
      const isNorm = name.endsWith('norm.weight')
      await writer.write(
        littleEndian(Float32Array.from({ length: sizeBytes / 4 }, () => (isNorm ? 1 : 0.03 * rng.normal()))),
      )
    }
    await writer.commit()
  } finally {
    await writer.abort()
  }
}

async function openWay(folder: string, hasCache: boolean): Promise<Decoder> {
  const { model, folder: weightsFolder, file } = await openModel(folder, { hasCache })
  return openDecoder({ graph: buildGenerationGraph(model, file), weightsFolder, device: 'cpu', threads })
}

interface Timed {
  readonly promptMs: number
  readonly tokenMs: number
  readonly ids: readonly number[]
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

async function timed(decoder: Decoder, prompt: readonly number[], count: number): Promise<Timed> {
  await decoder.start([prompt])
  const startedAt = performance.now()
  let at = await decoder.start([prompt])
  const promptMs = performance.now() - startedAt
  const ids: number[] = []
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const id = greedy(at.logits[0] ?? new Float32Array())
    ids.push(id)
    const stepAt = performance.now()
    at = await at.next([id])
    times.push(performance.now() - stepAt)
  }
  return { promptMs, tokenMs: median(times), ids }
}

async function main(): Promise<void> {
  const [loadBefore = 0] = loadavg()
  const folder = mkdtempSync(join(tmpdir(), 'oneround-bench-'))
  try {
    await writeBase(folder)
    const [cached, full] = [await openWay(folder, true), await openWay(folder, false)]
    const rows = []
    for (const length of values.prompts.split(',').map(Number)) {
      const prompt = Array.from({ length }, (_, i) => (i * 37) % CONFIG.vocab_size)
      const quick = await timed(cached, prompt, tokenCount)
      const slow = await timed(full, prompt, Math.min(tokenCount, FULL_TOKEN_COUNT))
      const isSame = slow.ids.every((id, i) => id === quick.ids[i])
      if (!isSame) throw new Error(`after ${length} tokens the two ways choose other tokens`)
      const tokensPerSecond = { cache: 1000 / quick.tokenMs, full: 1000 / slow.tokenMs }
      rows.push({
        length,
        promptMs: quick.promptMs,
        tokenMs: { cache: quick.tokenMs, full: slow.tokenMs },
        tokensPerSecond,
      })
    }
    const [cpu] = cpus()
    report({ model: 'Llama 88 M, f32', cpu: cpu?.model ?? '', threads, loadBefore, rows })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Report {
  readonly model: string
  readonly cpu: string
  readonly threads: number
  /** The machine's load average: above zero, other work ran beside it. */
  readonly loadBefore: number
  readonly rows: readonly {
    readonly length: number
    readonly promptMs: number
    readonly tokenMs: { readonly cache: number; readonly full: number }
    readonly tokensPerSecond: { readonly cache: number; readonly full: number }
  }[]
}

function report(result: Report): void {
  if (values.json) {
    process.stdout.write(`${JSON.stringify(result)}\n`)
    return
  }
  const lines = result.rows.map(({ length, promptMs, tokensPerSecond: { cache, full } }) => {
    const times = (cache / full).toFixed(1)
    return `prompt of ${length}: ${promptMs.toFixed(0)} ms; ${cache.toFixed(1)} tokens/s with a cache, ${full.toFixed(1)} without (${times} times)`
  })
  process.stdout.write(`${result.model}, ${result.threads} threads, ${result.cpu}\n${lines.join('\n')}\n`)
}

await main()
process.exit(0)
