// Protects: the agreement in every order of the next few events, from three beginnings, with a first leader that lies.
import { describe, expect, it } from 'vitest'
import { explore } from '../../src/simulate/exhaustive.ts'

describe('every order of events among four members', () => {
  it.each([
    { start: 'settled' as const, depth: 3, worlds: 2_000, decided: 0 },
    { start: 'split' as const, depth: 3, worlds: 2_000, decided: 0 },
    { start: 'notarized' as const, depth: 3, worlds: 2_000, decided: 50 },
  ])('keeps the promises of §6 within $depth events from $start', ({ start, depth, worlds, decided }) => {
    const found = explore(depth, start)
    expect(found.violations).toEqual([])
    expect(found.worlds).toBeGreaterThan(worlds)
    expect(found.decided).toBeGreaterThanOrEqual(decided)
  })
})
