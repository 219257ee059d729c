// Protects: one message has one encoding; whatever bytes a peer sends are a value of their own or refused, never a crash.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Bodies,
  codecOf,
  decodeEnvelope,
  decodeMessage,
  encodeEnvelope,
  type Envelope,
  ENVELOPE_SIZE_BYTES_MAX,
  envelopeDigest,
  MESSAGE_TYPES,
  type MessageType,
  openEnvelope,
} from '../../src/agree/index.ts'
import { MEMBER_COUNT_MAX } from '../../src/charter/schema.ts'
import { compareBytes } from '../../src/core/bytes.ts'
import { asDigest, asRoundId } from '../../src/core/ids.ts'

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => asDigest(bytes))
const round = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => asRoundId(bytes))
const member = fc.nat(MEMBER_COUNT_MAX - 1)
const inOrder = <T extends { readonly member: number }>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc
    .uniqueArray(item, { selector: (each) => each.member, maxLength: MEMBER_COUNT_MAX })
    .map((list) => list.toSorted((a, b) => a.member - b.member))
const named = inOrder(fc.record({ member, digest }))
const evidence = inOrder(
  fc
    .record({ member, a: digest, b: digest })
    .filter(({ a, b }) => compareBytes(a, b) !== 0)
    .map(({ member, a, b }) =>
      compareBytes(a, b) < 0 ? { member, first: a, second: b } : { member, first: b, second: a },
    ),
)
const author = { round, member }
const ballot = { ...author, cut: fc.nat(16), view: fc.nat(1000) }
const count = fc.nat(2 ** 31)
const value = fc.record(
  { round, cut: fc.nat(16), statuses: named, previous: digest },
  { requiredKeys: ['round', 'cut', 'statuses'] },
)
const BODIES: { readonly [T in MessageType]: fc.Arbitrary<Bodies[T]> } = {
  header: fc.record({
    ...author,
    update: digest,
    sizeBytes: fc.integer({ min: 1, max: 2 ** 31 }),
    chunkSizeBytes: fc.integer({ min: 1 << 12, max: 1 << 22 }),
    layout: digest,
    samples: count,
    summary: fc.record({ epochs: fc.nat(100), steps: count, tokens: count }),
  }),
  pass: fc.record(author),
  seal: fc.record({ ...author, published: named }),
  receipt: fc.record({ ...author, of: member, header: digest }),
  refusal: fc.record({
    ...author,
    of: member,
    header: digest,
    fault: fc.constantFrom('UPDATE_NOT_FINITE', 'X'),
  }),
  status: fc.record({ ...author, cut: fc.nat(16), certified: named, evidence }),
  proposal: fc.record(
    { ...ballot, value, carriedFrom: fc.nat(1000) },
    { requiredKeys: ['round', 'member', 'cut', 'view', 'value'] },
  ),
  vote: fc.record({ ...ballot, value: digest }),
  dummy: fc.record(ballot),
  finalize: fc.record({ ...ballot, value: digest }),
  attestation: fc.record({
    ...author,
    cut: fc.nat(16),
    decision: digest,
    aggregate: digest,
    rule: fc.record({ id: fc.constantFrom('mean', 'multi-krum'), version: fc.integer({ min: 1, max: 9 }) }),
  }),
  abandon: fc.record(author),
}

function envelopeArbitrary(type: MessageType): fc.Arbitrary<Envelope> {
  return fc.record({
    type: fc.constant(type),
    body: BODIES[type].map((body: Bodies[MessageType]) => codecOf(type).encode(body as never)),
    signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  })
}

describe.each(MESSAGE_TYPES)('a %s', (type) => {
  it('is what it was encoded from', () => {
    fc.assert(
      fc.property(envelopeArbitrary(type), (envelope) => {
        const bytes = encodeEnvelope(envelope)
        expect(bytes.length).toBeLessThanOrEqual(ENVELOPE_SIZE_BYTES_MAX)
        const decoded = decodeMessage(bytes)
        if (!decoded.ok) throw new Error(JSON.stringify(decoded.fault))
        expect(decoded.message.type).toBe(type)
        expect(codecOf(type).encode(decoded.message.body as never)).toEqual(envelope.body)
      }),
      { numRuns: 30 },
    )
  })

  it('is refused or another message when any byte is changed', () => {
    fc.assert(
      fc.property(
        envelopeArbitrary(type),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (envelope, at, change) => {
          const bytes = encodeEnvelope(envelope)
          const mutated = bytes.slice()
          mutated[at % bytes.length] = (mutated[at % bytes.length] ?? 0) ^ change
          const decoded = decodeEnvelope(mutated)
          if (!decoded.ok) return
          expect(encodeEnvelope(decoded.value)).toEqual(mutated)
          const opened = openEnvelope(decoded.value)
          if (!opened.ok) return
          const isSameBody =
            Buffer.compare(decoded.value.body, envelope.body) === 0 && decoded.value.type === type
          expect(Buffer.compare(opened.message.digest, envelopeDigest(envelope)) === 0).toBe(isSameBody)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('is refused when cut short or made longer', () => {
    fc.assert(
      fc.property(envelopeArbitrary(type), fc.nat(), (envelope, at) => {
        const bytes = encodeEnvelope(envelope)
        expect(decodeMessage(bytes.subarray(0, at % bytes.length)).ok).toBe(false)
        expect(decodeMessage(new Uint8Array([...bytes, 0])).ok).toBe(false)
      }),
      { numRuns: 30 },
    )
  })

  it('is refused unread when oversize', () => {
    const { maxSizeBytes } = codecOf(type)
    const decoded = openEnvelope({
      type,
      body: new Uint8Array(maxSizeBytes + 1),
      signature: new Uint8Array(64),
    })
    expect(decoded).toEqual({
      ok: false,
      fault: { code: 'TOO_LARGE', sizeBytes: maxSizeBytes + 1, maxSizeBytes },
    })
  })
})

describe('arbitrary bytes', () => {
  it('never crash the decoder', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void decodeMessage(bytes)),
      { numRuns: 2000 },
    )
    const long = new Uint8Array(ENVELOPE_SIZE_BYTES_MAX + 1)
    expect(decodeMessage(long)).toMatchObject({ ok: false, fault: { code: 'TOO_LARGE' } })
  })
})
