/**
 * One round of real nodes whose sites reach each other in different ways: on one LAN without addresses, behind routers, through
 * a member that relays. In: the sites, their routers. Out: the digests they ended with, and by which paths they spoke.
 */
import type { ChildProcess } from 'node:child_process'
import type { Charter } from '../../src/charter/index.ts'
import { removeFolder } from '../../src/files/index.ts'
import { makeConsortium, type Place } from '../../test/support/consortium.ts'
import {
  loadAverage,
  type NamespaceNetwork,
  type OpenedPort,
  openNamespaces,
  type Passed,
  type Topology,
} from './network.ts'
import { type SeenEvent, startNode } from './node-process.ts'

const LINGER_SECONDS = 240
/** Random values are larger than trained ones. */
const LIMITS: Partial<Charter['limits']> = { updateNorm: [1_000_000, 1], moduleNorm: [1_000_000, 1] }

export interface ReachScenario {
  readonly name: string
  readonly topology: Topology
  /** One for each host, in the topology's order. */
  readonly places: readonly Place[]
  /** Whose links and routers. By default those of `emulator.py`. */
  readonly open?: (topology: Topology, seed: string) => Promise<NamespaceNetwork>
  /** The nodes stop once all have their certificates, and this holds of the paths seen so far. By default that is enough. */
  readonly isDone?: (paths: PathsSeen) => boolean
  /** Called once the namespaces are there, before any node starts: notes the ports that routers open and close. Returns what ends it. */
  readonly before?: (network: NamespaceNetwork, ports: OpenedPort[]) => Promise<() => Promise<void>>
}

/** By `site-b>site-c`, the paths in the order in which site-b had them: `direct`, or the name of the member that relays. */
export type PathsSeen = ReadonlyMap<string, readonly string[]>

export interface ReachRow {
  readonly scenario: string
  readonly members: number
  readonly delayMs: number
  /** From the first process' start to the last certificate. */
  readonly seconds: number
  /** The longest time that two members were relayed before they were direct; null when none became direct. */
  readonly relayedSeconds: number | null
  readonly certificates: number
  readonly digests: readonly string[]
  readonly paths: Readonly<Record<string, readonly string[]>>
  /** What routers were asked to open and close, in order. */
  readonly ports: readonly OpenedPort[]
  readonly packets: Passed
  readonly loadBefore: number
}

/** @param delayMs — of every packet between hosts, one way */
export async function runReach(
  scenario: ReachScenario,
  { timeoutSeconds, delayMs }: { readonly timeoutSeconds: number; readonly delayMs: number },
): Promise<ReachRow> {
  const { name, topology, places, isDone = () => true } = scenario
  const members = places.length
  const loadBefore = loadAverage()
  const network = await (scenario.open ?? openNamespaces)(topology, name)
  network.set({ loss: 0, delayMs, groups: [topology.hosts.map((_, i) => i)] })
  const consortium = await makeConsortium({
    n: members,
    placeOf: (i) => places[i] ?? { listen: [], addresses: [], network: {} },
    changes: { limits: LIMITS, rules: [{ id: 'trimmed-mean', version: 1 }] },
  })
  const paths = new Map<string, string[]>()
  const startMs = Date.now()
  const at = { certificateMs: startMs }
  const digests = new Map<string, string>()
  const isWhole = (): boolean => digests.size === members && isDone(paths)
  const children: ChildProcess[] = []
  let isStopped = false
  // Once: a second signal would end a node before it has put things in order.
  const stopAll = (): void => {
    if (!isStopped) children.forEach((child) => child.kill('SIGTERM'))
    isStopped = true
  }
  const deadline = setTimeout(stopAll, timeoutSeconds * 1000)
  const current = new Map<string, string>()
  const relayedAtMs = new Map<string, number>()
  const relayedMs: number[] = []
  const note = (pair: string, path: string, atMs: number): void => {
    if (current.get(pair) === path) return
    current.set(pair, path)
    const since = relayedAtMs.get(pair)
    if (path !== 'direct') relayedAtMs.set(pair, atMs)
    else if (since !== undefined) relayedMs.push(atMs - since)
    paths.set(pair, [...(paths.get(pair) ?? []), path])
  }
  const seen = (site: string, { type, member = '', relayedBy, atMs }: SeenEvent): void => {
    const pair = `${site}>${member}`
    if (type === 'path') note(pair, typeof relayedBy === 'string' ? relayedBy : 'direct', atMs)
    // Who connects without a path is there directly.
    if (type === 'connected' && !current.has(pair)) note(pair, 'direct', atMs)
    if (type === 'disconnected') current.delete(pair)
  }
  const ports: OpenedPort[] = []
  const after = await scenario.before?.(network, ports)
  try {
    const ends = consortium.names.map((site, i) => {
      const words = ['run', consortium.folderOf(site), '--adapter', consortium.adapterOf(site)]
      return startNode(network, i, [...words, '--until-certificate', '--linger', `${LINGER_SECONDS}`], {
        children,
        onEvent: (event) => {
          seen(site, event)
          if (event.type === 'certificate') {
            digests.set(site, event.aggregate ?? 'none')
            at.certificateMs = event.atMs
          }
          if (isWhole()) stopAll()
        },
        wasStopped: isWhole,
      })
    })
    await Promise.all(ends)
    await after?.()
    return {
      scenario: name,
      members,
      delayMs,
      seconds: (at.certificateMs - startMs) / 1000,
      relayedSeconds: relayedMs.length === 0 ? null : Math.max(...relayedMs) / 1000,
      certificates: digests.size,
      digests: [...new Set(digests.values())],
      paths: Object.fromEntries(paths),
      ports,
      packets: await network.close(),
      loadBefore,
    }
  } finally {
    clearTimeout(deadline)
    children.forEach((child) => child.kill('SIGKILL'))
    await removeFolder(consortium.root)
  }
}
