/**
 * Dials one member until it is there, by every way that is known, and again whenever it is lost.
 *
 * In: the member's configured addresses, those that were heard of it on the LAN, members that relay. Out: a connection, or why
 * there is none. Invariants: what the operator configured goes first and alone, so that nobody's claims on the LAN cost it its
 * time; who does not take us is told from who is not there.
 */
import type { AbortOptions } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { messageOf } from '../core/errors.ts'
import type { MemberIndex } from '../core/order.ts'
import type { ExchangeLimits, ExchangeModules, ExchangeOptions } from './interface.ts'
import type { ProxyDialler } from './proxy-dialler.ts'
import { dialAddress } from './reach.ts'
import { keepDialling } from './redial.ts'
import type { Roster } from './roster.ts'
import { type Bell, withDeadline } from './timers.ts'
import { turnedAway } from './transport-errors.ts'
import type { TransportHandlers } from './transport.ts'
import { type UnreachableReason, unreachableReason } from './unreachable.ts'

/** Of two members that start together the one with the lower index dials first: one connection instead of two. */
const HEAD_START_MS = 400

export interface DiallerParts {
  readonly options: ExchangeOptions
  readonly limits: ExchangeLimits
  readonly modules: ExchangeModules
  readonly roster: Roster
  readonly handlers: TransportHandlers
  readonly proxied: ProxyDialler | null
  readonly dial: (addresses: Multiaddr[], options: AbortOptions) => Promise<unknown>
  readonly isConnected: (member: MemberIndex) => boolean
  /** Whether the member has said what it speaks, over a connection that stands. */
  readonly isIdentified: (member: MemberIndex) => boolean
  /** What multicast last told of the member. */
  readonly discovered: (member: MemberIndex) => readonly string[]
  /** Ways through members that relay. */
  readonly relayed: (member: MemberIndex) => Promise<readonly string[]>
  readonly setReason: (member: MemberIndex, reason: UnreachableReason) => void
  /** Rings when connections, discoveries or what members speak have changed. */
  readonly changed: Bell
  readonly signal: AbortSignal
}

/** Runs until the signal aborts. Never throws. */
export function keepConnected(member: MemberIndex, parts: DiallerParts): Promise<void> {
  const { options, limits, modules, changed, isConnected } = parts
  return keepDialling({
    isConnected: () => isConnected(member),
    dial: async (outer) => {
      const ways = [options.peers.get(member) ?? [], parts.discovered(member), await parts.relayed(member)]
      const known = ways.filter((addresses) => addresses.length > 0)
      if (known.length === 0) {
        parts.setReason(member, 'no-address')
        return changed.next(outer)
      }
      await dialInTurn(member, known, parts, outer)
      // Who does not know my key ends the connection after I saw it stand, and before it says anything.
      while (isConnected(member) && !parts.isIdentified(member) && !outer.aborted) await changed.next(outer)
      if (!parts.isIdentified(member) && !outer.aborted) throw turnedAway(member)
    },
    whenDisconnected: async (signal) => {
      while (isConnected(member) && !signal.aborted) await changed.next(signal)
    },
    onFailed: (attempt, error) => {
      modules.log.debug('dial failed', { member, attempt, reason: messageOf(error) })
      parts.setReason(member, unreachableReason(error))
      parts.handlers.onEvent({ type: 'dial-failed', member, attempt })
    },
    headStartMs: member < options.me ? HEAD_START_MS : 0,
    minMs: limits.redialMinMs,
    maxMs: limits.redialMaxMs,
    rng: modules.rng,
    signal: parts.signal,
  })
}

/** One way after the other, each with the whole time for a dial. @throws what the last way met */
async function dialInTurn(
  member: MemberIndex,
  ways: readonly (readonly string[])[],
  { limits, proxied, roster, dial, isConnected }: DiallerParts,
  outer: AbortSignal,
): Promise<void> {
  const dialAll = (texts: readonly string[], signal: AbortSignal): Promise<unknown> =>
    dial(
      texts.map((text) => dialAddress(text, roster.peerOf(member))),
      { signal },
    )
  let failure: unknown
  for (const texts of ways) {
    try {
      await withDeadline(
        limits.dialTimeoutMs,
        outer,
        (signal) => proxied?.dial(texts, signal, (text) => dialAll([text], signal)) ?? dialAll(texts, signal),
      )
      return
    } catch (error) {
      outer.throwIfAborted()
      // Meanwhile it may have dialled us.
      if (isConnected(member)) return
      failure = error
    }
  }
  throw failure
}
