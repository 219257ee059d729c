// Protects: the map that states are made of behaves like a Map, and forks never see each other's writes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GrowingMap } from '../../../src/agree/growing-map.ts'

const writes = fc.array(
  fc.record({ key: fc.integer({ min: 0, max: 60 }), value: fc.nat(), isForked: fc.boolean() }),
  { maxLength: 200 },
)

describe('a growing map', () => {
  it('holds what a Map would, in the same order, whatever was forked when', () => {
    fc.assert(
      fc.property(writes, (list) => {
        const model = new Map<number, number>()
        let map = new GrowingMap<number, number>()
        const kept: { readonly fork: GrowingMap<number, number>; readonly entries: [number, number][] }[] = []
        for (const { key, value, isForked } of list) {
          if (isForked) {
            kept.push({ fork: map, entries: [...model] })
            map = map.fork()
          }
          map.set(key, value)
          model.set(key, value)
          expect(map.get(key)).toBe(value)
        }
        expect([...map]).toEqual([...model])
        expect(map.size).toBe(model.size)
        expect([...map.keys()].every((key) => map.has(key))).toBe(true)
        expect(map.has(61)).toBe(false)
        const visited: [number, number][] = []
        for (const entry of map.entries()) visited.push(entry)
        expect(visited.map(([, value]) => value)).toEqual([...map.values()])
        for (const { fork, entries } of kept) expect([...fork]).toEqual(entries)
      }),
      { numRuns: 200 },
    )
  })

  it('lets many futures grow from one version, in any order of forks and reads', () => {
    const steps = fc.array(
      fc.record({ from: fc.nat(), key: fc.integer({ min: 0, max: 8 }), value: fc.nat(), read: fc.nat() }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(steps, (list) => {
        const versions = [{ map: new GrowingMap<number, number>(), model: new Map<number, number>() }]
        const at = (place: number) => {
          const version = versions[place % versions.length]
          if (version === undefined) throw new Error('there is always one')
          return version
        }
        for (const { from, key, value, read } of list) {
          const parent = at(from)
          const child = { map: parent.map.fork(), model: new Map(parent.model) }
          child.map.set(key, value)
          child.map.set(key, value + 1)
          child.model.set(key, value + 1)
          versions.push(child)
          const { map, model } = at(read)
          expect([...map]).toEqual([...model])
        }
        for (const { map, model } of versions) expect([...map]).toEqual([...model])
      }),
      { numRuns: 300 },
    )
  })

  it('refuses a write to a version that was forked', () => {
    const map = new GrowingMap<number, number>()
    map.fork()
    expect(() => map.set(1, 1)).toThrow('forked')
  })
})
