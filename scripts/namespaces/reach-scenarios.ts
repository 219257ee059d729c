/** Sites that reach each other in different ways: what `reach.ts` runs. In: nothing. Out: scenarios. */
import type { Place } from '../../test/support/consortium.ts'
import { oneLan } from './network.ts'
import type { ReachScenario } from './reach.ts'

const PORT = 4101
const ANY_ADDRESS = `/ip4/0.0.0.0/tcp/${PORT}`

/** Three sites on one LAN, whose charter has no address of anybody. */
export function onOneLan(): ReachScenario {
  const place: Place = { listen: [ANY_ADDRESS], addresses: [], network: { mdns: true } }
  return { name: 'lan', topology: oneLan(3), places: [place, place, place] }
}
