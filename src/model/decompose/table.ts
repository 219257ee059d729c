/**
 * The decompositions: one row an operator, `domain.Op@first+` with '' for the standard domain, in the form of the gradient
 * table. What is in no row is no fused operator, or one that cannot be rewritten; either way it stays.
 */
import type { GraphNode } from '../graph.ts'
import * as activations from './activations.ts'
import { attention, attentionRefusal } from './attention.ts'
import type { Decomposition, DecompositionEntry, RefusalCheck } from './context.ts'
import { groupQueryAttention, groupQueryRefusal } from './group-query-attention.ts'
import * as heads from './multi-head-attention.ts'
import * as norms from './norms.ts'
import * as products from './products.ts'
import * as rotary from './rotary.ts'

const row = (decompose: Decomposition, refuses?: RefusalCheck): DecompositionEntry =>
  refuses === undefined ? { decompose } : { decompose, refuses }

const simplified = row(norms.simplifiedLayerNormalization, norms.lastAxisRefusal)

export const DECOMPOSITIONS: ReadonlyMap<string, DecompositionEntry> = new Map([
  ['Attention@23+', row(attention, attentionRefusal)],
  ['RotaryEmbedding@23+', row(rotary.standardRotary, rotary.rotaryRefusal)],
  // ONNX Runtime registers this one in the standard domain, whatever the opset.
  ['SimplifiedLayerNormalization@1+', simplified],
  ['com.microsoft.SimplifiedLayerNormalization@1+', simplified],
  ['com.microsoft.SkipSimplifiedLayerNormalization@1+', row(norms.skipSimplifiedLayerNormalization)],
  ['com.microsoft.LayerNormalization@1+', row(norms.layerNormalization, norms.lastAxisRefusal)],
  ['com.microsoft.SkipLayerNormalization@1+', row(norms.skipLayerNormalization)],
  ['com.microsoft.EmbedLayerNormalization@1+', row(norms.embedLayerNormalization, norms.embedRefusal)],
  ['com.microsoft.GroupNorm@1+', row(norms.groupNorm)],
  ['com.microsoft.SkipGroupNorm@1+', row(norms.skipGroupNorm)],
  ['com.microsoft.GroupQueryAttention@1+', row(groupQueryAttention, groupQueryRefusal)],
  ['com.microsoft.MultiHeadAttention@1+', row(heads.multiHeadAttention, heads.multiHeadRefusal)],
  ['com.microsoft.Attention@1+', row(heads.packedAttention, heads.packedRefusal)],
  ['com.microsoft.RotaryEmbedding@1+', row(rotary.contribRotary, rotary.rotaryRefusal)],
  ['com.microsoft.FastGelu@1+', row(activations.fastGelu)],
  ['com.microsoft.BiasGelu@1+', row(activations.biasGelu)],
  ['com.microsoft.Gelu@1+', row(activations.biasGelu)],
  ['com.microsoft.QuickGelu@1+', row(activations.quickGelu)],
  ['com.microsoft.BiasSplitGelu@1+', row(activations.biasSplitGelu, activations.biasSplitRefusal)],
  ['com.microsoft.FusedMatMul@1+', row(products.fusedMatMul, products.fusedMatMulRefusal)],
  // What it was called before it got its batch axes.
  ['com.microsoft.TransposeMatMul@1+', row(products.fusedMatMul, products.fusedMatMulRefusal)],
  ['com.microsoft.BiasSoftmax@1+', row(activations.biasSoftmax, activations.biasSoftmaxRefusal)],
  ['com.microsoft.FusedGemm@1+', row(products.fusedGemm, products.activationRefusal)],
  ['com.microsoft.FusedConv@1+', row(products.fusedConv, products.activationRefusal)],
])

const FIRST: ReadonlyMap<string, { readonly first: number; readonly entry: DecompositionEntry }> = new Map(
  [...DECOMPOSITIONS].map(([key, entry]) => {
    const at = key.lastIndexOf('@')
    return [key.slice(0, at), { first: Number.parseInt(key.slice(at + 1), 10), entry }]
  }),
)

/** The row of a node, or null where it is none that is rewritten. */
export function decompositionOf(
  { op, domain }: Pick<GraphNode, 'op' | 'domain'>,
  opsets: ReadonlyMap<string, number>,
): DecompositionEntry | null {
  const found = FIRST.get(domain === '' ? op : `${domain}.${op}`)
  const opset = domain === '' ? (opsets.get('') ?? 0) : 1
  return found !== undefined && found.first <= opset ? found.entry : null
}
