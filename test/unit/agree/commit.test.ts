// Protects: one publication, one seal, and no reading, serving or receipting of an update before its Header is committed.
import { describe, expect, it } from 'vitest'
import { COMMIT_AT_MS, headerDraft, named, ofKind, sitDown, typesSigned, updateOf } from './kit.ts'

describe('commit and reveal', () => {
  it('§4.2 publishes a Header or a Pass, once, whatever is ready later', () => {
    const table = sitDown()
    table.feed({ kind: 'adapter-ready', header: headerDraft('mine') })
    table.feed({ kind: 'adapter-ready', header: null })
    table.feed({ kind: 'adapter-ready', header: headerDraft('other') })
    expect(typesSigned(table)).toEqual(['header'])
    const passing = sitDown()
    passing.feed({ kind: 'adapter-ready', header: null })
    expect(typesSigned(passing)).toEqual(['pass'])
  })

  it('§4.3 seals when all n have published, before any deadline', () => {
    const table = sitDown()
    table.feed({ kind: 'adapter-ready', header: null })
    table.hear(...[1, 2].map((member) => table.say(member, 'header', headerDraft(`${member}`))))
    expect(typesSigned(table)).toEqual(['pass'])
    table.hear(table.say(3, 'pass', {}))
    expect(typesSigned(table)).toEqual(['pass', 'seal'])
  })

  it('§4.3 seals after the commit deadline with q, and never with fewer', () => {
    const table = sitDown()
    table.hear(...[1, 2].map((member) => table.say(member, 'header', headerDraft(`${member}`))))
    table.feed({ kind: 'clock', nowMs: COMMIT_AT_MS + 1 })
    expect(typesSigned(table)).toEqual([])
    const early = sitDown()
    early.hear(...[1, 2, 3].map((member) => early.say(member, 'header', headerDraft(`${member}`))))
    early.feed({ kind: 'clock', nowMs: COMMIT_AT_MS - 1 })
    expect(typesSigned(early)).toEqual([])
    early.feed({ kind: 'clock', nowMs: COMMIT_AT_MS })
    expect(typesSigned(early)).toEqual(['seal'])
  })

  it('§4.4 lists nobody who was caught with two bodies', () => {
    const table = sitDown()
    table.feed({ kind: 'adapter-ready', header: null })
    table.hear(
      table.say(3, 'header', headerDraft('a')),
      table.say(3, 'header', headerDraft('b')),
      table.say(1, 'header', headerDraft('1')),
      table.say(2, 'header', headerDraft('2')),
    )
    const seal = table.signed.find((message) => message.type === 'seal')
    expect(seal?.type === 'seal' && seal.body.published.map(({ member }) => member)).toEqual([0, 1, 2])
  })

  it('§4.5 §4.6 fetches nothing before q Seals list the Header, then fetches it', () => {
    const table = sitDown()
    const header = table.say(1, 'header', headerDraft('a'))
    table.hear(header)
    const seal = (member: number) => table.say(member, 'seal', { published: [named(header)] })
    expect(ofKind(table.hear(seal(1), seal(2)), 'fetch-update')).toEqual([])
    const [fetch] = ofKind(table.hear(seal(3)), 'fetch-update')
    expect(fetch).toMatchObject({ member: 1, providers: [1], isDecided: false })
  })

  it('§4.6 lets nobody read my update before my own Header is committed', () => {
    const table = sitDown()
    table.feed({ kind: 'adapter-ready', header: headerDraft('mine') })
    const [mine] = table.signed
    if (mine === undefined) throw new Error('a header')
    const seal = (member: number) => table.say(member, 'seal', { published: [named(mine)] })
    expect(ofKind(table.hear(seal(1), seal(2)), 'allow-serving')).toEqual([])
    expect(ofKind(table.hear(seal(3)), 'allow-serving')).toEqual([
      { kind: 'allow-serving', member: 0, update: updateOf('mine') },
    ])
  })

  it('§4.6 gives no Receipt for an uncommitted update, even with its bytes on disk', () => {
    const table = sitDown()
    const header = table.say(1, 'header', headerDraft('a'))
    table.hear(header)
    table.feed({ kind: 'update-stored', member: 1, update: updateOf('a'), result: { kind: 'admitted' } })
    expect(typesSigned(table)).toEqual([])
    table.hear(...[1, 2, 3].map((member) => table.say(member, 'seal', { published: [named(header)] })))
    expect(typesSigned(table)).toEqual(['receipt'])
  })

  it('§4.5 needs no Seals when the charter reveals at once', () => {
    const table = sitDown({ reveal: 'immediate' })
    const effects = table.hear(table.say(1, 'header', headerDraft('a')))
    expect(ofKind(effects, 'fetch-update')).toHaveLength(1)
    table.feed({ kind: 'clock', nowMs: COMMIT_AT_MS })
    expect(typesSigned(table)).toEqual([])
  })
})
