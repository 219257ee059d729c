// Protects: two bodies of one slot convict their signer and nobody else, and memory stays bounded without losing quorums.
import { describe, expect, it } from 'vitest'
import { instanceOf } from '../../../src/agree/index.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { headerDraft, ofKind, ROUND, sitDown, verdictOf } from './kit.ts'

describe('slots', () => {
  it('§3.1 §3.2 convict whoever published two Headers, or a Header and a Pass', () => {
    for (const second of ['header', 'pass'] as const) {
      const table = sitDown()
      const first = table.say(1, 'header', headerDraft('a'))
      const other = second === 'pass' ? table.say(1, 'pass', {}) : table.say(1, 'header', headerDraft('b'))
      expect(ofKind(table.hear(first), 'evidence')).toEqual([])
      const [evidence] = ofKind(table.hear(other), 'evidence')
      expect(evidence?.member).toBe(1)
      expect(new Set([evidence?.first.key, evidence?.second.key])).toEqual(new Set([first.key, other.key]))
    }
  })

  it('§3.2 convict a Receipt beside a Refusal and a Dummy beside a Finalize', () => {
    const table = sitDown()
    const header = sha256(ROUND)
    table.hear(
      table.say(1, 'receipt', { of: 2, header }),
      table.say(1, 'refusal', { of: 2, header, fault: 'X' }),
    )
    const value = sha256(ROUND)
    table.hear(
      table.say(2, 'dummy', { cut: 0, view: 0 }),
      table.say(2, 'finalize', { cut: 0, view: 0, value }),
    )
    expect([...table.state().caught.keys()]).toEqual([1, 2])
  })

  it('§3.2 convict nobody for one body in each of many slots', () => {
    const table = sitDown()
    const value = sha256(ROUND)
    table.hear(
      table.say(1, 'header', headerDraft('a')),
      table.say(1, 'vote', { cut: 0, view: 0, value }),
      table.say(1, 'vote', { cut: 0, view: 1, value: sha256(value) }),
      table.say(1, 'dummy', { cut: 0, view: 0 }),
      table.say(1, 'finalize', { cut: 0, view: 1, value }),
    )
    expect(table.state().caught.size).toBe(0)
  })

  it('§3.3 §10.2 hold two bodies, and a third only when something held names it', () => {
    const table = sitDown()
    const [a, b, c] = ['a', 'b', 'c'].map((word) => table.say(1, 'header', headerDraft(word)))
    if (a === undefined || b === undefined || c === undefined) throw new Error('three headers')
    table.hear(a, b)
    expect(verdictOf(table.hear(c))).toBe('ignore SLOT_FULL')
    const seal = table.say(2, 'seal', { published: [{ member: 1, digest: c.digest }] })
    const [pull] = ofKind(table.hear(seal), 'pull')
    expect(pull?.digests).toEqual([c.digest])
    expect(verdictOf(table.hear(c))).toBe('accept')
  })

  it('§3.3 §3.5 take the third vote of a liar once q−f others say the same, and count it', () => {
    const table = sitDown()
    const [x, y, z] = [1, 2, 3].map((byte) => sha256(new Uint8Array([byte])))
    if (x === undefined || y === undefined || z === undefined) throw new Error('three values')
    const vote = (member: number, value: typeof x) => table.say(member, 'vote', { cut: 0, view: 0, value })
    table.hear(vote(1, x), vote(1, y))
    expect(verdictOf(table.hear(vote(1, z)))).toBe('ignore SLOT_FULL')
    table.hear(vote(2, z), vote(3, z))
    expect(instanceOf(table.state(), 0).notarized.size).toBe(0)
    expect(verdictOf(table.hear(vote(1, z)))).toBe('accept')
    expect(instanceOf(table.state(), 0).notarized.get(0)).toEqual(z)
  })

  it('§3.4 keep one of two signatures of one body', () => {
    const table = sitDown()
    const pass = table.say(1, 'pass', {})
    expect(verdictOf(table.hear(pass))).toBe('accept')
    const again = { ...pass, signature: new Uint8Array(64) }
    expect(verdictOf(table.hear(again))).toBe('ignore DUPLICATE')
  })
})
