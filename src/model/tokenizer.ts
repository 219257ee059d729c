/**
 * A model's tokenizer, from `tokenizer.json` and `tokenizer_config.json` as `transformers` writes them, through the
 * kept library. In: a folder. Out: text ↔ token ids. Special tokens of templates are never added here: what surrounds a
 * text is decided where sequences are made (train/data.ts).
 */
import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers'
import { join } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { hasFile, readText } from '../files/index.ts'
import { modelError } from './errors.ts'
import { parseJsonObject } from './weights.ts'

/** Tokens of a text or a pair with the special tokens around them, and which text each belongs to (0 or 1). */
export interface MarkedTokens {
  readonly ids: readonly number[]
  readonly typeIds: readonly number[]
}

export interface Tokenizer {
  /** Ids of a text, without begin or end ids. */
  readonly encode: (text: string) => readonly number[]
  /** Tokens with the special tokens that the tokenizer's post-processor adds. */
  readonly encodeMarked: (text: string, pair: string | null) => MarkedTokens
  /** The text of ids; special tokens are left out. */
  readonly decode: (ids: readonly number[]) => string
  /** The id of a token's exact text, or null. */
  readonly idOf: (token: string) => number | null
  /** The `eos_token` that the tokenizer's config names, or null. */
  readonly endOfSequenceId: number | null
}

/** Vocabularies of 256 k tokens with merges take some 35 MB. */
const TOKENIZER_SIZE_BYTES_MAX = 256 << 20

/** @throws FILE_MISSING | TOKENIZER_INVALID */
export async function readTokenizer(folder: string): Promise<Tokenizer> {
  const file = join(folder, 'tokenizer.json')
  const configFile = join(folder, 'tokenizer_config.json')
  const description = await readJson(file)
  const config = (await hasFile(configFile)) ? await readJson(configFile) : {}
  return createTokenizer(description, config, file)
}

/** @param description — what tokenizer.json holds @param file — the name for errors @throws TOKENIZER_INVALID */
export function createTokenizer(
  description: Readonly<Record<string, unknown>>,
  config: Readonly<Record<string, unknown>>,
  file: string,
): Tokenizer {
  const library = construct(description, config, file)
  const end = config['eos_token']
  // Older files keep a token as an object with its options.
  const endText = typeof end === 'object' && end !== null ? (end as { content?: unknown }).content : end
  const idOf = (token: string): number | null => library.token_to_id(token) ?? null
  return {
    encode: (text) => library.encode(text, { add_special_tokens: false }).ids,
    encodeMarked: (text, pair) => {
      const options = { text_pair: pair, add_special_tokens: true, return_token_type_ids: true } as const
      // Whatever the library's types say: where no template marks segments, there are none.
      const encoded: { ids: number[]; token_type_ids?: number[] } = library.encode(text, options)
      const { ids, token_type_ids: types = [] } = encoded
      return { ids, typeIds: Array.from(ids, (_: number, i: number) => types[i] ?? 0) }
    },
    decode: (ids) =>
      ids.length === 0
        ? ''
        : library.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
    idOf,
    endOfSequenceId: typeof endText === 'string' ? idOf(endText) : null,
  }
}

function construct(description: object, config: object, file: string): LibraryTokenizer {
  try {
    return new LibraryTokenizer(description, config)
  } catch (error) {
    throw modelError(
      { code: 'TOKENIZER_INVALID', file },
      `not a tokenizer that is known (${messageOf(error)})`,
    )
  }
}

async function readJson(file: string): Promise<Record<string, unknown>> {
  const text = await readText(file, TOKENIZER_SIZE_BYTES_MAX)
  try {
    return parseJsonObject(text, file)
  } catch (error) {
    throw modelError({ code: 'TOKENIZER_INVALID', file }, `expected a JSON object (${messageOf(error)})`)
  }
}

/** The special tokens of a byte-level tokenizer, in the order of their ids. */
export const BYTE_LEVEL_SPECIALS = { pad: '<|pad|>', end: '<|end|>' } as const

/**
 * The files of a byte-level BPE tokenizer: ids 0 and 1 are pad and end of sequence, 2 + b is byte b, 258 + i is merge i.
 * Any text in any script is spelled with it, and its files load in `transformers` (PreTrainedTokenizerFast).
 * Digits stay apart, so that numbers are read place by place.
 * Bytes are named by printable characters as GPT-2 does: printable bytes by themselves, the others from U+0100 on.
 * Source: Radford et al. 2019 §2.2; the `tokenizers` library's ByteLevel.
 */
export function byteLevelTokenizerFiles(
  positionCountMax: number,
  merges: readonly (readonly [string, string])[] = [],
): {
  readonly tokenizer: Record<string, unknown>
  readonly config: Record<string, unknown>
} {
  const { pad, end } = BYTE_LEVEL_SPECIALS
  const special = (id: number, content: string) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })
  const vocab: Record<string, number> = { [pad]: 0, [end]: 1 }
  byteCharacters().forEach((character, byte) => {
    vocab[character] = 2 + byte
  })
  for (const [left, right] of merges) vocab[left + right] ??= Object.keys(vocab).length
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
  const digits = { type: 'Digits', individual_digits: true }
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [special(0, pad), special(1, end)],
      normalizer: null,
      pre_tokenizer: { type: 'Sequence', pretokenizers: [digits, byteLevel] },
      post_processor: null,
      decoder: byteLevel,
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab,
        merges,
      },
    },
    config: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      clean_up_tokenization_spaces: false,
      eos_token: end,
      pad_token: pad,
      model_max_length: positionCountMax,
      padding_side: 'right',
    },
  }
}

/** What each byte is called in a byte-level vocabulary. */
export function byteCharacters(): readonly string[] {
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
  let next = 0x100
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++))
}
