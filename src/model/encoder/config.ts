/**
 * Encoders that classify, as traits: what a Hugging Face config of each family says, and what its modules are called. In:
 * config.json. Out: an `EncoderConfig`. Pure.
 * Source: Devlin et al. 2018 (BERT); Liu et al. 2019 (RoBERTa); Sanh et al. 2019 (DistilBERT); Dosovitskiy et al. 2020 (ViT).
 */
import type { Activation } from '../decoder/activation.ts'
import { ConfigReader } from '../decoder/config-reader.ts'
import { modelError } from '../errors.ts'

/** What a layer's modules are called, below the layer. */
export interface LayerNames {
  readonly query: string
  readonly key: string
  readonly value: string
  readonly attentionOutput: string
  readonly attentionNorm: string
  readonly inner: string
  readonly outer: string
  readonly outerNorm: string
}

/** From the first token's row to the classes. */
export type HeadKind =
  /** tanh(dense), then the classifier: BERT. */
  | 'pooler'
  /** The classifier is dense, tanh, projection: RoBERTa. */
  | 'dense'
  /** relu(dense), then the classifier: DistilBERT. */
  | 'pre-classifier'
  /** A norm over all rows first, then the classifier alone: ViT. */
  | 'plain'

export interface EncoderConfig {
  readonly modelType: string
  readonly hiddenSize: number
  readonly headCount: number
  readonly layerCount: number
  readonly innerSize: number
  readonly activation: Activation
  readonly epsilon: number
  readonly classCount: number
  /** The encoder's name in the whole model. */
  readonly root: string
  /** `encoder.layer`, below the root. */
  readonly layers: string
  readonly names: LayerNames
  readonly head: HeadKind
  /** Norms in front of attention and feed-forward, not behind what they are added to. */
  readonly isNormFirst: boolean
  readonly hasQueryBias: boolean
  readonly input:
    | {
        readonly kind: 'tokens'
        readonly vocabSize: number
        readonly positionCount: number
        /** 0: no segments. */
        readonly typeCount: number
        /** Where positions are counted from the padding's id on, over what is no padding; null: from 0. */
        readonly positionsFrom: number | null
      }
    | {
        readonly kind: 'image'
        readonly size: number
        readonly patchSize: number
        readonly channelCount: number
      }
}

const BERT_NAMES: LayerNames = {
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  attentionOutput: 'attention.output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  inner: 'intermediate.dense',
  outer: 'output.dense',
  outerNorm: 'output.LayerNorm',
}

const DISTILBERT_NAMES: LayerNames = {
  query: 'attention.q_lin',
  key: 'attention.k_lin',
  value: 'attention.v_lin',
  attentionOutput: 'attention.out_lin',
  attentionNorm: 'sa_layer_norm',
  inner: 'ffn.lin1',
  outer: 'ffn.lin2',
  outerNorm: 'output_layer_norm',
}

const VIT_NAMES: LayerNames = {
  query: 'attention.attention.query',
  key: 'attention.attention.key',
  value: 'attention.attention.value',
  attentionOutput: 'attention.output.dense',
  attentionNorm: 'layernorm_before',
  inner: 'intermediate.dense',
  outer: 'output.dense',
  outerNorm: 'layernorm_after',
}

/** As `transformers` 5 calls them in the model. */
const VIT_5_NAMES: LayerNames = {
  query: 'attention.q_proj',
  key: 'attention.k_proj',
  value: 'attention.v_proj',
  attentionOutput: 'attention.o_proj',
  attentionNorm: 'layernorm_before',
  inner: 'mlp.fc1',
  outer: 'mlp.fc2',
  outerNorm: 'layernorm_after',
}

type Reading = (config: ConfigReader, names: ReadonlySet<string>) => EncoderConfig

const READERS: ReadonlyMap<string, Reading> = new Map([
  ['bert', (config) => readBert(config, 'bert', null)],
  ['roberta', (config) => readBert(config, 'roberta', paddingOf(config))],
  ['xlm-roberta', (config) => readBert(config, 'roberta', paddingOf(config))],
  ['distilbert', readDistilbert],
  ['vit', readVit],
])

/** Values of `model_type` whose folders are built as encoders. */
export const ENCODER_TYPES: readonly string[] = [...READERS.keys()]

