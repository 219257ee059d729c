/**
 * The proof that a charter's members decided on its successor: q Finalize of one view for it. Offline, from two signed
 * charters; the successor's own signatures are part of it.
 * Source: docs/PROTOCOL.md §11.6.
 */
import type { SignedCharter } from '../charter/charter-file.ts'
import { successorFault } from '../charter/succession.ts'
import { equalBytes } from '../core/bytes.ts'
import type { VerifySignature } from '../core/signature.ts'
import { isSuccessionSignedBy, openSuccession, type SuccessionEnvelope } from './succession-messages.ts'

export interface SuccessionProof {
  readonly old: SignedCharter
  readonly next: SignedCharter
  /** Of different members of the old charter, in its roster's order. */
  readonly finalizes: readonly SuccessionEnvelope[]
}

/** Why the proof does not hold, as a clause; null when it does. */
export function successionFault(
  { old, next, finalizes }: SuccessionProof,
  verify: VerifySignature,
): string | null {
  const fault = successorFault(old, next)
  if (fault !== null) return fault
  const { members, q } = old.charter
  let last = -1
  let view: number | null = null
  for (const [index, envelope] of finalizes.entries()) {
    const message = openSuccession(envelope)
    const signer = message === null ? undefined : members[message.member]
    // §11.6 q Finalize of different members of the old charter, all of one view and for this successor.
    const isRight =
      message !== null &&
      signer !== undefined &&
      message.type === 's-finalize' &&
      message.member > last &&
      equalBytes(message.body.charter, old.digest) &&
      equalBytes(message.body.draft, next.digest) &&
      (view === null || message.body.view === view) &&
      isSuccessionSignedBy(message, signer.publicKey, verify)
    if (!isRight) return `item ${index} of its finalizes is damaged, out of place or not signed by its member`
    last = message.member
    view = message.body.view
  }
  return finalizes.length >= q ? null : `${finalizes.length} members decided on it, ${q} are needed`
}
