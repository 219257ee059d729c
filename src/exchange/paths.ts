/**
 * By which way each member is reached: directly, or through another that relays.
 * In: the connections there are. Out: paths, and a word for each relayed one, and when it becomes direct. A direct connection counts before relayed ones.
 */
import type { Connection } from '@libp2p/interface'
import type { MemberIndex } from '../core/order.ts'
import type { ConnectionPath } from './interface.ts'
import { relayOf } from './reach.ts'
import type { Roster } from './roster.ts'

export interface Paths {
  /** How the member is reached; null when it is not connected. */
  readonly to: (member: MemberIndex) => ConnectionPath | null
  /** The open connection to use: the direct one, if there is one. */
  readonly connectionTo: (member: MemberIndex) => Connection | null
  /** To be called when a connection with the member came or went. */
  readonly noteChange: (member: MemberIndex) => void
}

export interface PathsOptions {
  readonly connectionsOf: (member: MemberIndex) => readonly Connection[]
  readonly roster: Roster
  /** Called when a member is reached through a relay, through another one, or directly after one. */
  readonly onPath: (path: ConnectionPath) => void
}

export function createPaths({ connectionsOf, roster, onPath }: PathsOptions): Paths {
  /** Relays that were told of; who is not here is reached directly, or not at all. */
  const told = new Map<MemberIndex, MemberIndex>()
  const openTo = (member: MemberIndex): readonly Connection[] =>
    connectionsOf(member).filter(({ status }) => status === 'open')
  const isDirect = ({ remoteAddr }: Connection): boolean => relayOf(remoteAddr.toString()) === null
  const connectionTo = (member: MemberIndex): Connection | null => {
    const open = openTo(member)
    return open.find(isDirect) ?? open[0] ?? null
  }
  const to = (member: MemberIndex): ConnectionPath | null => {
    const connection = connectionTo(member)
    if (connection === null) return null
    const relay = relayOf(connection.remoteAddr.toString())
    return { member, relayedBy: relay === null ? null : roster.memberNamed(relay) }
  }
  return {
    to,
    connectionTo,
    noteChange: (member) => {
      const path = to(member)
      const relay = path?.relayedBy ?? null
      if ((told.get(member) ?? null) === relay) return
      if (relay === null) told.delete(member)
      else told.set(member, relay)
      if (path !== null) onPath(path)
    },
  }
}
