/**
 * When to pull from whom: from a member when it connects, when it hints, periodically from a few in turn, and when asked. A few
 * at a time, one pull for each member; whoever fails is asked again in the next period, for ever. Source: docs/PROTOCOL.md §10.1.
 */
import { messageOf } from '../core/errors.ts'
import type { MemberIndex } from '../core/order.ts'
import type { ExchangeEvent, ExchangeModules } from './interface.ts'
import { spread } from './redial.ts'
import { createBell, pause } from './timers.ts'
import type { SyncClient } from './sync-client.ts'

/** Pulls at the same time: members that stall do not hold up the others, and the same object is rarely pulled twice. */
const PULL_COUNT_MAX = 4
/** Members that are asked in one period: with more of them each is asked less often, not everybody all the time. */
const PERIODIC_COUNT_MAX = 4

export interface SyncSchedule {
  /** Pulls soon. @returns a promise that settles when that pull is over, whatever came of it */
  readonly request: (member: MemberIndex) => Promise<void>
  /** Runs until the signal aborts. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

export interface SyncScheduleOptions {
  readonly client: SyncClient
  readonly connected: () => readonly MemberIndex[]
  readonly intervalMs: number
  readonly modules: ExchangeModules
  readonly onEvent: (event: ExchangeEvent) => void
}

interface Due {
  readonly promise: Promise<void>
  readonly resolve: () => void
}

function createDue(): Due {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

export function createSyncSchedule(options: SyncScheduleOptions): SyncSchedule {
  const { client, connected, modules, onEvent } = options
  const due = new Map<MemberIndex, Due>()
  const pulling = new Set<MemberIndex>()
  const changed = createBell()

  const request = (member: MemberIndex): Promise<void> => {
    const entry = due.get(member) ?? createDue()
    due.set(member, entry)
    changed.ring()
    return entry.promise
  }
  const pull = async (member: MemberIndex, entry: Due, signal: AbortSignal): Promise<void> => {
    try {
      const received = await client.pull(member, signal)
      onEvent({ type: 'synced', member, received })
    } catch (error) {
      if (!signal.aborted) {
        modules.log.debug('sync failed', { member, reason: messageOf(error) })
        onEvent(syncFailure(member, error))
      }
    } finally {
      pulling.delete(member)
      entry.resolve()
      changed.ring()
    }
  }
  const startPulls = (signal: AbortSignal): void => {
    const reachable = new Set(connected())
    for (const [member, entry] of due) {
      if (pulling.size >= PULL_COUNT_MAX) return
      if (pulling.has(member)) continue
      due.delete(member)
      if (!reachable.has(member)) {
        entry.resolve()
        continue
      }
      pulling.add(member)
      void pull(member, entry, signal)
    }
  }
  const tick = async (signal: AbortSignal): Promise<void> => {
    let lastAsked = -1
    while (!signal.aborted) {
      await pause(spread(options.intervalMs, modules.rng), signal)
      const members = connected()
      const next = [
        ...members.filter((member) => member > lastAsked),
        ...members.filter((member) => member <= lastAsked),
      ].slice(0, PERIODIC_COUNT_MAX)
      for (const member of next) void request(member)
      lastAsked = next.at(-1) ?? lastAsked
    }
  }
  const run = async (signal: AbortSignal): Promise<void> => {
    const ticking = tick(signal)
    while (!signal.aborted) {
      startPulls(signal)
      await changed.next(signal)
    }
    await ticking
    for (const { resolve } of due.values()) resolve()
  }
  return { request, run }
}

function syncFailure(member: MemberIndex, error: unknown): ExchangeEvent {
  const info: {
    readonly code?: string
    readonly protocol?: string
    readonly spoken?: readonly string[]
  } = error instanceof Error && 'info' in error ? (error.info as object) : {}
  if (info.code === 'PROTOCOL_UNKNOWN') {
    return { type: 'version-mismatch', member, protocol: info.protocol ?? '', spoken: info.spoken ?? [] }
  }
  return { type: 'sync-failed', member, reason: info.code ?? 'TIMEOUT' }
}
