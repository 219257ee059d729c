/** A thread that makes tiles, from outside: started with its seat, asked one order at a time, ended by its owner. */
import { Worker } from 'node:worker_threads'
import { siblingEntry, threadEntry } from '../../core/entry.ts'
import { RoundError } from '../../core/errors.ts'
import { aggregateError } from '../errors.ts'
import type { TileAnswer, TileOrder, TileSeat } from './tile-messages.ts'
import type { CombinedTile } from './tile-work.ts'

export interface TileWorker {
  /**
   * Settles when the order is done and every tile of it was taken: the next order waits for the disk.
   * @throws KERNEL_LOST | KERNEL_ARITHMETIC | KERNEL_MISMATCH | KERNEL_MEMORY | INPUT_NOT_FINITE | FILE_UNREADABLE
   */
  readonly ask: (
    order: TileOrder,
    onTile?: (tile: CombinedTile) => Promise<void>,
  ) => Promise<Uint8Array<ArrayBuffer> | null>
  readonly close: () => Promise<void>
}

interface Waiting {
  readonly onTile: (tile: CombinedTile) => Promise<void>
  readonly resolve: (bins: Uint8Array<ArrayBuffer> | null) => void
  readonly reject: (error: unknown) => void
}

const ENTRY = siblingEntry(import.meta.url, './tile-thread')

export function openTileWorker(seat: TileSeat): TileWorker {
  const worker = new Worker(threadEntry(ENTRY), { execArgv: [], workerData: seat })
  let waiting: Waiting | null = null
  let lost: Error | null = null
  let taken: Promise<void> = Promise.resolve()

  const settle = (finish: (waiting: Waiting) => void): void => {
    const found = waiting
    waiting = null
    if (found !== null) finish(found)
  }
  const lose = (reason: string): void => {
    lost ??= aggregateError({ code: 'KERNEL_LOST', reason }, `a thread of the kernel process ${reason}`)
    const error = lost
    settle(({ reject }) => reject(error))
  }
  /** One tile after the other; its buffer goes back when it is written. */
  const take = async (
    before: Promise<void>,
    { tile, buffer }: Extract<TileAnswer, { kind: 'tile' }>,
    onTile: Waiting['onTile'] | undefined,
  ): Promise<void> => {
    await before
    await onTile?.(tile)
    const spare: TileOrder = { kind: 'spare', buffer }
    worker.postMessage(spare, [buffer])
  }
  worker.on('message', (answer: TileAnswer) => {
    switch (answer.kind) {
      case 'tile': {
        const { onTile } = waiting ?? {}
        taken = take(taken, answer, onTile)
        // Seen where the order settles; until then a failed write is nobody's unhandled rejection.
        taken.catch(() => undefined)
        return
      }
      case 'done':
        return settle(({ resolve, reject }) => void taken.then(() => resolve(answer.bins), reject))
      case 'error':
        return settle(({ reject }) => reject(errorOf(answer)))
    }
  })
  worker.on('error', (error) => lose(error.message))
  worker.on('exit', (status) => lose(`ended with status ${status}`))

  return {
    ask: (order, onTile = () => Promise.resolve()) =>
      new Promise((resolve, reject) => {
        if (lost !== null) return reject(lost)
        waiting = { onTile, resolve, reject }
        worker.postMessage(order, 'buffer' in order ? [order.buffer] : [])
      }),
    close: async () => {
      await worker.terminate()
      // What is being written must not be written after the file was given up.
      await taken.catch(() => undefined)
    },
  }
}

function errorOf({ info, message, hint }: Extract<TileAnswer, { kind: 'error' }>): Error {
  if (info === null) return new Error(`${message}\n${hint ?? ''}`)
  return new RoundError(info, message, hint === undefined ? {} : { hint })
}
