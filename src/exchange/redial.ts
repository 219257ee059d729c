/**
 * One loop for each member that has an address: dial until connected, wait until disconnected, and again, for ever. The
 * pause doubles up to a bound and is spread at random, so that members that lost each other at once do not meet in step.
 */
import type { Rng } from '../core/ports.ts'
import { pause } from './timers.ts'

export interface RedialOptions {
  readonly isConnected: () => boolean
  /** Returns when connected. Throws otherwise. */
  readonly dial: (signal: AbortSignal) => Promise<void>
  /** Returns when the connection is gone. */
  readonly whenDisconnected: (signal: AbortSignal) => Promise<void>
  readonly onFailed: (attempt: number, error: unknown) => void
  /** Waits this long before the first dial: of two members that start together one goes first. */
  readonly headStartMs: number
  readonly minMs: number
  readonly maxMs: number
  readonly rng: Rng
  readonly signal: AbortSignal
}

/** A pause between 75 % and 125 % of `ms`. */
export function spread(ms: number, rng: Rng): number {
  const [byte = 0] = rng.bytes(1)
  return ms * (0.75 + byte / 512)
}

/** Runs until the signal aborts. Never throws. */
export async function keepDialling(options: RedialOptions): Promise<void> {
  const { signal, rng, minMs, maxMs } = options
  if (options.headStartMs > 0) await pause(spread(options.headStartMs, rng), signal)
  let failures = 0
  while (!signal.aborted) {
    if (options.isConnected()) {
      failures = 0
      await options.whenDisconnected(signal)
      await pause(spread(minMs, rng), signal)
      continue
    }
    try {
      await options.dial(signal)
    } catch (error) {
      if (signal.aborted) return
      failures++
      options.onFailed(failures, error)
      await pause(spread(Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 16)), rng), signal)
    }
  }
}
