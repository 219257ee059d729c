/**
 * Whether the members can be reached from here, and if not, why: dials each of them as this member, outside any round's work.
 *
 * In: a node folder with a charter. Out: a line a member. Invariants: signs nothing, publishes nothing, takes nothing; holds the
 * journal's lock meanwhile, since a key that is used by two processes at once disturbs both.
 */
import { charterDigest, memberIndexOf, roundIdOf } from '../charter/charter.ts'
import { notAMember } from '../charter/signing.ts'
import { createSigner } from '../core/signature.ts'
import type { Log } from '../core/ports.ts'
import { createBell, nextWithin } from '../exchange/timers.ts'
import type { ExchangeEvent } from '../exchange/interface.ts'
import type { Proxy } from '../exchange/proxy.ts'
import type { UnreachableReason } from '../exchange/unreachable.ts'
import { acquireLock } from '../files/index.ts'
import { charterPath, readNetwork, readNodeFolder } from './node-folder.ts'
import { withOwnAddresses } from './open-node.ts'
import { journalPath } from './round-folder.ts'
import { readCharterOfNode } from './succession.ts'
import type { NodeModules } from './modules.ts'
import { systemModules } from './system-modules.ts'

export interface ProbeOptions {
  readonly folder: string
  /** By default `charter.json` in the folder. */
  readonly charter?: string
  readonly proxy?: Proxy
  /** After this long whoever has not answered has not. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface ProbedMember {
  readonly name: string
  readonly isConnected: boolean
  /** The way that it took; null: not connected. */
  readonly path: 'direct' | 'relayed' | null
  /** Whose node passes on what we say to each other; null: nobody, or not connected. */
  readonly relayedBy: string | null
  /** Why it cannot be reached, or why nothing comes of being connected; null where all is well. */
  readonly unreachable: UnreachableReason | null
}

/** @throws LOCKED while the node runs (its status says the same), NOT_A_MEMBER, and what reading folder and charter throws */
export async function probeMembers(
  { folder, charter: given, proxy, timeoutMs, signal }: ProbeOptions,
  log: Log,
  modules: NodeModules = systemModules(log),
): Promise<readonly ProbedMember[]> {
  const node = await readNodeFolder(folder)
  const signed = withOwnAddresses(await readCharterOfNode(folder, given ?? charterPath(folder)), node)
  const { charter, addresses } = signed
  const me = memberIndexOf(charter, createSigner(node.seed).publicKey)
  if (me === null) throw notAMember(folder, createSigner(node.seed).publicKey)
  const others = charter.members.map((_, member) => member).filter((member) => member !== me)
  const nameOf = (member: number): string => charter.members[member]?.name ?? `#${member}`
  const lock = await acquireLock(`${journalPath(folder)}.lock`)
  const changed = createBell()
  /** Members with whom a sync came to an end, good or bad: they speak our version, or are known not to. */
  const answered = new Set<number>()
  // Nor is a router asked for what is not needed in a moment.
  const network = { ...(await readNetwork(node)), upnp: false, ...(proxy === undefined ? {} : { proxy }) }
  const exchange = modules.createExchange(
    {
      seed: node.seed,
      members: charter.members.map(({ publicKey }) => publicKey),
      me,
      // Nobody is to dial what is gone in a moment; a relay may still be asked for a place.
      listen: [],
      peers: new Map(others.map((member) => [member, addresses.get(nameOf(member)) ?? []])),
      network,
      roundId: roundIdOf(charterDigest(charter), 1),
      limits: { dialTimeoutMs: timeoutMs / 2 },
    },
    {
      onObject: () => 'ignore',
      listObjects: () => [],
      getObject: () => null,
      updateSource: () => null,
      onEvent: (event: ExchangeEvent) => {
        if (event.type === 'synced' || event.type === 'version-mismatch' || event.type === 'other-round')
          answered.add(event.member)
        changed.ring()
      },
    },
    modules,
  )
  try {
    await exchange.start()
    const untilMs = modules.clock.now() + timeoutMs
    const isKnown = (member: number): boolean => answered.has(member) || exchange.unreachable().has(member)
    while (!others.every(isKnown) && modules.clock.now() < untilMs && !signal.aborted)
      await nextWithin(changed, untilMs - modules.clock.now(), signal)
    const paths = new Map(exchange.paths().map(({ member, relayedBy }) => [member, relayedBy]))
    const reasons = exchange.unreachable()
    return others.map((member) => {
      const relay = paths.get(member) ?? null
      const isConnected = paths.has(member)
      const unreachable = reasons.get(member) ?? (isConnected ? null : 'timeout')
      return {
        name: nameOf(member),
        isConnected,
        path: isConnected ? (relay === null ? 'direct' : 'relayed') : null,
        relayedBy: relay === null ? null : nameOf(relay),
        unreachable,
      }
    })
  } finally {
    await exchange.stop()
    await lock.release()
  }
}
