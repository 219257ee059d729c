// Protects: safetensors files are read with suspicion and written in one form only.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toUtf8, utf8 } from '../../../src/core/bytes.ts'
import { encodeHeader, headerLengthOf, parseHeader } from '../../../src/core/safetensors.ts'

const json = (value: unknown): Uint8Array => utf8(JSON.stringify(value))
const entry = (range: unknown, shape: unknown = [2], dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: range,
})

describe('canonical header', () => {
  it('is read back, whatever order the tensors came in', () => {
    const tensors = [
      { name: 'b', dtype: 'BF16', shape: [3] },
      { name: 'a.x', dtype: 'F32', shape: [2, 2] },
      { name: 'B', dtype: 'F32', shape: [] },
    ]
    const { prefix, header } = encodeHeader(tensors, new Map([['nonce', '00']]))
    expect(encodeHeader([...tensors].reverse(), new Map([['nonce', '00']])).prefix).toEqual(prefix)
    expect(prefix.length % 8).toBe(0)
    const length = headerLengthOf(prefix, 'file')
    const parsed = parseHeader(prefix.subarray(8, 8 + length), header.fileSizeBytes, 'file')
    expect(parsed).toEqual(header)
    expect(parsed.entries.map(({ name }) => name)).toEqual(['B', 'a.x', 'b'])
  })

  it('has the exact bytes that the format asks for', () => {
    const { prefix } = encodeHeader([{ name: 'w', dtype: 'F32', shape: [1] }])
    expect(toUtf8(prefix.subarray(8))).toBe('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  ')
  })
})

describe('parseHeader refuses', () => {
  it.each([
    ['no JSON', utf8('pickle!'), 0],
    ['a list', json([]), 0],
    ['an unknown dtype', json({ w: entry([0, 8], [2], 'Q7') }), 8],
    ['a shape that needs other bytes', json({ w: entry([0, 8], [3]) }), 8],
    ['a negative dimension', json({ w: entry([0, 8], [-2]) }), 8],
    ['a gap', json({ a: entry([0, 8]), b: entry([16, 24]) }), 24],
    ['an overlap', json({ a: entry([0, 8]), b: entry([4, 12]) }), 12],
    ['a file that is cut short', json({ a: entry([0, 8]) }), 4],
    ['bytes behind the last tensor', json({ a: entry([0, 8]) }), 9],
    ['a product that overflows', json({ a: entry([0, 8], [2 ** 40, 2 ** 40]) }), 8],
    ['metadata that is no text', json({ __metadata__: { a: 1 } }), 0],
  ])('%s', (_title, header, dataSizeBytes) => {
    const parse = () => parseHeader(header, 8 + header.length + dataSizeBytes, 'model.safetensors')
    expect(parse).toThrow(/model\.safetensors/)
    try {
      parse()
    } catch (error) {
      expect(error).toMatchObject({ info: { code: 'SAFETENSORS_INVALID', file: 'model.safetensors' } })
    }
  })

  it('anything else without a crash of another kind', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(100), (text, size) => {
        try {
          parseHeader(utf8(text), size, 'f')
        } catch (error) {
          expect(error).toMatchObject({ info: { code: 'SAFETENSORS_INVALID' } })
        }
      }),
    )
  })
})

it('a header length out of range is refused before anything is allocated', () => {
  const bytes = new Uint8Array(8).fill(255)
  expect(() => headerLengthOf(bytes, 'f')).toThrow(/header length/)
  expect(() => headerLengthOf(bytes.subarray(0, 7), 'f')).toThrow(/shorter than 8/)
})
