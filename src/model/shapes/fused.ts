/**
 * Shapes of fused operators, so that what stands behind one is understood before it is rewritten: attention in its three
 * forms, normalisations with the residual stream inside, products with something fused to them.
 * Source: ONNX operators Attention-23 and RotaryEmbedding-23; ONNX Runtime's contributed operators.
 */
import { intOf, intsOf } from '../attributes.ts'
import { DataType } from '../graph.ts'
import { dimAdd, dimExactDiv, dimMul, dimOf, DIM_ONE, Unresolved, type Dim } from './dim.ts'
import { LINEAR } from './linear.ts'
import { at, type Result, type Rule, type RuleContext, type RuleTable, type TensorType } from './rule.ts'

function divided(dim: Dim, by: number): Dim {
  const exact = dimExactDiv(dim, dimOf(by))
  if (exact === null) throw new Unresolved(`${dim.key} features in ${by} heads`)
  return exact
}

const optional = (context: RuleContext, input: number): TensorType | null =>
  context.has(input) ? context.type(input) : null

/** [batch, heads, past + own, size] */
function present(past: TensorType | null, own: readonly [Dim, Dim, Dim, Dim]): readonly Dim[] {
  const [batch, heads, length, size] = own
  return [batch, heads, past === null ? length : dimAdd(at(past.dims, 2), length), size]
}

const groupQueryAttention: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const [heads, keyHeads] = [intOf(context.node, 'num_heads', 1), intOf(context.node, 'kv_num_heads', 1)]
  const size = divided(at(dims, 2), context.has(1) ? heads : heads + 2 * keyHeads)
  const own = [at(dims, 0), dimOf(keyHeads), at(dims, 1), size] as const
  const cache = { dataType, dims: present(optional(context, 3), own) }
  return [{ dataType, dims: [at(dims, 0), at(dims, 1), dimMul(size, dimOf(heads))] }, cache, cache]
}

const standardAttention: Rule = (context) => {
  const [query, key, value] = [context.type(0), context.type(1), context.type(2)]
  const isThree = query.dims.length === 3
  const keyHeads = isThree ? dimOf(intOf(context.node, 'kv_num_heads', 1)) : at(key.dims, 1)
  const axis = isThree ? 1 : 2
  const sizeIn = (type: TensorType): Dim =>
    isThree ? divided(at(type.dims, 2), keyHeads.constant ?? 1) : at(type.dims, 3)
  const { dataType } = query
  const heads = intOf(context.node, 'q_num_heads', 1)
  const dims = isThree
    ? [at(query.dims, 0), at(query.dims, 1), dimMul(sizeIn(value), dimOf(heads))]
    : [...query.dims.slice(0, 3), sizeIn(value)]
  const own = (type: TensorType) => [at(type.dims, 0), keyHeads, at(type.dims, axis), sizeIn(type)] as const
  return [
    { dataType, dims },
    { dataType, dims: present(optional(context, 4), own(key)) },
    { dataType, dims: present(optional(context, 5), own(value)) },
  ]
}

/** One weight for queries, keys and values. */
const packedAttention: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const width = at(context.type(1).dims, 1)
  const sizes = intsOf(context.node, 'qkv_hidden_sizes')
  const out = sizes === null ? divided(width, 3) : dimOf(sizes[2] ?? 0)
  const heads = intOf(context.node, 'num_heads', 1)
  const past = optional(context, 4)
  const length = past === null ? at(dims, 1) : dimAdd(at(past.dims, 3), at(dims, 1))
  const cache = [dimOf(2), at(dims, 0), dimOf(heads), length, divided(out, heads)]
  return [
    { dataType, dims: [at(dims, 0), at(dims, 1), out] },
    { dataType, dims: cache },
  ]
}

