/**
 * Classification of texts and pairs of texts. In: JSONL lines `{"text", "label"}` or `{"text", "text_pair", "label"}`.
 * Out: a dataset of tokens with the special tokens that tokenizer.json's post-processor puts around them, padded on the
 * right; the label is a class's number.
 */
import type { MarkedTokens, Tokenizer } from '../../model/tokenizer.ts'
import { DataType } from '../../model/graph.ts'
import type { HostTensor } from '../../model/session-tensor.ts'
import { type Batch, datasetOf } from '../dataset.ts'
import { badLine, type DataLine, readLines, textField } from './json-lines.ts'
import { labelOf, type Classes } from './labels.ts'
import type { TaskData } from './task.ts'

export interface ClassificationForm {
  readonly tokenizer: Tokenizer
  readonly classes: Classes
  /** Longer texts are cut, the special tokens stay. */
  readonly lengthMax: number
  readonly padId: number
}

interface Sample extends MarkedTokens {
  readonly label: number
}

const FORM = '{"text": …, "label": …} or {"text": …, "text_pair": …, "label": …}'

/** @throws FILE_MISSING | FILE_TOO_LARGE | DATA_INVALID | DATA_EMPTY */
export async function readClassifiedTexts(
  files: readonly string[],
  form: ClassificationForm,
): Promise<TaskData> {
  const samples: Sample[] = []
  let samplesCut = 0
  for (const file of files) {
    for (const at of await readLines(file, FORM)) {
      const { isCut, ...tokens } = tokensOf(at, form)
      if (isCut) samplesCut++
      samples.push({ ...tokens, label: labelOf(at, form.classes) })
    }
  }
  const dataset = datasetOf(samples, {
    lengthOf: ({ ids }) => ids.length,
    targetCountOf: () => 1,
    collate: (chosen) => padTexts(chosen, form.padId),
  })
  return { dataset, summary: { samplesCut, samplesLeftOut: 0 } }
}

function tokensOf(
  at: DataLine,
  { tokenizer, lengthMax }: ClassificationForm,
): MarkedTokens & { isCut: boolean } {
  const text = textField(at, 'text')
  const pair = at.fields['text_pair'] === undefined ? null : textField(at, 'text_pair')
  const whole = tokenizer.encodeMarked(text, pair)
  if (whole.ids.length === 0) throw badLine(at, '"text" has no tokens')
  if (whole.ids.length <= lengthMax) return { ...whole, isCut: false }
  const cut = cutMarked(
    whole,
    [tokenizer.encode(text), pair === null ? [] : tokenizer.encode(pair)],
    lengthMax,
  )
  if (cut !== null) return { ...cut, isCut: true }
  throw badLine(at, `"text" has ${whole.ids.length} tokens of at most ${lengthMax}, and cannot be cut`)
}

/**
 * Takes tokens off the end of the longer text until all fit (of two alike off the second), and leaves what stands around
 * them. Null where the texts' tokens are not found, or what is around them alone is too long.
 */
export function cutMarked(
  { ids, typeIds }: MarkedTokens,
  [first, second]: readonly [readonly number[], readonly number[]],
  lengthMax: number,
): MarkedTokens | null {
  const start = find(ids, first, 0)
  const next =
    start < 0 || second.length === 0 ? start + first.length : find(ids, second, start + first.length)
  if (start < 0 || next < 0) return null
  let [keepFirst, keepSecond] = [first.length, second.length]
  for (let excess = ids.length - lengthMax; excess > 0; excess--) {
    if (keepFirst > keepSecond) keepFirst--
    else if (keepSecond > 0) keepSecond--
    else return null
  }
  const isKept = (at: number): boolean =>
    !(at >= start + keepFirst && at < start + first.length) &&
    !(at >= next + keepSecond && at < next + second.length)
  return {
    ids: ids.filter((_, at) => isKept(at)),
    typeIds: typeIds.filter((_, at) => isKept(at)),
  }
}

function find(all: readonly number[], part: readonly number[], from: number): number {
  for (let at = from; at + part.length <= all.length; at++) {
    if (part.every((id, i) => all[at + i] === id)) return at
  }
  return -1
}

function padTexts(samples: readonly Sample[], padId: number): Batch {
  const length = samples.reduce((longest, { ids }) => Math.max(longest, ids.length), 0)
  const column = (of: (sample: Sample) => readonly number[], pad: number): HostTensor => {
    const data = new BigInt64Array(samples.length * length).fill(BigInt(pad))
    samples.forEach((sample, row) => of(sample).forEach((id, i) => (data[row * length + i] = BigInt(id))))
    return { dataType: DataType.int64, dims: [samples.length, length], data }
  }
  return {
    size: samples.length,
    feeds: {
      input_ids: column(({ ids }) => ids, padId),
      attention_mask: column(({ ids }) => ids.map(() => 1), 0),
      token_type_ids: column(({ typeIds }) => typeIds, 0),
    },
    labels: labelTensor(samples.map(({ label }) => label)),
    targetCount: samples.length,
  }
}

/** int64 [batch]. */
export function labelTensor(labels: readonly number[]): HostTensor {
  return { dataType: DataType.int64, dims: [labels.length], data: BigInt64Array.from(labels, BigInt) }
}
