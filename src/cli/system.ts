/** This machine's clock and random bytes, for the ports that the rest takes (core/ports.ts). */
import type { Clock, Rng } from '../core/ports.ts'

export const systemClock: Clock = { now: () => Date.now() }

export const systemRng: Rng = { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) }
