/**
 * Gossip keeps to the connection that it began on, and finds no other by itself when that ends while another stands: it then says
 * nothing to that member until all connections are gone. This tells it to begin anew on another.
 * In: a connection. Out: gossip speaks over that one. What it knows of the member otherwise stays.
 */
import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { relayOf } from './reach.ts'

/** The newest of gossipsub: its handlers are the same for all of its protocols. */
const GOSSIP_PROTOCOL = '/meshsub/1.2.0'

export interface GossipMover {
  readonly moveTo: (connection: Connection) => void
}

interface Components {
  readonly registrar: {
    readonly getTopologies: (protocol: string) => readonly {
      onDisconnect?: (peer: PeerId) => unknown
      onConnect?: (peer: PeerId, connection: Connection) => unknown
    }[]
  }
}

/** A libp2p service. */
export const gossipMover = ({ registrar }: Components): GossipMover => ({
  moveTo: (connection) => {
    for (const topology of registrar.getTopologies(GOSSIP_PROTOCOL)) {
      topology.onDisconnect?.(connection.remotePeer)
      topology.onConnect?.(connection.remotePeer, connection)
    }
  },
})

/** A direct connection stands at both ends: gossip goes over to it, and relayed ones with that member end. */
export async function leaveRelays(node: Libp2p, direct: Connection, gossip: GossipMover): Promise<void> {
  const relayed = node
    .getConnections(direct.remotePeer)
    .filter(({ remoteAddr, status }) => status === 'open' && relayOf(remoteAddr.toString()) !== null)
  if (relayed.length === 0) return
  gossip.moveTo(direct)
  await Promise.all(
    relayed.map((connection) => connection.close().catch((error: Error) => connection.abort(error))),
  )
}
