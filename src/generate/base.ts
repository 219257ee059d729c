/**
 * What answering needs of a base: its graph, its tokenizer, its chat template, and how its answers end.
 * In: a Hugging Face folder, a folder with an ONNX export, or an ONNX file (tokenizer and config beside it or one folder
 * up, as Optimum and onnx-community lay them out). Out: `GenerationBase`; no weight is read.
 * End ids: those of generation_config.json, config.json and the tokenizer, and the token that ends a turn in the template.
 */
import { dirname, join } from 'node:path'
import { hasFile, readText } from '../files/index.ts'
import type { OnnxModel } from '../model/graph.ts'
import { openModel } from '../model/open-model.ts'
import { readTokenizer, type Tokenizer } from '../model/tokenizer.ts'
import { parseJsonObject } from '../model/weights.ts'
import { readChatTemplate, type ChatTemplate } from '../train/tokens/chat-template.ts'
import { turnEndOf } from '../train/tokens/turn-end.ts'

export interface GenerationBase {
  readonly model: OnnxModel
  /** The folder that the weights' locations are relative to. */
  readonly folder: string
  /** What the graph was made from, for errors. */
  readonly file: string
  readonly tokenizer: Tokenizer
  /** null: prompts are continued as they are, conversations are not understood. */
  readonly template: ChatTemplate | null
  readonly endIds: ReadonlySet<number>
  /** A text that ends an answer in a conversation, where the tokenizer has no token for it. */
  readonly turnEnd: string | null
  readonly positionCountMax: number
}

const JSON_SIZE_BYTES_MAX = 64 << 20
/** What is taken where no file says how many positions the model has. */
const UNKNOWN_POSITION_COUNT = 2 ** 20

/** @throws what openModel, readTokenizer and readChatTemplate throw */
export async function openGenerationBase(path: string): Promise<GenerationBase> {
  const { model, folder, file, config: built } = await openModel(path, { hasCache: true })
  const home = await homeOf(folder)
  const tokenizer = await readTokenizer(home)
  const template = await readChatTemplate(home)
  const config = await readObject(join(home, 'config.json'))
  const generation = await readObject(join(home, 'generation_config.json'))
  const configured = config['eos_token_id'] ?? built?.endOfSequenceId
  const ends = [generation['eos_token_id'], configured, tokenizer.endOfSequenceId].flat()
  const endIds = new Set(ends.filter((id): id is number => Number.isSafeInteger(id)))
  const turnEnd = template === null ? '' : turnEndOf(template)
  const turnEndIds = turnEnd === '' ? [] : tokenizer.encode(turnEnd)
  // The first token ends the turn; what the template writes behind it is never asked for.
  const isToken = turnEndIds.length > 0 && tokenizer.decode(turnEndIds.slice(0, 1)) === ''
  if (isToken) endIds.add(turnEndIds[0] ?? 0)
  return {
    model,
    folder,
    file,
    tokenizer,
    template,
    endIds,
    turnEnd: turnEnd === '' || isToken ? null : turnEnd,
    positionCountMax: built?.positionCountMax ?? positionsOf(config),
  }
}

/** Where tokenizer.json is: with the graph, or in the folder above. */
async function homeOf(folder: string): Promise<string> {
  const above = dirname(folder)
  const isAbove =
    !(await hasFile(join(folder, 'tokenizer.json'))) && (await hasFile(join(above, 'tokenizer.json')))
  return isAbove ? above : folder
}

function positionsOf(config: Readonly<Record<string, unknown>>): number {
  const found = [config['max_position_embeddings'], config['n_positions'], config['n_ctx']]
  return (
    found.find((value): value is number => Number.isSafeInteger(value) && (value as number) > 0) ??
    UNKNOWN_POSITION_COUNT
  )
}

async function readObject(file: string): Promise<Readonly<Record<string, unknown>>> {
  return (await hasFile(file)) ? parseJsonObject(await readText(file, JSON_SIZE_BYTES_MAX), file) : {}
}
