// Protects: a provider's process that is killed or frozen in the middle of a transfer costs time, never the update.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes } from '../../src/core/bytes.ts'
import { entryArgs } from '../../src/core/entry.ts'
import { asRoundId } from '../../src/core/ids.ts'
import { type Exchange, openChunkStore, openExchange } from '../../src/exchange/index.ts'
import { updateDigest } from '../../src/update/manifest.ts'
import { publicKeyOf, seedOf, silentLog, TEST_LIMITS } from '../support/exchange-world.ts'
import { decodePlan, manifestOfBytes, seededBytes } from '../support/manifests.ts'
import { CHUNK_SIZE_BYTES, STORE_LIMITS } from '../support/store-limits.ts'

const bytes = seededBytes(40 * CHUNK_SIZE_BYTES)
const digest = updateDigest(manifestOfBytes(bytes, 1, CHUNK_SIZE_BYTES))

interface Provider {
  readonly child: ChildProcess
  readonly address: string
  readonly whenHanging: Promise<void>
}

describe('a transfer between processes', () => {
  const children: ChildProcess[] = []
  const folders: string[] = []
  let exchange: Exchange | null = null
  afterEach(async () => {
    await exchange?.stop()
    for (const child of children.splice(0)) child.kill('SIGKILL')
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
  })

  const startProvider = async (member: number, folder: string, serveCount: number): Promise<Provider> => {
    const entry = new URL('../support/exchange-provider.ts', import.meta.url)
    const args = [...entryArgs(entry), String(member), join(folder, String(member)), String(serveCount)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const address = String((await lines.next()).value)
    return { child, address, whenHanging: lines.next().then(() => undefined) }
  }

  it.each(['SIGKILL', 'SIGSTOP'] as const)('survives %s of a provider', async (kill) => {
    const folder = await mkdtemp(join(tmpdir(), 'oneround-kill-'))
    folders.push(folder)
    const [first, second] = await Promise.all([startProvider(1, folder, 5), startProvider(2, folder, -1)])
    const store = openChunkStore({ folder: join(folder, '0'), limits: STORE_LIMITS })
    let isSecondKnown = false
    exchange = openExchange(
      {
        seed: seedOf(0),
        members: [0, 1, 2].map(publicKeyOf),
        me: 0,
        listen: ['/ip4/127.0.0.1/tcp/0'],
        peers: new Map([
          [1, [first.address]],
          [2, [second.address]],
        ]),
        roundId: asRoundId(new Uint8Array(32)),
        limits: { ...TEST_LIMITS, chunkTimeoutMs: 2_000 },
      },
      {
        onObject: () => 'accept',
        listObjects: () => [],
        getObject: () => null,
        updateSource: () => null,
      },
      {
        log: silentLog,
        rng: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
        clock: Date,
      },
    )
    await exchange.start()
    const held: number[] = []
    const fetching = exchange.fetchUpdate({
      digest,
      checkManifest: decodePlan,
      providers: () => (isSecondKnown ? [1, 2] : [1]),
      store,
      signal: new AbortController().signal,
      onProgress: ({ done }) => held.push(done),
    })
    await first.whenHanging
    first.child.kill(kill)
    isSecondKnown = true
    const { path } = await fetching
    expect(equalBytes(await readFile(path), bytes)).toBe(true)
    // The first provider's chunks count: nothing was started over.
    expect(Math.max(...held.slice(0, 6))).toBeLessThanOrEqual(6 * CHUNK_SIZE_BYTES)
    expect(held).toEqual([...held].sort((a, b) => a - b))
    await store.close()
  })
})
