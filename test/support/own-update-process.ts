/**
 * A process that makes an update of an adapter as a node does, and says what it took: test/long/own-update-memory.test.ts.
 * In: an adapter's folder of one module [width, width], its rank, a folder to work in. Out: one JSON line on stdout.
 */
import '../../src/compat.ts'
import { charterDigest, roundIdOf, roundScheduleOf } from '../../src/charter/index.ts'
import { verifySignature } from '../../src/core/signature.ts'
import { openChunkStore } from '../../src/exchange/chunk-store.ts'
import { peakMemoryBytes } from '../../src/files/index.ts'
import { prepareOwnUpdate } from '../../src/node/own-update.ts'
import { layoutDigest } from '../../src/update/index.ts'
import { testConsortium } from './charter.ts'

const [adapter = '', folder = '', width, rank] = process.argv.slice(2)
const { charter } = testConsortium(3, {
  modules: [{ name: 'layers.0.q_proj', in: Number(width), out: Number(width) }],
  rankMax: Number(rank),
})
const digest = charterDigest(charter)
const store = openChunkStore({ folder, limits: charter.limits })
const draft = await prepareOwnUpdate(adapter, {
  params: {
    charter,
    charterDigest: digest,
    round: roundIdOf(digest, 1),
    schedule: roundScheduleOf(charter, 1),
    layout: layoutDigest(charter.layout),
    me: 0,
    verify: verifySignature,
    viewTimeoutMs: 1_000,
  },
  store,
  folder,
  // Values are judged in a process of their own, which is not what is measured here.
  admit: () => Promise.resolve({ kind: 'admitted' }),
  rng: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
  baseModel: null,
  basis: [],
})
process.stdout.write(
  `${JSON.stringify({ sizeBytes: draft.sizeBytes, peakMemoryBytes: await peakMemoryBytes() })}\n`,
)
