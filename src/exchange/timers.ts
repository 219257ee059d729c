/** Waiting, always under a signal. */
import { setMaxListeners } from 'node:events'

/** A controller whose signal many waiters share: one for each stream, where Node warns from eleven on. */
export function createStopper(): AbortController {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  return controller
}

/** A signal that aborts with any of these, for many waiters. */
export function anySignal(...signals: readonly AbortSignal[]): AbortSignal {
  const signal = AbortSignal.any([...signals])
  setMaxListeners(0, signal)
  return signal
}

/** Returns after `ms`, or at once when the signal aborts: the caller looks at the signal. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}

/**
 * Runs `act` under a signal that aborts with `outer`, or after `ms` with a `TimeoutError`. Does not wait for an `act`
 * that does not heed its signal.
 */
export async function withDeadline<T>(
  ms: number,
  outer: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer.throwIfAborted()
  const controller = new AbortController()
  const { signal } = controller
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  const onAbort = () => controller.abort(outer.reason)
  const timer = setTimeout(
    () => controller.abort(new DOMException(`nothing came for ${ms} ms`, 'TimeoutError')),
    ms,
  )
  outer.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([act(signal), aborted])
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', onAbort)
  }
}

export function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError'
}

/**
 * Waits for the bell, for at most `ms`.
 * Not by `AbortSignal.any`: for each signal it makes, Node keeps a trace at the source for as long as that lives.
 */
export async function nextWithin(bell: Bell, ms: number, outer: AbortSignal): Promise<void> {
  const waking = new AbortController()
  const wake = () => waking.abort()
  outer.addEventListener('abort', wake, { once: true })
  if (outer.aborted) wake()
  const timer = setTimeout(wake, ms)
  try {
    await bell.next(waking.signal)
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', wake)
  }
}

/** Something that waiters are woken by, all at once, each time it happens. */
export interface Bell {
  readonly ring: () => void
  /** Returns at the next ring, or when the signal aborts. */
  readonly next: (signal: AbortSignal) => Promise<void>
}

export function createBell(): Bell {
  const waiting = new Set<() => void>()
  return {
    ring: () => {
      const all = [...waiting]
      waiting.clear()
      for (const wake of all) wake()
    },
    next: (signal) => {
      if (signal.aborted) return Promise.resolve()
      return new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        waiting.add(wake)
        signal.addEventListener('abort', wake, { once: true })
      })
    },
  }
}
