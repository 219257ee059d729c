// Protects: gossip with a member goes on when the connection that it began on ends and another stands, as after a punched hole.
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { afterEach, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { gossipMover } from '../../../src/exchange/gossip-mover.ts'
import { gossipOptions } from '../../../src/exchange/gossip-options.ts'
import { createBell } from '../../../src/exchange/timers.ts'

const TOPIC = 'moved'
const open: { stop: () => unknown }[] = []

async function openNode() {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), pubsub: gossipsub(gossipOptions(TOPIC)), gossipMover },
  })
  open.push(node)
  node.services.pubsub.subscribe(TOPIC)
  return node
}

afterEach(async () => {
  for (const node of open.splice(0)) await node.stop()
})

it.each([
  ['finds its way when it is told', true],
  ['does not, when it is not', false],
])('%s', { timeout: 60_000 }, async (_, isMoved) => {
  const [one, other] = [await openNode(), await openNode()]
  const changed = createBell()
  const { signal } = new AbortController()
  const until = async (isDone: () => boolean): Promise<void> => {
    while (!isDone()) await changed.next(signal)
  }
  for (const node of [one, other]) {
    for (const event of ['peer:identify', 'connection:close'] as const)
      node.addEventListener(event, () => changed.ring())
    node.services.pubsub.addEventListener('subscription-change', () => changed.ring())
  }
  const hears = (): boolean => one.services.pubsub.getSubscribers(TOPIC).length > 0
  const [address] = other.getMultiaddrs()
  if (address === undefined) throw new Error('the node listens')
  const first = await one.dial(address)
  await until(hears)
  const identified = { count: 0 }
  for (const node of [one, other])
    node.addEventListener('peer:identify', () => {
      identified.count++
      changed.ring()
    })
  const second = await one.dial(address, { force: true })
  await until(() => identified.count === 2)
  if (isMoved) {
    for (const [node, peer] of [
      [one, other],
      [other, one],
    ] as const) {
      const connections = node.getConnections(peer.peerId)
      const newest = connections.toSorted((x, y) => y.timeline.open - x.timeline.open)[0]
      if (newest !== undefined) node.services.gossipMover.moveTo(newest)
    }
    await until(hears)
  }
  await first.close()
  expect(second.status).toBe('open')
  const { recipients } = await one.services.pubsub.publish(TOPIC, utf8('after the move'))
  expect(recipients).toHaveLength(isMoved ? 1 : 0)
})