const multiHeadAttention: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const heads = intOf(context.node, 'num_heads', 1)
  const [key, value] = [optional(context, 1), optional(context, 2)]
  // Rank 5 holds queries, keys and values of each head, or keys and values, beside one another.
  const packed = key === null ? dims : value === null ? key.dims : null
  const isReady = value?.dims.length === 4
  const size =
    packed !== null ? at(packed, 4) : isReady ? at(value.dims, 3) : divided(at(value?.dims ?? dims, 2), heads)
  const length = packed !== null ? at(packed, 1) : at(value?.dims ?? dims, isReady ? 2 : 1)
  const own = [at(dims, 0), dimOf(heads), length, size] as const
  return [
    { dataType, dims: [at(dims, 0), at(dims, 1), dimMul(size, dimOf(heads))] },
    { dataType, dims: present(optional(context, 6), own) },
    { dataType, dims: present(optional(context, 7), own) },
  ]
}

/** A normalised value, its statistics, and the sum that was normalised. */
const skipNorm: Rule = (context) => {
  const type = context.type(0)
  const statistic: Result = { dataType: DataType.float, dims: [...type.dims.slice(0, -1), DIM_ONE] }
  return [type, statistic, statistic, type]
}

const simplifiedNorm: Rule = (context) => {
  const type = context.type(0)
  return [type, { dataType: DataType.float, dims: [...type.dims.slice(0, -1), DIM_ONE] }]
}

const embedNorm: Rule = (context) => {
  const ids = context.type(0)
  const table = context.type(2)
  const type = { dataType: table.dataType, dims: [...ids.dims, at(table.dims, 1)] }
  return [type, { dataType: DataType.int32, dims: [at(ids.dims, 0)] }, type]
}

const sameTwice: Rule = (context) => [context.type(0), context.type(0)]

const halved: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  return [{ dataType, dims: [...dims.slice(0, -1), divided(at(dims, dims.length - 1), 2)] }]
}

/** As a product of operands whose last two axes are swapped where the attributes say so. */
const fusedMatMul: Rule = (context) => {
  const flipped = (input: number, name: string): TensorType => {
    const { dataType, dims } = context.type(input)
    if (intOf(context.node, name, 0) === 0 || dims.length < 2) return { dataType, dims }
    return { dataType, dims: [...dims.slice(0, -2), at(dims, dims.length - 1), at(dims, dims.length - 2)] }
  }
  const operands = [flipped(0, 'transA'), flipped(1, 'transB')] as const
  return ruleOf('MatMul')({ ...context, type: (input) => operands[input === 0 ? 0 : 1] })
}

function ruleOf(op: string): Rule {
  const rule = LINEAR[op]
  if (rule === undefined) throw new Unresolved(`operator ${op} has no shape rule`)
  return rule
}

/** Rows of a quantised table, dequantised. Source: com.microsoft.GatherBlockQuantized. */
const gatherBlocks: Rule = (context) => {
  const [data, indices, scales] = [context.type(0), context.type(1), context.type(2)]
  const axis = intOf(context.node, 'gather_axis', 0)
  const quantised = intOf(context.node, 'quantize_axis', 1)
  // Elements of fewer bits share bytes along the quantised axis.
  const share = data.dataType === DataType.uint8 ? 8 / intOf(context.node, 'bits', 4) : 1
  const dims = data.dims.map((dim, i) => (i === quantised ? dimMul(dim, dimOf(share)) : dim))
  return [{ dataType: scales.dataType, dims: dims.toSpliced(axis, 1, ...indices.dims) }]
}

export const FUSED: RuleTable = {
  Attention: (context) =>
    context.node.domain === '' ? standardAttention(context) : packedAttention(context),
  GroupQueryAttention: groupQueryAttention,
  MultiHeadAttention: multiHeadAttention,
  RotaryEmbedding: (context) => [context.type(0)],
  SimplifiedLayerNormalization: simplifiedNorm,
  SkipSimplifiedLayerNormalization: skipNorm,
  SkipLayerNormalization: skipNorm,
  EmbedLayerNormalization: embedNorm,
  GroupNorm: (context) => [context.type(0)],
  SkipGroupNorm: sameTwice,
  BiasGelu: (context) => [context.type(0)],
  BiasSplitGelu: halved,
  BiasSoftmax: (context) => [context.type(0)],
  FusedMatMul: fusedMatMul,
  TransposeMatMul: fusedMatMul,
  FusedGemm: (context) => ruleOf('Gemm')(context),
  FusedConv: (context) => ruleOf('Conv')(context),
  GatherBlockQuantized: gatherBlocks,
}
