/**
 * A thread that makes tiles: loads the kernel by digest and nothing native, answers the known answers before its first
 * tile and after its last, and prepares rows as the thread that runs the job has. In: orders, one at a time. Out: tiles of
 * the result, or counts. Memory: the factors of one module of all inputs, and one tile of each.
 */
import '../../compat.ts'
import { parentPort, workerData } from 'node:worker_threads'
import { fromHex } from '../../core/bytes.ts'
import { assert, isRoundError, messageOf } from '../../core/errors.ts'
import { asDigest } from '../../core/ids.ts'
import { openReader, type Reader } from '../../files/index.ts'
import { resolveRule } from '../rule-choice.ts'
import { reserveArrays, type Run } from './arrays.ts'
import { checkKnownAnswers, loadKernel } from './kernel.ts'
import { prepareRows } from './rows.ts'
import type { TileAnswer, TileOrder, TileSeat } from './tile-messages.ts'
import {
  binsSizeBytes,
  type CombinedTile,
  combineSpan,
  countSpan,
  planTiles,
  reserveBins,
  type TileWork,
} from './tile-work.ts'

interface Seated {
  readonly run: Run
  readonly work: TileWork
}

const port = parentPort
assert(port !== null, 'this file is a worker thread')

const send = (answer: TileAnswer, moved: readonly ArrayBuffer[] = []): void => port.postMessage(answer, moved)

/** Buffers that came back: a span needs as many as it has tiles, and the next span takes the same ones. */
const spares: ArrayBuffer[] = []

function sendTile(tile: CombinedTile): void {
  const found = spares.findIndex(({ byteLength }) => byteLength >= tile.bytes.length)
  const buffer = spares.splice(found, found < 0 ? 0 : 1)[0] ?? new ArrayBuffer(tile.bytes.length)
  const bytes = new Uint8Array(buffer, 0, tile.bytes.length)
  bytes.set(tile.bytes)
  send({ kind: 'tile', tile: { ...tile, bytes }, buffer }, [buffer])
}

async function takeSeat({ job, kernelDigest, gram, square, norms, claims }: TileSeat): Promise<Seated> {
  const digest = fromHex(kernelDigest)
  assert(digest !== null, 'a kernel is named by hex')
  const kernel = await loadKernel(asDigest(digest))
  const { arena } = kernel
  const readers: Reader[] = []
  for (const { path } of job.inputs) readers.push(await openReader(path))
  const run: Run = { kernel, job, readers, arrays: reserveArrays(kernel, job) }
  for (const [at, bytes] of [
    [run.arrays.gram, gram],
    [run.arrays.square, square],
    [run.arrays.norms, norms],
    [run.arrays.claims, claims],
  ] as const) {
    arena.bytes(at, bytes.length).set(bytes)
  }
  const rule = resolveRule(job.rule)
  const { facts } = rule
  assert(facts.family === 'coordinate', 'tiles are of coordinate rules')
  return { run, work: planTiles(run, { ...rule, facts }, prepareRows(run, rule.steps)) }
}

// A rejection is answered to the first order that waits for it.
const seated = takeSeat(workerData as TileSeat)
let counted: { readonly mark: number; readonly bins: readonly number[] } | null = null

async function work(order: Exclude<TileOrder, { kind: 'spare' }>): Promise<Uint8Array<ArrayBuffer> | null> {
  const { run, work } = await seated
  const { arena } = run.kernel
  switch (order.kind) {
    case 'combine':
      await combineSpan(run, work, order.span, order.thresholds, sendTile)
      return null
    case 'count':
      counted ??= { mark: arena.mark(), bins: reserveBins(run, work.plan, order.uppers) }
      await countSpan(run, work.plan, order.span, { uppers: order.uppers, bins: counted.bins })
      return null
    case 'collect': {
      // Nothing was counted here where there were fewer spans than threads.
      if (counted === null) return null
      const { mark, bins } = counted
      const taken = new Uint8Array(order.buffer)
      taken.set(arena.bytes(bins[order.place] ?? 0, binsSizeBytes(order.uppers)))
      if (order.place < bins.length - 1) return taken
      arena.release(mark)
      counted = null
      return taken
    }
    case 'finish':
      checkKnownAnswers(run.kernel)
      for (const reader of run.readers) await reader.close()
      return null
  }
}

async function answer(order: TileOrder): Promise<void> {
  if (order.kind === 'spare') {
    spares.push(order.buffer)
    return
  }
  try {
    const bins = await work(order)
    send({ kind: 'done', bins }, bins === null ? [] : [bins.buffer])
  } catch (error) {
    const fault = isRoundError(error)
      ? { info: error.info, hint: error.hint }
      : { info: null, hint: error instanceof Error ? error.stack : undefined }
    send({ kind: 'error', message: messageOf(error), ...fault })
  }
}

seated.catch(() => undefined)
port.on('message', (order: TileOrder) => void answer(order))
