// Protects: words of my key that my journal lacks are noticed before I speak, and nobody else can put words into my mouth.
import { describe, expect, it } from 'vitest'
import { encodeEnvelope, envelopeOf, type Message } from '../../../src/agree/index.ts'
import { createHearFirst } from '../../../src/node/hear-first.ts'
import type { Journal, SignedRecord } from '../../../src/node/journal.ts'
import { headerDraft, sitDown, type Table } from '../agree/kit.ts'

const bytesOf = (message: Message): Uint8Array => encodeEnvelope(envelopeOf(message))
const never = new AbortController().signal

/** What a journal finds that holds these. */
const holding = (...messages: readonly Message[]): Pick<Journal, 'find'> => ({
  find: (roundId, slot): SignedRecord | null => {
    const found = messages.find((message) => message.slot === slot)
    if (found === undefined) return null
    return { kind: 'signed', roundId, slot, type: found.type, body: found.bytes, signature: found.signature }
  },
})
const listen = ({ params }: Table, journal: Pick<Journal, 'find'> = holding()) =>
  createHearFirst(params, journal, () => performance.now())

describe('hearing first', () => {
  it('§9.3 notices what the journal lacks, and what it has otherwise', () => {
    const table = sitDown()
    const mine = table.say(0, 'header', headerDraft('elsewhere'))
    const fresh = listen(table)
    fresh.heard(bytesOf(mine))
    fresh.heard(bytesOf(mine))
    expect(fresh.unknown().map(({ slot }) => slot)).toEqual(['publish/0'])
    const other = listen(table, holding(table.say(0, 'header', headerDraft('here'))))
    other.heard(bytesOf(mine))
    expect(other.unknown()).toHaveLength(1)
    const known = listen(table, holding(mine))
    known.heard(bytesOf(mine))
    expect(known.unknown()).toEqual([])
  })

  it('§2.6 does not believe a word of mine that my key did not sign, nor what is no object', () => {
    const table = sitDown()
    const mine = table.say(0, 'header', headerDraft('elsewhere'))
    const ear = listen(table)
    ear.heard(bytesOf({ ...mine, signature: mine.signature.map((byte) => byte ^ 1) }))
    ear.heard(bytesOf(table.say(1, 'header', headerDraft('of another'))))
    ear.heard(new Uint8Array([1, 2, 3]))
    expect(ear.unknown()).toEqual([])
  })

  it('is over when q−1 others were heard, however long it might last', async () => {
    const table = sitDown()
    const ear = listen(table)
    const over = ear.wait(3_600_000, never)
    for (let member = 1; member < table.params.charter.q; member++) ear.synced(member)
    await over
  })

  it('is over after its time, or when the node stops', async () => {
    const ear = listen(sitDown())
    ear.synced(1)
    await ear.wait(5, never)
    await ear.wait(3_600_000, AbortSignal.abort())
  })
})
