// Protects: a member is dialled first at what the operator configured, then where the LAN says it is, then through relays, and no way takes another's time.
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { asRoundId } from '../../../src/core/ids.ts'
import { completeLimits } from '../../../src/exchange/limits.ts'
import { keepConnected } from '../../../src/exchange/member-dialler.ts'
import { buildRoster } from '../../../src/exchange/roster.ts'
import { createBell } from '../../../src/exchange/timers.ts'
import { publicKeyOf, seedOf, silentLog } from '../../support/exchange-world.ts'

const CONFIGURED = '/ip4/11.0.0.9/tcp/1'
const HEARD = ['/ip4/192.168.1.7/tcp/2', '/ip4/192.168.1.8/tcp/2']
const members = [0, 1].map(publicKeyOf)
const roster = buildRoster(members)

/** @param answers — whether who is dialled answers; who does not keeps silent */
async function dialled(
  ways: { readonly configured: readonly string[]; readonly heard: readonly string[] },
  answers: (address: string) => boolean,
) {
  const stopping = new AbortController()
  const changed = createBell()
  const dials: string[][] = []
  const failures: string[] = []
  let isThere = false
  await keepConnected(1, {
    options: {
      seed: seedOf(0),
      members,
      me: 0,
      listen: [],
      peers: new Map([[1, ways.configured]]),
      roundId: asRoundId(sha256(utf8('dial'))),
    },
    limits: completeLimits({ dialTimeoutMs: 20, redialMinMs: 1, redialMaxMs: 1 }),
    modules: { log: silentLog, rng: { bytes: (length) => new Uint8Array(length) }, clock: Date },
    roster,
    handlers: {
      protocols: [],
      onMessage: async () => 'ignore',
      onConnected: () => undefined,
      onDisconnected: () => undefined,
      onEvent: () => undefined,
    },
    proxied: null,
    dial: async (addresses, { signal }) => {
      const texts = addresses.map((address) => address.toString().replace(/\/p2p\/[^/]+$/, ''))
      dials.push(texts)
      if (!texts.some(answers)) {
        await new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('silence')), { once: true })
        })
      }
      isThere = true
      stopping.abort()
    },
    isConnected: () => isThere,
    isIdentified: () => isThere,
    discovered: () => ways.heard,
    relayed: async () => [],
    setReason: (_, reason) => {
      failures.push(reason)
      stopping.abort()
      changed.ring()
    },
    changed,
    signal: stopping.signal,
  })
  return { dials, failures }
}

describe('a member is dialled', { timeout: 20_000 }, () => {
  it('where the operator said, and nowhere else when it answers there', async () => {
    const { dials } = await dialled({ configured: [CONFIGURED], heard: HEARD }, () => true)
    expect(dials).toEqual([[CONFIGURED]])
  })

  it('where the LAN says, with the whole time for a dial, when it is silent there', async () => {
    const { dials } = await dialled({ configured: [CONFIGURED], heard: HEARD }, (text) =>
      HEARD.includes(text),
    )
    expect(dials).toEqual([[CONFIGURED], HEARD])
  })

  it('where the LAN says, when nobody said anything else', async () => {
    const { dials } = await dialled({ configured: [], heard: HEARD }, () => true)
    expect(dials).toEqual([HEARD])
  })

  it('nowhere, when nothing is known of it, and that is the reason', async () => {
    const { dials, failures } = await dialled({ configured: [], heard: [] }, () => true)
    expect([dials, failures]).toEqual([[], ['no-address']])
  })
})