/** @param tensors — names of the stored tensors @throws MODEL_CONFIG_INVALID | MODEL_UNSUPPORTED */
export function parseEncoderConfig(
  raw: Readonly<Record<string, unknown>>,
  file: string,
  tensors: ReadonlySet<string>,
): EncoderConfig {
  const config = new ConfigReader(raw, file)
  const read = READERS.get(String(config.any('model_type')))
  if (read === undefined) throw unsupported(file, `model_type ${JSON.stringify(config.any('model_type'))}`)
  const [architecture = ''] = [config.any('architectures') ?? []].flat().map(String)
  if (architecture !== '' && !/For(Sequence|Image)Classification$/.test(architecture)) {
    throw unsupported(
      file,
      architecture,
      'Give it a classifier with `oneround model add-head`, or export the model to ONNX.',
    )
  }
  return read(config, tensors)
}

function unsupported(file: string, feature: string, hint?: string): Error {
  return modelError(
    { code: 'MODEL_UNSUPPORTED', file, feature },
    `${feature} is not built from a folder`,
    hint,
  )
}

function readBert(config: ConfigReader, root: string, positionsFrom: number | null): EncoderConfig {
  const kind = config.any('position_embedding_type') ?? 'absolute'
  if (kind !== 'absolute') throw unsupported(config.file, `position_embedding_type ${JSON.stringify(kind)}`)
  const head = config.any('model_type') === 'bert' ? 'pooler' : 'dense'
  return {
    ...sizesOf(config, ['hidden_size', 'num_attention_heads', 'num_hidden_layers', 'intermediate_size']),
    activation: config.activation('hidden_act', 'gelu'),
    epsilon: config.epsilon('layer_norm_eps', 1e-12),
    root,
    layers: 'encoder.layer',
    names: BERT_NAMES,
    head,
    isNormFirst: false,
    hasQueryBias: true,
    input: {
      kind: 'tokens',
      vocabSize: config.count('vocab_size'),
      positionCount: config.count('max_position_embeddings', 512),
      typeCount: config.count('type_vocab_size', 2),
      positionsFrom,
    },
  }
}

function readDistilbert(config: ConfigReader): EncoderConfig {
  return {
    ...sizesOf(config, ['dim', 'n_heads', 'n_layers', 'hidden_dim']),
    activation: config.activation('activation', 'gelu'),
    epsilon: 1e-12,
    root: 'distilbert',
    layers: 'transformer.layer',
    names: DISTILBERT_NAMES,
    head: 'pre-classifier',
    isNormFirst: false,
    hasQueryBias: true,
    input: {
      kind: 'tokens',
      vocabSize: config.count('vocab_size'),
      positionCount: config.count('max_position_embeddings', 512),
      typeCount: 0,
      positionsFrom: null,
    },
  }
}

function readVit(config: ConfigReader, tensors: ReadonlySet<string>): EncoderConfig {
  const isNew = tensors.has('vit.layers.0.attention.q_proj.weight')
  const [size, patchSize] = [config.count('image_size', 224), config.count('patch_size', 16)]
  if (size % patchSize !== 0) throw config.bad('patch_size', `a divisor of image_size ${size}`)
  return {
    ...sizesOf(config, ['hidden_size', 'num_attention_heads', 'num_hidden_layers', 'intermediate_size']),
    activation: config.activation('hidden_act', 'gelu'),
    epsilon: config.epsilon('layer_norm_eps', 1e-12),
    root: 'vit',
    layers: isNew ? 'layers' : 'encoder.layer',
    names: isNew ? VIT_5_NAMES : VIT_NAMES,
    head: 'plain',
    isNormFirst: true,
    hasQueryBias: config.flag('qkv_bias', true),
    input: { kind: 'image', size, patchSize, channelCount: config.count('num_channels', 3) },
  }
}

type SizeFields = readonly [hidden: string, heads: string, layers: string, inner: string]

function sizesOf(config: ConfigReader, [hidden, heads, layers, inner]: SizeFields) {
  const [hiddenSize, headCount] = [config.count(hidden), config.count(heads)]
  if (hiddenSize % headCount !== 0) throw config.bad(heads, `a divisor of ${hidden} ${hiddenSize}`)
  return {
    modelType: String(config.any('model_type')),
    hiddenSize,
    headCount,
    layerCount: config.count(layers),
    innerSize: config.count(inner),
    classCount: classCountOf(config),
  }
}

/** Two where nothing is said, as `transformers` has it. */
function classCountOf(config: ConfigReader): number {
  const labels = config.any('id2label')
  if (typeof labels === 'object' && labels !== null) return Math.max(1, Object.keys(labels).length)
  return config.count('num_labels', 2)
}

function paddingOf(config: ConfigReader): number {
  const id = config.any('pad_token_id') ?? 1
  if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) return id
  throw config.bad('pad_token_id', 'a token id')
}
