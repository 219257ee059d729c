/**
 * Drawing up the next charter: the one in force with members joined, left or given new keys, and new rounds.
 * In: a charter and what changes. Out: the draft of the next epoch, not yet checked or signed. Pure.
 */
import type { Digest } from '../core/ids.ts'
import { defaultFaultCount, defaultQuorum } from '../core/quorum.ts'
import { charterError } from './errors.ts'
import type { Invite } from './invite.ts'
import type { Charter } from './schema.ts'

export interface CharterChanges {
  /** New members, at the end of the roster. */
  readonly join: readonly Invite[]
  /** Names of members that leave. */
  readonly leave: readonly string[]
  /** Members that go on under a new key: the invite has the member's name. A lost or stolen key is replaced this way. */
  readonly rotate: readonly Invite[]
  readonly rounds: Charter['rounds']
  /** Where absent: as before while the number of members is, else what `charter new` would choose. */
  readonly f?: number
  readonly q?: number
  readonly b?: number
  readonly minUpdates?: number
}

/** @throws MEMBER_UNKNOWN when someone leaves or rotates who is no member */
export function succeedingCharter(old: Charter, predecessor: Digest, changes: CharterChanges): Charter {
  const names = old.members.map(({ name }) => name)
  for (const name of [...changes.leave, ...changes.rotate.map((invite) => invite.name)]) {
    if (names.includes(name)) continue
    throw charterError(
      { code: 'MEMBER_UNKNOWN', member: name },
      `${name} is no member; members are ${names.join(', ')}`,
      'Whoever joins is named with --join.',
    )
  }
  const members = [
    ...old.members
      .filter(({ name }) => !changes.leave.includes(name))
      .map((member) => {
        const invite = changes.rotate.find(({ name }) => name === member.name)
        return invite === undefined ? member : { ...member, publicKey: invite.publicKey }
      }),
    ...changes.join.map(({ name, publicKey }) => ({ name, publicKey, weight: 1 })),
  ]
  const n = members.length
  const isSameSize = n === old.members.length
  const f = changes.f ?? (isSameSize ? old.f : defaultFaultCount(n))
  return {
    ...old,
    epoch: old.epoch + 1,
    predecessor,
    members,
    f,
    q: changes.q ?? (isSameSize ? old.q : defaultQuorum(n, f)),
    aggregation: { ...old.aggregation, b: changes.b ?? (isSameSize ? old.aggregation.b : f) },
    minUpdates: changes.minUpdates ?? (isSameSize ? old.minUpdates : Math.max(1, n - f)),
    rounds: changes.rounds,
  }
}
