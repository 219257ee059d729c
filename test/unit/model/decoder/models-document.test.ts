// Protects: docs/MODELS.md says of each family and each kind of rotary scaling what the code does.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { isRoundError } from '../../../../src/core/errors.ts'
import { MODEL_TYPES, parseLlamaConfig, type LlamaConfig } from '../../../../src/model/hf-config.ts'
import { llamaTensorShapes } from '../../../../src/model/hf-llama.ts'

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

const parse = (fields: object): LlamaConfig =>
  parseLlamaConfig(
    JSON.stringify({
      vocab_size: 10,
      hidden_size: 8,
      intermediate_size: 16,
      num_hidden_layers: 3,
      num_attention_heads: 2,
      max_position_embeddings: 64,
      ...fields,
    }),
    'config.json',
  )

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
  const biased = (fields: object): string =>
    [...llamaTensorShapes(parse({ model_type, ...fields })).keys()]
      .flatMap((name) => /layers\.0\.self_attn\.(\w)_proj\.bias/.exec(name)?.[1] ?? [])
      .join('')
  const [plain, asked] = [biased({}), biased({ attention_bias: true })]
  if (plain === 'qkv' && asked === 'qkv') return 'queries, keys, values'
  return plain === '' && asked === 'qkvo' ? 'none; all with `attention_bias`' : `${plain}; ${asked}`
}

function windowOf(model_type: string): string {
  const fields = { model_type, sliding_window: 5, use_sliding_window: true, max_window_layers: 1 }
  if (refusalOf(fields) !== null) return 'refused'
  const windows = parse(fields).layerWindows.join()
  if (windows === '5,5,5') return 'all layers'
  return windows === ',5,5' ? 'layers from `max_window_layers` on' : windows
}

test('the table of families is what the code builds', () => {
  const rows = MODEL_TYPES.map((model_type) => [
    `\`${model_type}\``,
    biasesOf(model_type),
    windowOf(model_type),
    llamaTensorShapes(parse({ model_type })).has('model.layers.0.self_attn.q_norm.weight') ? 'by head' : 'no',
    parse({ model_type }).hasTiedHead ? 'yes' : 'no',
  ])
  expect(tableOf('model_type')).toEqual(rows)
})

test('the kinds of rotary scaling are those that are built, and the refused ones are refused', () => {
  const factors = { factor: 2, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 32 }
  const refusal = (rope_type: string) =>
    refusalOf({ model_type: 'llama', rope_scaling: { ...factors, rope_type } })
  const built = tableOf('rope_type').map(([kind = '']) => kind.replaceAll('`', ''))
  for (const kind of built) expect(refusal(kind), kind).toBe(null)
  for (const kind of ['dynamic', 'longrope']) expect(refusal(kind)).toContain(`are ${built.join(', ')}`)
})

test('the families that the document names as refused are refused by name', () => {
  const [, list = ''] = /other families \((.*?) among them/.exec(document) ?? []
  const named = [...list.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
  expect(named.length).toBeGreaterThan(3)
  for (const model_type of named) expect(refusalOf({ model_type })).toContain(`model_type "${model_type}"`)
})
