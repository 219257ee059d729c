/** Members as libp2p peers: the roster in both directions. Who is not in it is nobody. */
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { assert } from '../core/errors.ts'
import { asPublicKey, type PublicKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'

export interface Roster {
  readonly memberOf: (peer: PeerId) => MemberIndex | null
  readonly peerOf: (member: MemberIndex) => PeerId
  /** By a peer's id in an address's text. */
  readonly memberNamed: (id: string) => MemberIndex | null
}

export function buildRoster(members: readonly PublicKey[]): Roster {
  const peers = members.map((key) => peerIdFromPublicKey(publicKeyFromRaw(key)))
  const indices = new Map(peers.map((peer, index) => [peer.toString(), index]))
  return {
    memberOf: (peer) => indices.get(peer.toString()) ?? null,
    memberNamed: (id) => indices.get(id) ?? null,
    peerOf: (member) => {
      const peer = peers[member]
      assert(peer !== undefined, `member ${member} of ${peers.length}`)
      return peer
    },
  }
}

/** The Ed25519 key of a peer, or null when it has another kind. */
export function publicKeyOf(peer: PeerId): PublicKey | null {
  return peer.type === 'Ed25519' ? asPublicKey(peer.publicKey.raw) : null
}
