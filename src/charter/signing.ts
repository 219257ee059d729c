/**
 * Who signed a charter. A charter is in force when every member in it has signed its canonical bytes.
 * Source: docs/PROTOCOL.md §3 (Charter and succession).
 */
import type { RoundError } from '../core/errors.ts'
import { toHex } from '../core/bytes.ts'
import { type Signer, signedBytesOf, type VerifySignature, verifySignature } from '../core/signature.ts'
import { charterCodec, memberIndexOf } from './charter.ts'
import type { SignedCharter } from './charter-file.ts'
import { charterError, type CharterFault } from './errors.ts'
import type { Charter } from './schema.ts'

/** What every member signs. */
export function charterSignedBytes(charter: Charter): Uint8Array {
  return signedBytesOf('charter', charterCodec.encode(charter))
}

/** The charter with the signer's signature added. @throws NOT_A_MEMBER */
export function signCharter(signed: SignedCharter, signer: Signer, file: string): SignedCharter {
  const index = memberIndexOf(signed.charter, signer.publicKey)
  const member = index === null ? undefined : signed.charter.members[index]
  if (member === undefined) throw notAMember(file, signer.publicKey)
  const signature = signer.sign(charterSignedBytes(signed.charter))
  return { ...signed, signatures: new Map([...signed.signatures, [member.name, signature]]) }
}

export function notAMember(file: string, publicKey: Uint8Array): RoundError<CharterFault> {
  const key = toHex(publicKey)
  return charterError(
    { code: 'NOT_A_MEMBER', file, publicKey: key },
    `${file}: the key ${key.slice(0, 16)}… is of no member of this charter`,
    'Is this the right node folder? Otherwise send your invite to whoever draws up the charter.',
  )
}

export interface SignatureReport {
  /** Names, in roster order. */
  readonly signed: readonly string[]
  readonly missing: readonly string[]
  readonly wrong: readonly string[]
}

/** Who signed, who has not, and whose signature is not theirs. Pure. */
export function readSignatures(
  { charter, signatures }: SignedCharter,
  verify: VerifySignature = verifySignature,
): SignatureReport {
  const bytes = charterSignedBytes(charter)
  const report = { signed: [] as string[], missing: [] as string[], wrong: [] as string[] }
  for (const { name, publicKey } of charter.members) {
    const signature = signatures.get(name)
    if (signature === undefined) report.missing.push(name)
    else if (verify(publicKey, bytes, signature)) report.signed.push(name)
    else report.wrong.push(name)
  }
  return report
}

/** In force or not. @throws CHARTER_SIGNATURE_WRONG | CHARTER_UNSIGNED, naming the members */
export function checkSignatures(signed: SignedCharter, file: string): void {
  const { missing, wrong } = readSignatures(signed)
  const [member] = wrong
  if (member !== undefined) {
    throw charterError(
      { code: 'CHARTER_SIGNATURE_WRONG', file, member },
      `${file}: the signature of ${member} is not over this charter, or not by its key`,
      `Ask ${member} to sign this very file with \`oneround charter sign\`.`,
    )
  }
  if (missing.length > 0) {
    throw charterError(
      { code: 'CHARTER_UNSIGNED', file, missing },
      `${file}: not in force, not signed by ${missing.join(', ')}`,
      'Each of them runs `oneround charter sign` and sends the file back; copies are joined by the same command.',
    )
  }
}
