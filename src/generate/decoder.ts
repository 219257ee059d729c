/**
 * A model that is asked for the next token, again and again. In: prompts as ids. Out: logits of the next token a row.
 * With a cache, each step runs what is new and keeps keys and values of what was; without, each step runs everything.
 * Prompts of several lengths stand side by side, padded on the left, so that every row's last token is the last column;
 * what is padded is masked, and positions count from a row's first token.
 */
import { assert } from '../core/errors.ts'
import { DataType } from '../model/graph.ts'
import { openSession, type Device } from '../model/session.ts'
import { floatsOf, zeros, type HostTensor } from '../model/session-tensor.ts'
import { LAST_LOGITS, type GenerationGraph } from './generation-graph.ts'

export interface DecoderOptions {
  readonly graph: GenerationGraph
  readonly weightsFolder: string
  readonly device: Device
  /** 0: ONNX Runtime's choice. */
  readonly threads: number
}

export interface Decoder {
  readonly hasCache: boolean
  /** Whether prompts of one call may differ in length. */
  readonly canPad: boolean
  /** Reads prompts. @param prompts — ids, none empty */
  readonly start: (prompts: readonly (readonly number[])[]) => Promise<Continuation>
  readonly close: () => Promise<void>
}

export interface Continuation {
  /** Logits of each row's next token, [vocabulary], in memory of their own. */
  readonly logits: readonly Float32Array[]
  /** Goes on with one token a row. */
  readonly next: (ids: readonly number[]) => Promise<Continuation>
}

/** @throws what openSession throws */
export async function openDecoder({
  graph,
  weightsFolder,
  device,
  threads,
}: DecoderOptions): Promise<Decoder> {
  const session = await openSession({
    model: graph.model,
    weightsFolder,
    device,
    ...(threads === 0 ? {} : { threads }),
  })
  const { cache, inputs, reread } = graph
  const outputs = [LAST_LOGITS, ...cache.map(({ present }) => present)]
  const step = async (rows: Rows): Promise<Continuation> => {
    const feeds = new Map<string, HostTensor>()
    for (const [name, values] of columnsOf(rows)) {
      const input = inputs.get(name)
      if (input !== undefined) feeds.set(name, integers(input.dataType, values))
    }
    for (const { past } of cache) {
      const tensor = rows.past.get(past)
      assert(tensor !== undefined, 'every tensor of the cache goes in')
      feeds.set(past, tensor)
    }
    const results = await session.run(Object.fromEntries(feeds), outputs)
    const past = new Map(
      cache.map(({ past: name, present }) => {
        const tensor = results[present]
        assert(tensor !== undefined, 'every tensor of the cache comes out')
        return [name, tensor] as const
      }),
    )
    return {
      logits: splitRows(results[LAST_LOGITS], rows.ids.length),
      next: (ids) => {
        const goesOn = cache.length > 0 && !isStale(rows, reread)
        return step(goesOn ? advance(rows, ids, past) : restart(rows, ids, graph))
      },
    }
  }
  return {
    hasCache: cache.length > 0,
    canPad: graph.canPad,
    start: async (prompts) => {
      assert(prompts.length > 0 && prompts.every((ids) => ids.length > 0), 'prompts have tokens')
      return step(startRows(prompts, graph))
    },
    close: () => session.close(),
  }
}

/** What a run reads: the new tokens of each row, behind what the cache holds. */
interface Rows {
  /** New ids, all rows as long. */
  readonly ids: readonly (readonly number[])[]
  /** How many columns at the left of a row, old and new together, are padding. */
  readonly paddings: readonly number[]
  /** Columns that the cache holds. */
  readonly pastLength: number
  /** Ids of those columns. */
  readonly pastIds: readonly (readonly number[])[]
  readonly past: ReadonlyMap<string, HostTensor>
}

function startRows(prompts: readonly (readonly number[])[], { cache, canPad }: GenerationGraph): Rows {
  const length = prompts.reduce((longest, ids) => Math.max(longest, ids.length), 0)
  const paddings = prompts.map((ids) => length - ids.length)
  assert(canPad || paddings.every((padding) => padding === 0), 'this model takes prompts of one length only')
  const ids = prompts.map((row, i) => [...range(paddings[i] ?? 0).map(() => 0), ...row])
  return unread(ids, paddings, cache)
}

/** Rows of which the cache holds nothing. */
function unread(ids: Rows['ids'], paddings: readonly number[], cache: GenerationGraph['cache']): Rows {
  const past = new Map(
    cache.map(({ past: name, dataType, dims }) => {
      const open = dims.map((dim, axis) => dim ?? (axis === 0 ? ids.length : 0))
      return [name, zeros(dataType, open)] as const
    }),
  )
  return { ids, paddings, pastLength: 0, pastIds: ids.map(() => []), past }
}

/** Whether one token more changes where all tokens before it stand. */
function isStale({ ids, paddings, pastLength }: Rows, reread: GenerationGraph['reread']): boolean {
  if (reread === null) return false
  const count = pastLength + (ids[0]?.length ?? 0) - Math.min(...paddings)
  return reread.isOnce ? count === reread.beyond : count >= reread.beyond
}

function advance(rows: Rows, ids: readonly number[], past: ReadonlyMap<string, HostTensor>): Rows {
  const pastLength = rows.pastLength + (rows.ids[0]?.length ?? 0)
  return { ...rows, ids: ids.map((id) => [id]), pastLength, pastIds: textOf(rows), past }
}

/** Everything so far and one token more, from the beginning. */
function restart(rows: Rows, ids: readonly number[], { cache }: GenerationGraph): Rows {
  const all = textOf(rows).map((row, i) => [...row, ids[i] ?? 0])
  return unread(all, rows.paddings, cache)
}

const textOf = ({ ids, pastIds }: Rows): number[][] => ids.map((row, i) => [...(pastIds[i] ?? []), ...row])

/** The int64 inputs of a run, each as rows. */
function columnsOf(rows: Rows): ReadonlyMap<string, readonly (readonly number[])[]> {
  const length = rows.ids[0]?.length ?? 0
  const total = rows.pastLength + length
  const masks = rows.paddings.map((padding) => range(total).map((column) => (column < padding ? 0 : 1)))
  const positions = rows.paddings.map((padding) =>
    range(length).map((i) => Math.max(0, rows.pastLength + i - padding)),
  )
  return new Map([
    ['input_ids', rows.ids],
    ['attention_mask', masks],
    ['position_ids', positions],
    ['token_type_ids', rows.ids.map((row) => row.map(() => 0))],
  ])
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

function integers(dataType: DataType, rows: readonly (readonly number[])[]): HostTensor {
  const dims = [rows.length, rows[0]?.length ?? 0]
  const flat = rows.flat()
  if (dataType === DataType.int32) return { dataType, dims, data: Int32Array.from(flat) }
  return { dataType: DataType.int64, dims, data: BigInt64Array.from(flat, BigInt) }
}

function splitRows(tensor: HostTensor | undefined, count: number): readonly Float32Array[] {
  assert(tensor !== undefined, 'logits come out')
  const values = floatsOf(tensor)
  const width = values.length / count
  return Array.from({ length: count }, (_, row) => values.slice(row * width, (row + 1) * width))
}
