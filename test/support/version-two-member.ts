/**
 * A process that is a member with a later version of the round protocol: the real transport, `/oneround/sync/2` and nothing
 * of version 1. Arguments: node folder, charter file, the member that it talks to. Says `message` of the error that it
 * meets, and keeps running.
 */
import '../../src/compat.ts'
import { memberIndexOf } from '../../src/charter/index.ts'
import { roundIdOf } from '../../src/charter/charter.ts'
import { messageOf } from '../../src/core/errors.ts'
import { createSigner } from '../../src/core/signature.ts'
import { createLibp2pTransport } from '../../src/exchange/libp2p-transport.ts'
import { completeLimits } from '../../src/exchange/limits.ts'
import { readCharterFile } from '../../src/node/charter-store.ts'
import { readNodeFolder } from '../../src/node/node-folder.ts'
import { silentLog } from './exchange-world.ts'

const [folder = '', charterFile = '', other = ''] = process.argv.slice(2)
const { seed, options } = await readNodeFolder(folder)
const { charter, digest, addresses } = await readCharterFile(charterFile)
const member = charter.members.findIndex(({ name }) => name === other)
const transport = createLibp2pTransport(
  {
    seed,
    members: charter.members.map(({ publicKey }) => publicKey),
    me: memberIndexOf(charter, createSigner(seed).publicKey) ?? 0,
    listen: options.listen,
    peers: new Map([[member, addresses.get(other) ?? []]]),
    roundId: roundIdOf(digest, 1),
  },
  completeLimits(),
  {
    log: silentLog,
    rng: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
    clock: Date,
  },
)

async function talk(): Promise<void> {
  const signal = AbortSignal.timeout(60_000)
  try {
    const stream = await transport.open(member, '/oneround/sync/2', { bufferSizeBytesMax: 1 << 16, signal })
    stream.abort()
  } catch (error) {
    process.stdout.write(`${messageOf(error)}\n`)
  }
}

await transport.start({
  protocols: [{ id: '/oneround/sync/2', serve: () => Promise.resolve() }],
  onMessage: () => Promise.resolve('ignore'),
  onConnected: () => void talk(),
  onDisconnected: () => undefined,
  onEvent: () => undefined,
})
