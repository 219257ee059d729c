// Protects: only canonical keys of prime order get into a charter, so that every library verifies alike.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { isPrimeOrderKey } from '../../../src/core/ed25519-key.ts'
import { createSigner } from '../../../src/core/signature.ts'

interface Row {
  readonly key: string
  readonly valid: boolean
  readonly what: string
}
const rows = JSON.parse(
  readFileSync(new URL('../../vectors/ed25519-keys.json', import.meta.url), 'utf8'),
) as readonly Row[]

describe('isPrimeOrderKey', () => {
  it('answers like an independent computation for good, small, mixed, unreduced and absent points', () => {
    expect(rows.length).toBeGreaterThan(100)
    const wrong = rows.filter(({ key, valid }) => isPrimeOrderKey(fromHex(key) ?? new Uint8Array()) !== valid)
    expect(wrong).toEqual([])
  })

  it('accepts the public keys of signers', () => {
    for (let i = 0; i < 4; i++) {
      expect(isPrimeOrderKey(createSigner(new Uint8Array(32).fill(i)).publicKey)).toBe(true)
    }
  })

  it('refuses other lengths', () => {
    expect(isPrimeOrderKey(new Uint8Array(31))).toBe(false)
    expect(isPrimeOrderKey(new Uint8Array(33))).toBe(false)
  })
})
