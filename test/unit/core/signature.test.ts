// Protects: one answer to "is this signature valid" on every code path, including the inputs on which libraries differ.
import fc from 'fast-check'
import nacl from 'tweetnacl'
import { describe, expect, it } from 'vitest'
import { fromHex, utf8 } from '../../../src/core/bytes.ts'
import {
  createPortableSigner,
  createSigner,
  signedBytesOf,
  verifyPortable,
  verifySignature,
} from '../../../src/core/signature.ts'

const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text)
  if (bytes === null) throw new Error('bad hex in a test')
  return bytes
}

/** RFC 8032 §7.1, TEST 1 to 3. */
const RFC_8032 = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
]
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** The same signature with S + L instead of S: congruent, so a verifier without the range check accepts it too. */
function withOrderAdded(signature: Uint8Array): Uint8Array {
  let s = 0n
  for (let i = 63; i >= 32; i--) s = (s << 8n) | BigInt(signature[i] ?? 0)
  s += ORDER
  const out = signature.slice()
  for (let i = 32; i < 64; i++, s >>= 8n) out[i] = Number(s & 0xffn)
  return out
}

describe.each([
  ['verifySignature', verifySignature],
  ['verifyPortable', verifyPortable],
])('%s', (_name, verify) => {
  it.each(RFC_8032)(
    'agrees with RFC 8032 for message "$message"',
    ({ seed, publicKey, message, signature }) => {
      const signer = createSigner(hex(seed))
      expect(signer.publicKey).toEqual(hex(publicKey))
      expect(signer.sign(hex(message))).toEqual(hex(signature))
      expect(verify(hex(publicKey), hex(message), hex(signature))).toBe(true)
    },
  )

  it('refuses S + L, which tweetnacl alone accepts', () => {
    const [vector] = RFC_8032
    if (!vector) throw new Error('no vector')
    const doubled = withOrderAdded(hex(vector.signature))
    expect(nacl.sign.detached.verify(hex(vector.message), doubled, hex(vector.publicKey))).toBe(true)
    expect(verify(hex(vector.publicKey), hex(vector.message), doubled)).toBe(false)
  })

  it('refuses every changed bit and survives any bytes', () => {
    const signer = createSigner(new Uint8Array(32).fill(7))
    const message = utf8('round')
    const signature = signer.sign(message)
    fc.assert(
      fc.property(fc.nat(511), (bit) => {
        const changed = signature.slice()
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(verify(signer.publicKey, message, changed)).toBe(false)
      }),
      { numRuns: 40 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 70 }), (key, bytes) => {
        expect(verify(key, message, bytes)).toBe(false)
      }),
      { numRuns: 40 },
    )
  })
})

it('both paths agree on random keys, messages and damage', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ maxLength: 64 }),
      fc.boolean(),
      (seed, message, isDamaged) => {
        const signer = createSigner(seed)
        const portable = createPortableSigner(seed)
        expect(portable.publicKey).toEqual(signer.publicKey)
        expect(portable.sign(message)).toEqual(signer.sign(message))
        const signature = signer.sign(message)
        if (isDamaged) signature[0] = (signature[0] ?? 0) ^ 1
        expect(verifySignature(signer.publicKey, message, signature)).toBe(!isDamaged)
        expect(verifyPortable(signer.publicKey, message, signature)).toBe(!isDamaged)
      },
    ),
    { numRuns: 25 },
  )
})

it('§2.2 signs under a prefix that names the type', () => {
  const body = utf8('body')
  expect(signedBytesOf('vote', body)).not.toEqual(signedBytesOf('dummy', body))
  expect(signedBytesOf('vote', body).length).toBe('oneround/1/vote'.length + 1 + 32)
})
