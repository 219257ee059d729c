// Protects: many updates that wait at once, as in a round of many members, leave no listener behind and alarm nobody.
import { getEventListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { asDigest, asRoundId } from '../../../src/core/ids.ts'
import type { ChunkStore } from '../../../src/exchange/chunk-store.ts'
import { createBell } from '../../../src/exchange/timers.ts'
import { UpdateKeeper } from '../../../src/node/update-keeper.ts'

/** Node warns of more than ten listeners at one signal. */
const COUNT = 31
const digest = (fill: number) => asDigest(new Uint8Array(32).fill(fill))
const nothing = (): void => undefined

const warnings: Error[] = []
const note = (warning: Error): void => void warnings.push(warning)
beforeEach(() => void process.on('warning', note))
afterEach(() => void process.off('warning', note))

const headerOf = (member: number) => ({
  round: asRoundId(digest(99)),
  member,
  update: digest(member),
  sizeBytes: 100,
  chunkSizeBytes: 1 << 20,
  layout: digest(98),
  samples: 1,
  summary: { epochs: 1, steps: 1, tokens: 1 },
})

/** A store that holds nothing. */
const store: ChunkStore = {
  pathOf: () => '',
  has: () => Promise.resolve(false),
  manifestOf: () => Promise.resolve(null),
  begin: () => Promise.reject(new Error('the disk is away')),
  adopt: () => Promise.reject(new Error('the disk is away')),
  source: () => Promise.resolve(null),
  close: () => Promise.resolve(),
}

it('waits for all updates at once when this machine fails', async () => {
  const bell = createBell()
  const signals = new Set<AbortSignal>()
  const waiting: number[] = []
  const keeper = new UpdateKeeper({
    exchange: { fetchUpdate: () => Promise.reject(new Error('the disk is away')), announceUpdate: nothing },
    store,
    checkManifest: () => ({ sizeBytes: 0, chunkSizeBytes: 1, chunks: [] }),
    admit: () => Promise.resolve({ kind: 'admitted' }),
    feed: nothing,
    onProgress: nothing,
    onStored: nothing,
    fail: nothing,
    wait: (delayMs, signal) => {
      signals.add(signal)
      waiting.push(delayMs)
      bell.ring()
      // As a node waits, and longer than this test takes.
      return delay(600_000, undefined, { signal })
    },
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  })
  for (let member = 0; member < COUNT; member++)
    keeper.fetch({ member, header: headerOf(member), isDecided: true })
  while (waiting.length < COUNT) await bell.next(new AbortController().signal)
  expect(signals.size).toBe(1)
  const [signal = new AbortController().signal] = signals
  expect(getEventListeners(signal, 'abort')).toHaveLength(COUNT)
  await keeper.stop()
  expect(getEventListeners(signal, 'abort')).toEqual([])
  // Node tells of a warning in a turn of its own.
  await delay(0)
  expect(warnings).toEqual([])
})
