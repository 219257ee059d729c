/**
 * The Llama fixture as onnx-community's graphs have it: a cache in and out, GroupQueryAttention with the rotary embedding
 * inside and lengths from the attention mask, (Skip)SimplifiedLayerNormalization, and on request MatMulNBits products.
 */
import { float, int } from '../../../../src/model/attributes.ts'
import { DataType, type OnnxModel } from '../../../../src/model/graph.ts'
import { GraphBuilder, type Attributes } from '../../../../src/model/graph-builder.ts'
import { quantiseRows } from '../../../../src/model/quantise/index.ts'

export const CONFIG = {
  layers: 2,
  heads: 4,
  keyHeads: 2,
  size: 16,
  hidden: 64,
  mlp: 160,
  vocab: 384,
  positions: 128,
} as const
const EPSILON = 1e-6
const THETA = 10_000
const BLOCK_SIZE = 32
const MS = 'com.microsoft'

/** The same in operators of opset 23: RMSNormalization, RotaryEmbedding and Attention, without a cache. */
export function opset23Llama(weights: Weights): OnnxModel {
  const b = new GraphBuilder({ opset: 23, name: 'main_graph', irVersion: 11 })
  const { layers, heads, keyHeads, size, hidden, mlp, vocab } = CONFIG
  const ids = b.input('input_ids', DataType.int64, ['batch', 'sequence'])
  const mask = b.input('attention_mask', DataType.int64, ['batch', 'sequence'])
  const seen = b.add('Unsqueeze', [b.add('Cast', [mask], { to: int(DataType.bool) }), b.int64s(1, 2)])
  const shape = b.add('Shape', [ids])
  const length = b.add('Gather', [shape, b.scalar(1, DataType.int64)])
  const row = b.add('Range', [b.scalar(0, DataType.int64), length, b.scalar(1, DataType.int64)])
  const positions = b.add('Expand', [b.add('Unsqueeze', [row, b.int64s(0)]), shape])
  const [cosine = '', sine = ''] = [Math.cos, Math.sin].map((wave) => angles(b, wave))
  const matrix = (path: string, x: string, out: number, width: number): string =>
    product(b, { name: path, x, out, width, weight: weights(`${path}.weight`), products: 'float' })
  const norm = (path: string, x: string): string => {
    const gamma = b.constant(DataType.float, [hidden], weights(`${path}.weight`))
    return b.add('RMSNormalization', [x, gamma], { axis: int(-1), epsilon: float(EPSILON) })
  }
  const turn = (x: string, count: number, name: string): string =>
    b.add('RotaryEmbedding', [x, cosine, sine, positions], { num_heads: int(count) }, { name })
  let stream = b.add('Gather', [
    b.constant(DataType.float, [vocab, hidden], weights('model.embed_tokens.weight')),
    ids,
  ])
  for (let i = 0; i < layers; i++) {
    const path = `model.layers.${i}`
    const scope = `/model/layers.${i}/self_attn`
    const normed = norm(`${path}.input_layernorm`, stream)
    const query = turn(
      matrix(`${path}.self_attn.q_proj`, normed, heads * size, hidden),
      heads,
      `${scope}/q_rope`,
    )
    const key = turn(
      matrix(`${path}.self_attn.k_proj`, normed, keyHeads * size, hidden),
      keyHeads,
      `${scope}/k_rope`,
    )
    const value = matrix(`${path}.self_attn.v_proj`, normed, keyHeads * size, hidden)
    const attributes = { q_num_heads: int(heads), kv_num_heads: int(keyHeads), is_causal: int(1) }
    const attended = b.add('Attention', [query, key, value, seen], attributes, { name: `${scope}/Attention` })
    stream = b.add('Add', [stream, matrix(`${path}.self_attn.o_proj`, attended, hidden, heads * size)])
    const second = norm(`${path}.post_attention_layernorm`, stream)
    const gate = matrix(`${path}.mlp.gate_proj`, second, mlp, hidden)
    const active = b.add('Mul', [gate, b.add('Sigmoid', [gate])])
    const wide = b.add('Mul', [active, matrix(`${path}.mlp.up_proj`, second, mlp, hidden)])
    stream = b.add('Add', [stream, matrix(`${path}.mlp.down_proj`, wide, hidden, mlp)])
  }
  const head = matrix('lm_head', norm('model.norm', stream), vocab, hidden)
  b.outputAs('logits', head, DataType.float, ['batch', 'sequence', vocab])
  return b.build()
}

