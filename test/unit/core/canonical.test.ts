// Protects: one value has one encoding; everything else is refused without a crash.
import * as dagCbor from '@ipld/dag-cbor'
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import {
  countSchema,
  defineCodec,
  digestSchema,
  encodeCanonical,
  textSchema,
} from '../../../src/core/canonical.ts'
import { asDigest } from '../../../src/core/ids.ts'
import { fromHex } from '../../../src/core/bytes.ts'

const codec = defineCodec(
  'sample',
  256,
  v.strictObject({ a: countSchema(), bb: v.array(digestSchema), text: textSchema(8) }),
)
const sampleArbitrary = fc.record({
  a: fc.maxSafeNat(),
  bb: fc.array(
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => asDigest(bytes)),
    { maxLength: 3 },
  ),
  text: fc.string({ maxLength: 8, unit: 'grapheme-ascii' }),
})
const sample = { a: 1, bb: [asDigest(new Uint8Array(32))], text: 'x' }
const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array()

describe('canonical codec', () => {
  it('gives back what it encoded', () => {
    fc.assert(
      fc.property(sampleArbitrary, (value) => {
        const decoded = codec.decode(codec.encode(value))
        expect(decoded.ok && decoded.value).toEqual(value)
      }),
    )
  })

  it('refuses every truncation and every appended byte', () => {
    const bytes = codec.encode(sample)
    for (let length = 0; length < bytes.length; length++) {
      expect(codec.decode(bytes.subarray(0, length)).ok).toBe(false)
    }
    expect(codec.decode(new Uint8Array([...bytes, 0])).ok).toBe(false)
  })

  it('never gives one value for two byte strings, whatever byte is changed', () => {
    const bytes = codec.encode(sample)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const mutated = bytes.slice()
        mutated[at] = (mutated[at] ?? 0) ^ change
        const decoded = codec.decode(mutated)
        if (decoded.ok) expect(codec.encode(decoded.value)).toEqual(mutated)
      }),
    )
  })

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(typeof codec.decode(bytes).ok).toBe('boolean')
      }),
    )
  })

  it.each([
    ['keys out of order', 'a2626162016161'.concat('02'), 'NOT_CANONICAL'],
    ['a long form of a small number', 'a161611801', 'MALFORMED'],
    ['a float (§2.1)', 'a16161fb3ff0000000000000', 'MALFORMED'],
    ['null (§2.1)', 'a16161f6', 'MALFORMED'],
    ['an indefinite length', 'bf616101ff', 'MALFORMED'],
    ['a tag', 'a16161c001', 'MALFORMED'],
  ])('refuses %s', (_title, bytes) => {
    const loose = defineCodec('loose', 64, v.record(v.string(), v.number()))
    expect(loose.decode(hex(bytes)).ok).toBe(false)
  })

  it('refuses more than its bound before decoding', () => {
    const decoded = codec.decode(new Uint8Array(257))
    expect(decoded).toEqual({ ok: false, fault: { code: 'TOO_LARGE', sizeBytes: 257, maxSizeBytes: 256 } })
  })

  it('refuses unknown keys and missing ones', () => {
    expect(codec.decode(dagCbor.encode({ ...sample, extra: 1 })).ok).toBe(false)
    expect(codec.decode(dagCbor.encode({ a: 1, text: 'x' })).ok).toBe(false)
  })

  it.each([[1.5], [null], ['é'], [2 ** 53], [-0], [new Map()], [undefined]])(
    'will not encode %s',
    (value) => {
      expect(() => encodeCanonical({ value })).toThrow('cannot encode')
    },
  )
})
