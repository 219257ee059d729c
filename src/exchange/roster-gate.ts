/** Who may connect, be dialled, and be relayed: members, in every direction and whatever way a connection takes. */
import type { ConnectionGater, PeerId } from '@libp2p/interface'
import type { RelayBounds } from './relay-bounds.ts'
import { publicKeyOf, type Roster } from './roster.ts'
import type { TransportHandlers } from './transport.ts'

/** @param relaying — null: this node does not relay */
export function rosterGate(
  roster: Roster,
  handlers: TransportHandlers,
  relaying: RelayBounds | null,
): ConnectionGater {
  // [REJECT] §10.3 Only roster keys may connect, in either direction.
  const isOutsider = (peer: PeerId): boolean => {
    if (roster.memberOf(peer) !== null) return false
    handlers.onEvent({ type: 'outsider-refused', publicKey: publicKeyOf(peer) })
    return true
  }
  const isUnrelayed = (peer: PeerId): boolean => {
    const member = roster.memberOf(peer)
    return relaying === null || isOutsider(peer) || (member !== null && !relaying.mayRelay(member))
  }
  return {
    denyDialPeer: isOutsider,
    denyInboundEncryptedConnection: isOutsider,
    denyOutboundEncryptedConnection: isOutsider,
    denyInboundRelayReservation: isUnrelayed,
    denyInboundRelayedConnection: (relay, peer) => isOutsider(relay) || isOutsider(peer),
    denyOutboundRelayedConnection: (source, target) => isUnrelayed(source) || isUnrelayed(target),
  }
}