/** `dequantised`: f32 products with the weights that the four-bit ones stand for. */
export type Products = 'float' | 'int4' | 'dequantised'

type Weights = (name: string) => Float32Array

export function communityLlama(weights: Weights, products: Products): OnnxModel {
  const b = new GraphBuilder({ opset: 18, name: 'main_graph', irVersion: 10 })
  b.useDomain(MS, 1)
  const { layers, heads, keyHeads, size, hidden, mlp, vocab } = CONFIG
  const ids = b.input('input_ids', DataType.int64, ['batch_size', 'sequence_length'])
  const mask = b.input('attention_mask', DataType.int64, ['batch_size', 'total_sequence_length'])
  const sums = b.add('ReduceSum', [mask, b.int64s(1)], { keepdims: int(0) })
  const lengths = b.add('Cast', [b.add('Sub', [sums, b.int64s(1)])], { to: int(DataType.int32) })
  const total = b.add('Cast', [b.add('Gather', [b.add('Shape', [mask]), b.scalar(1, DataType.int64)])], {
    to: int(DataType.int32),
  })
  const [cosine, sine] = [Math.cos, Math.sin].map((wave) => angles(b, wave))
  const matrix = (path: string, x: string, out: number, width: number): string =>
    product(b, { name: path, x, out, width, weight: weights(`${path}.weight`), products })
  const norm = (path: string, inputs: readonly string[], attributes: Attributes = {}): string[] => {
    const gamma = b.constant(DataType.float, [hidden], weights(`${path}.weight`))
    const isFirst = inputs.length === 1
    const op = isFirst ? 'SimplifiedLayerNormalization' : 'SkipSimplifiedLayerNormalization'
    const options = { domain: isFirst ? '' : MS, name: `/${path.replaceAll(/\.(?=\D)/g, '/')}/${op}` }
    return b.addMulti(
      op,
      [...inputs, gamma],
      isFirst ? 1 : 4,
      { epsilon: float(EPSILON), ...attributes },
      options,
    )
  }
  const table = b.constant(DataType.float, [vocab, hidden], weights('model.embed_tokens.weight'))
  let stream = b.add('Gather', [table, ids], {}, { name: '/model/embed_tokens/Gather' })
  let [normed = ''] = norm('model.layers.0.input_layernorm', [stream], { axis: int(-1), stash_type: int(1) })
  for (let i = 0; i < layers; i++) {
    const path = `model.layers.${i}`
    const cache = (kind: string): string =>
      b.input(`past_key_values.${i}.${kind}`, DataType.float, [
        'batch_size',
        keyHeads,
        'past_sequence_length',
        size,
      ])
    const projected = [
      matrix(`${path}.self_attn.q_proj`, normed, heads * size, hidden),
      matrix(`${path}.self_attn.k_proj`, normed, keyHeads * size, hidden),
      matrix(`${path}.self_attn.v_proj`, normed, keyHeads * size, hidden),
    ]
    const inputs = [...projected, cache('key'), cache('value'), lengths, total, cosine ?? '', sine ?? '']
    const attributes = {
      num_heads: int(heads),
      kv_num_heads: int(keyHeads),
      do_rotary: int(1),
      rotary_interleaved: int(0),
    }
    const [attended = '', key = '', value = ''] = b.addMulti('GroupQueryAttention', inputs, 3, attributes, {
      domain: MS,
      name: `/model/layers.${i}/self_attn/GroupQueryAttention`,
    })
    b.outputAs(`present.${i}.key`, key, DataType.float)
    b.outputAs(`present.${i}.value`, value, DataType.float)
    const after = matrix(`${path}.self_attn.o_proj`, attended, hidden, heads * size)
    const [second = '', , , sum = ''] = norm(`${path}.post_attention_layernorm`, [stream, after])
    const gate = matrix(`${path}.mlp.gate_proj`, second, mlp, hidden)
    const active = b.add('Mul', [gate, b.add('Sigmoid', [gate])])
    const wide = b.add('Mul', [active, matrix(`${path}.mlp.up_proj`, second, mlp, hidden)])
    const down = matrix(`${path}.mlp.down_proj`, wide, hidden, mlp)
    const next = i + 1 === layers ? 'model.norm' : `model.layers.${i + 1}.input_layernorm`
    const [following = '', , , residual = ''] = norm(next, [sum, down])
    normed = following
    stream = residual
  }
  const head = b.constant(
    DataType.float,
    [hidden, vocab],
    transposed(weights('lm_head.weight'), vocab, hidden),
  )
  const logits = b.add('MatMul', [normed, head], {}, { name: '/lm_head/MatMul' })
  b.outputAs('logits', logits, DataType.float, ['batch_size', 'sequence_length', vocab])
  return b.build()
}

