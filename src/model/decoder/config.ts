/**
 * A causal decoder described by its traits: what a family's reader makes of `config.json`, and all that the builders
 * know. A new family is a reader in `families/` that fills this in; builders change only for a trait that no family had.
 */
import type { RopeScaling } from '../rope-scaling.ts'
import type { Activation } from './activation.ts'

export interface DecoderConfig {
  readonly modelType: string
  /** Whether the folder holds a larger model, of which this is the text part. */
  readonly isPart: boolean
  readonly vocabSize: number
  readonly hiddenSize: number
  readonly headCount: number
  /** Divides `headCount`: each key and value head serves headCount / keyValueHeadCount query heads. */
  readonly keyValueHeadCount: number
  /** Not always hiddenSize / headCount. */
  readonly headSize: number
  /** Positions that the model was made for: longer sequences are cut. */
  readonly positionCountMax: number
  /** The first of `eos_token_id`, where the config has one. */
  readonly endOfSequenceId: number | null
  readonly names: DecoderNames
  /** Whether embeddings are multiplied by √hiddenSize, rounded to the dtype that they are stored in. */
  readonly hasScaledEmbeddings: boolean
  readonly positions: LearnedPositions | RotaryPositions
  readonly norm: NormTraits
  /** Attention and feed-forward read the same residual stream, and both are added to it at once. */
  readonly isParallel: boolean
  readonly attention: AttentionTraits
  readonly mlp: MlpTraits
  /** Which projections carry a bias. */
  readonly bias: { readonly queryKeyValue: boolean; readonly output: boolean; readonly mlp: boolean }
  /** How projections lie in the file: [out, in], PyTorch's Linear, or [in, out], GPT-2's Conv1D. */
  readonly weightLayout: 'out-in' | 'in-out'
  readonly layers: readonly LayerTraits[]
  readonly head: HeadTraits
}

export interface LayerTraits {
  /** How many tokens a token sees, itself among them; null where it sees all before it. */
  readonly window: number | null
  /** Index among `RotaryPositions.kinds`; of no meaning where positions are learned. */
  readonly rotary: number
  /** Multiplies queries before they meet keys. */
  readonly scoreScale: number
}

export interface LearnedPositions {
  readonly kind: 'learned'
}

export interface RotaryPositions {
  readonly kind: 'rotary'
  /** Dimensions of each head that turn, from the first on: even, at most the head's size. */
  readonly size: number
  readonly kinds: readonly RotaryKind[]
}

export interface RotaryKind {
  /** Base of the wavelengths. */
  readonly theta: number
  /** Null where positions turn as they are. */
  readonly scaling: RopeScaling | null
}

export interface NormTraits {
  /** `rms`: x/√(mean(x²)+ε)·w. `layer`: (x − mean)/√(variance+ε)·w + b. */
  readonly kind: 'rms' | 'layer'
  readonly epsilon: number
  /** Added to what is stored as w. */
  readonly gainOffset: 0 | 1
}

export interface AttentionTraits {
  /**
   * `separate`: three projections. `stacked`: one, whose rows are all queries, all keys, all values.
   * `by-head`: one, whose rows are query, key and value of the first head, then of the next.
   */
  readonly projection: 'separate' | 'stacked' | 'by-head'
  /** What queries and keys are normed over before they are turned. */
  readonly norms: 'none' | 'head' | 'projection'
  /** c of c·tanh(score/c), or null. */
  readonly scoreCap: number | null
}

export interface MlpTraits {
  /** `gated`: down(f(gate(x))·up(x)). `gated-stacked`: gate and up are one projection. `plain`: down(f(up(x))). */
  readonly kind: 'gated' | 'gated-stacked' | 'plain'
  readonly activation: Activation
  /** Width between the projections. */
  readonly size: number
}

export interface HeadTraits {
  /** Whether the embeddings' weight is the head's too. */
  readonly isTied: boolean
  /** c of c·tanh(logit/c), or null. */
  readonly logitCap: number | null
}

/** Where modules are: as `transformers` and PEFT call them. */
export interface DecoderNames {
  /** The path of the decoder inside the model: `model`. */
  readonly root: string
  readonly embedding: string
  /** Of learned positions, where there are any. */
  readonly positions: string
  /** Followed by the layer's number. */
  readonly layers: string
  readonly finalNorm: string
  /** Beside the root, not in it. */
  readonly head: string
  /** In a layer; null for a norm that the family has not. */
  readonly norms: {
    readonly beforeAttention: string | null
    readonly afterAttention: string | null
    /** Null in a parallel layer: the feed-forward reads what attention reads. */
    readonly beforeMlp: string | null
    readonly afterMlp: string | null
  }
  /** In a layer; `input` is query, key, value, or the one that is all three. */
  readonly attention: { readonly path: string; readonly input: readonly string[]; readonly output: string }
  /** In a layer; `input` is gate and up, or the one there is. */
  readonly mlp: { readonly path: string; readonly input: readonly string[]; readonly output: string }
}
