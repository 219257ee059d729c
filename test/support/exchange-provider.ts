/**
 * A process that is member 1 or 2 of a consortium of three and serves one update, made from a seed so that every process
 * has the same bytes. Arguments: member, folder, chunks to serve before it hangs (-1: all). Says its address on stdout,
 * and `hanging` when it begins to.
 */
import '../../src/compat.ts'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asRoundId } from '../../src/core/ids.ts'
import { openChunkStore, openExchange, type UpdateSource } from '../../src/exchange/index.ts'
import { publicKeyOf, seedOf, silentLog, TEST_LIMITS } from './exchange-world.ts'
import { manifestOfBytes, seededBytes } from './manifests.ts'
import { CHUNK_SIZE_BYTES, STORE_LIMITS } from './store-limits.ts'

const [memberText = '', folder = '', serveCount = ''] = process.argv.slice(2)
const me = Number(memberText)
let left = Number(serveCount)

/** Serves `left` chunks, then answers no more. */
function hanging(source: UpdateSource): UpdateSource {
  return {
    ...source,
    readChunk: (index, signal) => {
      if (left-- !== 0) return source.readChunk(index, signal)
      process.stdout.write('hanging\n')
      left = 0
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
    },
  }
}

await mkdir(folder, { recursive: true })
const store = openChunkStore({ folder, limits: STORE_LIMITS })
const path = join(folder, 'input')
const bytes = seededBytes(40 * CHUNK_SIZE_BYTES)
await writeFile(path, bytes)
const digest = await store.adopt(path, manifestOfBytes(bytes, 1, CHUNK_SIZE_BYTES))
const exchange = openExchange(
  {
    seed: seedOf(me),
    members: [0, 1, 2].map(publicKeyOf),
    me,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    peers: new Map(),
    roundId: asRoundId(new Uint8Array(32)),
    limits: TEST_LIMITS,
  },
  {
    onObject: () => 'accept',
    listObjects: () => [],
    getObject: () => null,
    updateSource: async (wanted) => {
      const source = await store.source(wanted)
      return source && hanging(source)
    },
  },
  {
    log: silentLog,
    rng: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
    clock: Date,
  },
)
await exchange.start()
exchange.announceUpdate(digest)
process.stdout.write(`${exchange.addresses()[0] ?? ''}\n`)
