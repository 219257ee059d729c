// Protects: docs/MODELS.md says of each family and each kind of rotary scaling what the code does.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { isRoundError } from '../../../../src/core/errors.ts'
import {
  MODEL_TYPES,
  parseDecoderConfig,
  targetModulesOf,
  type DecoderConfig,
} from '../../../../src/model/hf-config.ts'

const document = await readFile(fileURLToPath(new URL('../../../../docs/MODELS.md', import.meta.url)), 'utf8')
/** Rows of the table whose first heading is given, cells without their padding. */
function tableOf(heading: string): string[][] {
  const [, rest = ''] = document.split(`| \`${heading}\` |`)
  const lines = rest.split('\n').slice(2)
  const end = lines.findIndex((line) => !line.startsWith('|'))
  return lines.slice(0, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

const parse = (fields: object): DecoderConfig => {
  const sizes = {
    vocab_size: 10,
    hidden_size: 8,
    intermediate_size: 16,
    num_hidden_layers: 7,
    num_attention_heads: 2,
    num_key_value_heads: 2,
    max_position_embeddings: 64,
    n_embd: 8,
    n_head: 2,
    n_layer: 7,
    rotary_pct: 0.5,
    ...fields,
  }
  return parseDecoderConfig(JSON.stringify({ ...sizes, text_config: sizes }), 'config.json')
}

/** Whether MODEL_UNSUPPORTED names a feature; null where it is built. */
function refusalOf(fields: object): string | null {
  try {
    parse(fields)
    return null
  } catch (error) {
    if (!isRoundError(error, 'MODEL_UNSUPPORTED')) throw error
    return error.message
  }
}

function biasesOf(model_type: string): string {
  const words = (fields: object): string => {
    const { queryKeyValue, output, mlp } = parse({ model_type, ...fields }).bias
    if (queryKeyValue && output) return mlp ? 'all' : 'attention'
    if (queryKeyValue) return 'queries, keys, values'
    return mlp ? 'feed-forward' : 'none'
  }
  const asked = [
    ['attention_bias', true],
    ['attention_bias', false],
    ['mlp_bias', true],
  ] as const
  const plain = words({})
  const others = asked.flatMap(([field, value]) => {
    const found = words({ [field]: value })
    return found === plain ? [] : [`${found} with \`${field}\`${value ? '' : ' false'}`]
  })
  return [plain, ...others].join('; ')
}

function windowOf(model_type: string): string {
  const fields = { model_type, sliding_window: 5, use_sliding_window: true, max_window_layers: 1 }
  if (refusalOf(fields) !== null) return 'refused'
  const windows = parse(fields).layers.map(({ window }) => window)
  switch (windows.map((window) => (window === 5 ? 's' : 'f')).join('')) {
    case 'sssssss':
      return 'all layers'
    case 'fssssss':
      return 'layers from `max_window_layers` on'
    case 'sfsfsfs':
      return 'every other layer, the first among them'
    case 'sssssfs':
      return 'all but every sixth'
    case 'fffffff':
      return 'none'
    default:
      return windows.join()
  }
}

function normsOf({ norm, names, isParallel, attention }: DecoderConfig): string {
  const { beforeAttention, afterAttention } = names.norms
  const places = [
    beforeAttention === null ? [] : ['before'],
    afterAttention === null ? [] : ['behind'],
  ].flat()
  const gain = norm.gainOffset === 1 ? ', gain less one' : ''
  const kind = `${norm.kind === 'rms' ? 'RMS' : 'layer'}${gain}, ${places.join(' and ')}`
  const inner = { none: '', head: '; queries and keys by head', projection: '; queries and keys whole' }
  return `${kind}${isParallel ? ', in parallel' : ''}${inner[attention.norms]}`
}

function positionsOf({ positions, headSize }: DecoderConfig): string {
  if (positions.kind === 'learned') return 'learned'
  const part = positions.size < headSize ? 'rotary on a part' : 'rotary'
  return positions.kinds.length === 1 ? part : `${part}, two bases`
}

test('the table of families is what the code builds', () => {
  const rows = MODEL_TYPES.map((model_type) => {
    const config = parse({ model_type })
    return [
      `\`${model_type}\``,
      biasesOf(model_type),
      windowOf(model_type),
      normsOf(config),
      positionsOf(config),
      `${config.attention.projection}${config.weightLayout === 'in-out' ? ', stored [in, out]' : ''}`,
      `${config.mlp.kind}, ${config.mlp.activation}`,
      config.head.isTied ? 'yes' : 'no',
      targetModulesOf(model_type).join(', '),
    ]
  })
  expect(tableOf('model_type')).toEqual(rows)
})

test('the kinds of rotary scaling are those that are built, and the refused ones are refused', () => {
  const factors = { factor: 2, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 32 }
  const lists = { short_factor: [1, 1], long_factor: [2, 3] }
  const refusal = (rope_type: string) =>
    refusalOf({ model_type: 'llama', rope_scaling: { ...factors, ...lists, rope_type } })
  const built = tableOf('rope_type').map(([kind = '']) => kind.replaceAll('`', ''))
  for (const kind of built) expect(refusal(kind), kind).toBe(null)
  expect(refusal('ntk')).toContain(`are ${built.join(', ')}`)
})

test('the families that the document names as refused are refused by name', () => {
  const [, list = ''] = /other families \((.*?) among them/.exec(document) ?? []
  const named = [...list.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
  expect(named.length).toBeGreaterThan(3)
  for (const model_type of named) expect(refusalOf({ model_type })).toContain(`model_type "${model_type}"`)
})
