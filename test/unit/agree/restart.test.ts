// Protects: nothing is ever signed twice in one slot, whatever crashed, was restored, or runs elsewhere.
import { describe, expect, it } from 'vitest'
import {
  createState,
  decodeMessage,
  encodeEnvelope,
  envelopeOf,
  type Message,
  step,
} from '../../../src/agree/index.ts'
import { sha256 } from '../../../src/core/hash.ts'
import {
  COMMIT_AT_MS,
  headerDraft,
  named,
  ofKind,
  paramsFor,
  ROUND,
  sitDown,
  type Table,
  typesSigned,
  verdictOf,
} from './kit.ts'

function commitAll(table: Table): readonly Message[] {
  const headers = [1, 2, 3].map((member) => table.say(member, 'header', headerDraft(`${member}`)))
  table.feed({ kind: 'adapter-ready', header: headerDraft('mine') })
  table.hear(...headers)
  return headers
}

describe('never sign twice', () => {
  it('§9.1 asks once a slot, even before the signature has come back', () => {
    const { params } = paramsFor({})
    const restored = step(createState(params), { kind: 'restored', messages: [], observe: false }, params)
    const event = { kind: 'adapter-ready', header: headerDraft('mine') } as const
    const first = step(restored.state, event, params)
    expect(ofKind(first.effects, 'sign')).toHaveLength(1)
    const again = step(first.state, { kind: 'adapter-ready', header: null }, params)
    expect(ofKind(again.effects, 'sign')).toEqual([])
  })

  it('§9.1 takes back only what it asked for', () => {
    const table = sitDown()
    const alien = table.say(0, 'pass', {})
    expect(() => table.feed({ kind: 'signed', message: alien })).toThrow(/slot publish\/0/)
  })

  it('§9.2 sends again exactly what it sent, and nothing else in those slots', () => {
    const before = sitDown()
    commitAll(before)
    const journal = [...before.signed]
    expect(typesSigned(before)).toEqual(['header', 'seal'])
    const { params } = before
    const { effects } = step(
      createState(params),
      { kind: 'restored', messages: journal, observe: false },
      params,
    )
    const sent = ofKind(effects, 'broadcast').map(({ message }) => encodeEnvelope(envelopeOf(message)))
    expect(sent).toEqual(journal.map((message) => encodeEnvelope(envelopeOf(message))))
    const after = sitDown({}, journal)
    after.feed({ kind: 'adapter-ready', header: headerDraft('another') })
    after.hear(after.say(1, 'pass', {}), after.say(2, 'pass', {}), after.say(3, 'pass', {}))
    after.feed({ kind: 'clock', nowMs: COMMIT_AT_MS })
    expect(typesSigned(after).filter((type) => type === 'header' || type === 'seal')).toEqual([])
    expect(after.state().caught.size).toBe(0)
  })

  it('§9.2 signs nothing before it knows what it signed', () => {
    const { params } = paramsFor({})
    const event = { kind: 'adapter-ready', header: headerDraft('mine') } as const
    const { state, effects } = step(createState(params), event, params)
    expect(effects).toEqual([])
    const restored = step(state, { kind: 'restored', messages: [], observe: false }, params)
    expect(ofKind(restored.effects, 'sign').map(({ type }) => type)).toEqual(['header'])
  })

  it('§9.3 observes, aloud, when its key signed what it does not remember', () => {
    const table = sitDown()
    const effects = table.hear(table.say(0, 'header', headerDraft('elsewhere')))
    expect(ofKind(effects, 'alarm').map(({ alarm }) => alarm)).toEqual([
      { code: 'OWN_KEY_ELSEWHERE', slot: 'publish/0' },
    ])
    commitAll(table)
    expect(table.signed).toEqual([])
    expect(table.state().objects.size).toBe(4)
  })

  it('§9.3 observes without a word when told that its journal is lost', () => {
    const { params } = paramsFor({})
    const restored = step(createState(params), { kind: 'restored', messages: [], observe: true }, params)
    const { effects } = step(restored.state, { kind: 'adapter-ready', header: headerDraft('mine') }, params)
    expect(ofKind(effects, 'sign')).toEqual([])
  })

  it('§9.4 signs nothing after Abandon, not after a restart either', () => {
    const table = sitDown()
    table.feed({ kind: 'abandon' })
    commitAll(table)
    expect(typesSigned(table)).toEqual(['abandon'])
    const after = sitDown({}, table.signed)
    commitAll(after)
    expect(after.signed).toEqual([])
  })

  it('§9.5 stores what it takes before it signs what rests on it', () => {
    const table = sitDown()
    table.feed({ kind: 'adapter-ready', header: null })
    const headers = [1, 2, 3].map((member) => table.say(member, 'header', headerDraft(`${member}`)))
    const effects = table.hear(...headers)
    const kinds = effects.map(({ kind }) => kind).filter((kind) => kind === 'store' || kind === 'sign')
    expect(kinds).toEqual(['store', 'store', 'store', 'sign'])
    expect(verdictOf(table.hear(headers[0] ?? table.say(1, 'pass', {})))).toBe('ignore DUPLICATE')
  })

  it('§9.5 holds after a restart what it held when it signed', () => {
    const before = sitDown()
    const headers = commitAll(before)
    const journal = [...headers, ...before.signed].map((message) => {
      const decoded = decodeMessage(encodeEnvelope(envelopeOf(message)))
      if (!decoded.ok) throw new Error(decoded.fault.code)
      return decoded.message
    })
    const after = sitDown({}, journal)
    expect([...after.state().objects.keys()].toSorted()).toEqual(
      [...before.state().objects.keys()].toSorted(),
    )
  })
})

describe('an observer', () => {
  it('§9.3 holds everything and signs nothing', () => {
    const table = sitDown({ me: null })
    const headers = [0, 1, 2, 3].map((member) => table.say(member, 'header', headerDraft(`${member}`)))
    table.hear(...headers)
    table.hear(...[0, 1, 2].map((member) => table.say(member, 'seal', { published: headers.map(named) })))
    table.hear(table.say(0, 'vote', { cut: 0, view: 0, value: sha256(ROUND) }))
    expect(table.signed).toEqual([])
    expect(table.state().objects.size).toBe(8)
  })
})
