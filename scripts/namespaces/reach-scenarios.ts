/** Sites that reach each other in different ways: what `reach.ts` runs. In: nothing. Out: scenarios. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import * as v from 'valibot'
import { entryArgs } from '../../src/core/entry.ts'
import type { Place } from '../../test/support/consortium.ts'
import { openKernelNetwork } from './kernel-network.ts'
import { type NamespaceNetwork, oneLan, type OpenedPort, type Router } from './network.ts'
import type { PathsSeen, ReachScenario } from './reach.ts'

const PORT = 4101
const GATEWAY = new URL('gateway.ts', import.meta.url)
const mappingSchema = v.object({ external: v.number(), client: v.string(), port: v.number() })
const ANY_ADDRESS = `/ip4/0.0.0.0/tcp/${PORT}`

/** Three sites on one LAN, whose charter has no address of anybody. */
export function onOneLan(): ReachScenario {
  const place: Place = { listen: [ANY_ADDRESS], addresses: [], network: { mdns: true } }
  return { name: 'lan', topology: oneLan(3), places: [place, place, place] }
}

/** One public site that relays, and two behind routers of their own, who were told its address and nobody else's. */
export function behindRouters(mapping: Router['mapping']): ReachScenario {
  const address = `/ip4/11.0.0.1/tcp/${PORT}`
  const relay: Place = { listen: [address], addresses: [address], network: { relay: 'serve' } }
  const hidden: Place = { listen: [ANY_ADDRESS], addresses: [], network: { relay: 'use' } }
  return {
    name: mapping === 'same' ? 'routers' : 'routers-symmetric',
    topology: {
      hosts: [
        { address: '11.0.0.1', segment: 'internet' },
        { address: '192.168.1.2', segment: 'b' },
        { address: '192.168.2.2', segment: 'c' },
      ],
      routers: [
        { segment: 'b', external: '11.0.1.1', mapping },
        { segment: 'c', external: '11.0.2.1', mapping },
      ],
    },
    places: [relay, hidden, hidden],
    // A round may be over before a hole is.
    ...(mapping === 'same' ? { isDone: areDirect } : {}),
  }
}

/**
 * The same, but one router opens ports for who asks by UPnP (its third host), and the other lets no hole be: only the opened port
 * makes them direct.
 */
export function behindUpnp(): ReachScenario {
  const { topology, places, ...rest } = behindRouters('each')
  const [relay, hidden, other] = places
  if (relay === undefined || hidden === undefined || other === undefined) throw new Error('three sites')
  const host = '192.168.1.1'
  return {
    ...rest,
    name: 'router-upnp',
    topology: { ...topology, hosts: [...topology.hosts, { address: host, segment: 'b' }] },
    places: [relay, { ...hidden, network: { ...hidden.network, upnp: true } }, other],
    isDone: areDirect,
    before: (network, ports) =>
      startUpnp(network, { host, external: '11.0.1.1', at: 3, segment: 'b' }, ports),
  }
}

/** The same, with Linux' own masquerading in place of our routers. */
export function behindKernelRouters(mapping: Router['mapping']): ReachScenario {
  const scenario = behindRouters(mapping)
  return { ...scenario, name: `${scenario.name}-linux`, open: openKernelNetwork }
}

interface UpnpRouter {
  readonly host: string
  readonly external: string
  /** Number of its host. */
  readonly at: number
  readonly segment: string
}

async function startUpnp(
  network: NamespaceNetwork,
  { host, external, at, segment }: UpnpRouter,
  ports: OpenedPort[],
): Promise<() => Promise<void>> {
  const [program = '', ...prefix] = network.prefixOf(at)
  const child = spawn(program, [...prefix, process.execPath, ...entryArgs(GATEWAY), host, external])
  child.stderr.pipe(process.stderr)
  const lines = createInterface({ input: child.stdout })
  const ready = once(lines, 'line')
  await ready
  lines.on('line', (line) => {
    const { external: port, client, port: inner } = v.parse(mappingSchema, JSON.parse(line))
    const opened = { segment, external: port, address: client, port: inner }
    ports.push(opened)
    network.openPort(opened)
  })
  return async () => {
    const closed = once(lines, 'close')
    child.stdin.end()
    await closed
  }
}

/** Who cannot dial whom. */
export const HIDDEN_PAIRS: readonly string[] = ['site-b>site-c', 'site-c>site-b']
const areDirect = (paths: PathsSeen): boolean =>
  HIDDEN_PAIRS.every((pair) => paths.get(pair)?.at(-1) === 'direct')

export const reachScenarios = (): readonly ReachScenario[] => [
  onOneLan(),
  behindRouters('same'),
  behindRouters('each'),
  behindUpnp(),
  behindKernelRouters('same'),
  behindKernelRouters('each'),
]
