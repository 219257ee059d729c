/**
 * Which chunk is asked of whom. Every missing chunk is asked of one provider; when all are asked for and one of them is
 * late, a second provider is asked too. Pure bookkeeping: time comes as an argument.
 */

export interface ChunkPool {
  /** A chunk to ask for, or null when there is none for this provider now. */
  readonly take: (provider: number, nowMs: number) => number | null
  /** The provider gave up on a chunk, or it was wrong. */
  readonly giveBack: (provider: number, index: number) => void
  /** The chunk is on disk. */
  readonly done: (index: number) => void
  readonly isNeeded: (index: number) => boolean
  readonly missingCount: () => number
}

interface Asked {
  readonly providers: Set<number>
  sinceMs: number
}

/** @param hedgeMs — how long one provider has a chunk to itself once nothing else is left to ask for */
export function createChunkPool(missing: readonly number[], hedgeMs: number): ChunkPool {
  const waiting = new Set(missing)
  const asked = new Map<number, Asked>()
  return {
    take: (provider, nowMs) => {
      const [fresh] = waiting
      if (fresh !== undefined) {
        waiting.delete(fresh)
        asked.set(fresh, { providers: new Set([provider]), sinceMs: nowMs })
        return fresh
      }
      for (const [index, entry] of asked) {
        const isLate = nowMs - entry.sinceMs >= hedgeMs
        if (!isLate || entry.providers.has(provider)) continue
        entry.providers.add(provider)
        entry.sinceMs = nowMs
        return index
      }
      return null
    },
    giveBack: (provider, index) => {
      const entry = asked.get(index)
      if (!entry?.providers.delete(provider) || entry.providers.size > 0) return
      asked.delete(index)
      waiting.add(index)
    },
    done: (index) => {
      waiting.delete(index)
      asked.delete(index)
    },
    isNeeded: (index) => waiting.has(index) || asked.has(index),
    missingCount: () => waiting.size + asked.size,
  }
}
