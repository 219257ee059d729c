/** Sites that reach each other in different ways: what `reach.ts` runs. In: nothing. Out: scenarios. */
import type { Place } from '../../test/support/consortium.ts'
import { oneLan, type Router } from './network.ts'
import type { ReachScenario } from './reach.ts'

const PORT = 4101
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
    ...(mapping === 'same'
      ? { isDone: (paths) => HIDDEN_PAIRS.every((pair) => paths.get(pair)?.at(-1) === 'direct') }
      : {}),
  }
}

/** Who cannot dial whom. */
export const HIDDEN_PAIRS: readonly string[] = ['site-b>site-c', 'site-c>site-b']