function angles(b: GraphBuilder, wave: (angle: number) => number): string {
  const half = CONFIG.size / 2
  const values = Array.from({ length: CONFIG.positions * half }, (_, at) => {
    const frequency = 1 / Math.fround(THETA ** ((2 * (at % half)) / CONFIG.size))
    return wave(Math.fround(Math.floor(at / half) * Math.fround(frequency)))
  })
  return b.constant(DataType.float, [CONFIG.positions, half], values)
}

interface Product {
  readonly name: string
  readonly x: string
  readonly out: number
  readonly width: number
  readonly weight: Float32Array
  readonly products: Products
}

function product(b: GraphBuilder, { name, x, out, width, weight, products }: Product): string {
  const path = `/${name.replaceAll(/\.(?=\D)/g, '/')}`
  if (products === 'float') return matMul(b, path, x, transposed(weight, out, width), [width, out])
  const rows = quantiseRows(weight, { rowCount: out, inSize: width, blockSize: BLOCK_SIZE })
  const blocks = width / BLOCK_SIZE
  const [elements, scales, zeroPoints] = [rows?.elements ?? [], rows?.scales ?? [], rows?.zeroPoints ?? []]
  if (products === 'dequantised') {
    const nibble = (bytes: ArrayLike<number>, at: number): number =>
      ((bytes[at >> 1] ?? 0) >> (4 * (at & 1))) & 15
    const values = Float32Array.from({ length: out * width }, (_, i) => {
      const block = Math.floor(i / BLOCK_SIZE)
      const row = Math.floor(block / blocks)
      const point = nibble(zeroPoints, row * 2 * Math.ceil(blocks / 2) + (block % blocks))
      return (nibble(elements, i) - point) * (scales[block] ?? 0)
    })
    return matMul(b, path, x, transposed(values, out, width), [width, out])
  }
  const inputs = [
    x,
    b.constant(DataType.uint8, [out, blocks, BLOCK_SIZE / 2], elements),
    b.constant(DataType.float, [out * blocks], scales),
    b.constant(DataType.uint8, [out * Math.ceil(blocks / 2)], zeroPoints),
  ]
  const attributes = {
    K: int(width),
    N: int(out),
    bits: int(4),
    block_size: int(BLOCK_SIZE),
    accuracy_level: int(4),
  }
  return b.add('MatMulNBits', inputs, attributes, { domain: MS, name: `${path}/MatMul_Q4` })
}

function matMul(
  b: GraphBuilder,
  path: string,
  x: string,
  weight: Float32Array,
  dims: readonly number[],
): string {
  return b.add('MatMul', [x, b.constant(DataType.float, dims, weight)], {}, { name: `${path}/MatMul` })
}

/** [rows, columns] → [columns, rows] */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? 0)
}
