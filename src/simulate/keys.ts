/**
 * Signature ports of simulated worlds. Bulk worlds use a keyed hash, fifty times as fast; some use real Ed25519 and must give
 * the same trace, since nothing agreed depends on signature bytes. Forging is impossible in both by construction: a
 * behaviour is handed its own signer only.
 */
import { concatBytes, equalBytes, toHex, utf8 } from '../core/bytes.ts'
import { sha256 } from '../core/hash.ts'
import { asPublicKey } from '../core/ids.ts'
import { createSigner, type Signer, type VerifySignature, verifySignature } from '../core/signature.ts'

export type KeyKind = 'keyed-hash' | 'ed25519'

export interface Keys {
  readonly signers: readonly Signer[]
  readonly verify: VerifySignature
}

/** A signature is checked once and its answer kept: every member of a world asks the same question, some many times. */
function verifyOnce(): VerifySignature {
  const answers = new Map<string, boolean>()
  return (publicKey, signedBytes, signature) => {
    const question = toHex(concatBytes(publicKey, signedBytes, signature))
    const known = answers.get(question)
    if (known !== undefined) return known
    const answer = verifySignature(publicKey, signedBytes, signature)
    answers.set(question, answer)
    return answer
  }
}

export function createKeys(kind: KeyKind, label: string, count: number): Keys {
  const seeds = Array.from({ length: count }, (_, member) => sha256(utf8(`${label}/key/${member}`)))
  if (kind === 'ed25519') return { signers: seeds.map((seed) => createSigner(seed)), verify: verifyOnce() }
  const publicKeys = seeds.map((seed) => asPublicKey(sha256(seed)))
  const seedOf = (publicKey: Uint8Array): Uint8Array | undefined =>
    seeds[publicKeys.findIndex((each) => each === publicKey || equalBytes(each, publicKey))]
  const tag = (seed: Uint8Array, signedBytes: Uint8Array): Uint8Array => {
    const half = sha256(concatBytes(seed, signedBytes))
    return concatBytes(half, half)
  }
  return {
    signers: seeds.map((seed, member) => ({
      publicKey: publicKeys[member] ?? asPublicKey(sha256(seed)),
      sign: (signedBytes) => tag(seed, signedBytes),
    })),
    verify: (publicKey, signedBytes, signature) => {
      const seed = seedOf(publicKey)
      return seed !== undefined && equalBytes(tag(seed, signedBytes), signature)
    },
  }
}
