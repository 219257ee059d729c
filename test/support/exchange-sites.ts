/**
 * Sites of a consortium of three over real TCP, each an exchange and what it heard: what tests of the libp2p node start from.
 * Everything that happens at any of them rings one bell, so that tests wait for conditions and never for a time.
 */
import { utf8 } from '../../src/core/bytes.ts'
import { sha256 } from '../../src/core/hash.ts'
import { asRoundId } from '../../src/core/ids.ts'
import {
  type Exchange,
  type ExchangeEvent,
  type ExchangeModules,
  type ExchangeOptions,
  openExchange,
} from '../../src/exchange/index.ts'
import { type Bell, createBell } from '../../src/exchange/timers.ts'
import { publicKeyOf, seedOf, silentLog, TEST_LIMITS } from './exchange-world.ts'

export const SITE_ROUND_ID = asRoundId(sha256(utf8('round of test sites')))
export const SITE_MODULES: ExchangeModules = {
  log: silentLog,
  rng: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
  clock: Date,
}

export interface TestSite {
  readonly exchange: Exchange
  readonly events: readonly ExchangeEvent[]
  readonly received: readonly Uint8Array[]
}

export interface TestSites {
  /** Listens at a free port of this machine and knows nobody, unless told otherwise. */
  readonly open: (options: Partial<ExchangeOptions> & { readonly me: number }) => Promise<TestSite>
  readonly bell: Bell
  readonly until: (condition: () => boolean) => Promise<void>
  /** Stops all that are open. */
  readonly close: () => Promise<void>
}

export function createTestSites(): TestSites {
  const opened: Exchange[] = []
  const bell = createBell()
  const never = new AbortController().signal
  return {
    bell,
    until: async (condition) => {
      while (!condition()) await bell.next(never)
    },
    open: async (options) => {
      const events: ExchangeEvent[] = []
      const received: Uint8Array[] = []
      const exchange = openExchange(
        {
          seed: seedOf(options.me),
          members: [0, 1, 2].map(publicKeyOf),
          listen: ['/ip4/127.0.0.1/tcp/0'],
          peers: new Map(),
          roundId: SITE_ROUND_ID,
          limits: TEST_LIMITS,
          ...options,
        },
        {
          onObject: (bytes) => {
            received.push(bytes)
            bell.ring()
            return 'accept'
          },
          listObjects: () => [],
          getObject: () => null,
          updateSource: () => null,
          onEvent: (event) => {
            events.push(event)
            bell.ring()
          },
        },
        SITE_MODULES,
      )
      opened.push(exchange)
      await exchange.start()
      return { exchange, events, received }
    },
    close: async () => {
      for (const exchange of opened.splice(0)) await exchange.stop()
    },
  }
}
