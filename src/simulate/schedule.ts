/**
 * Virtual time: what happens next, in order of time and, at one instant, in the order in which it was asked for. A binary
 * heap, since a world has tens of thousands of happenings.
 */

export interface Schedule {
  readonly nowMs: () => number
  readonly at: (timeMs: number, happen: () => void) => void
  readonly after: (delayMs: number, happen: () => void) => void
  /** Runs the next happening. @returns false when none is left */
  readonly next: () => boolean
}

interface Entry {
  readonly timeMs: number
  readonly order: number
  readonly happen: () => void
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order)

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length
  while (at > 0) {
    const above = (at - 1) >> 1
    const parent = heap[above]
    if (parent === undefined || !isBefore(entry, parent)) break
    heap[at] = parent
    at = above
  }
  heap[at] = entry
}

function pop(heap: Entry[]): Entry | undefined {
  const top = heap[0]
  const last = heap.pop()
  if (top === undefined || last === undefined || heap.length === 0) return top
  let at = 0
  for (;;) {
    const left = heap[2 * at + 1]
    const right = heap[2 * at + 2]
    const isRight = left !== undefined && right !== undefined && isBefore(right, left)
    const child = isRight ? right : left
    if (child === undefined || !isBefore(child, last)) break
    heap[at] = child
    at = 2 * at + (isRight ? 2 : 1)
  }
  heap[at] = last
  return top
}

export function createSchedule(startMs: number): Schedule {
  const heap: Entry[] = []
  let now = startMs
  let order = 0
  const at = (timeMs: number, happen: () => void): void =>
    push(heap, { timeMs: Math.max(timeMs, now), order: order++, happen })
  return {
    nowMs: () => now,
    at,
    after: (delayMs, happen) => at(now + delayMs, happen),
    next: () => {
      const entry = pop(heap)
      if (entry === undefined) return false
      now = entry.timeMs
      entry.happen()
      return true
    },
  }
}
