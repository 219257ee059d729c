/**
 * Charters that follow one another: what a successor must be, and the proof that a charter's members decided on it.
 * Source: docs/PROTOCOL.md §11.
 */
import { equalBytes } from '../core/bytes.ts'
import { readSignatures } from './signing.ts'
import type { SignedCharter } from './charter-file.ts'

/** Why a charter cannot follow another one, as a clause; null when it can. Whether it was decided on is another matter. */
export function successorFault(old: SignedCharter, next: SignedCharter): string | null {
  const { charter } = next
  // §11.1 A successor names its predecessor, has the next epoch and the same consortium, and is signed by all its members.
  if (!equalBytes(charter.predecessor ?? new Uint8Array(), old.digest))
    return 'it names another predecessor than this charter'
  if (charter.epoch !== old.charter.epoch + 1)
    return `its epoch is ${charter.epoch}, expected ${old.charter.epoch + 1}`
  if (!equalBytes(charter.consortium, old.charter.consortium)) return 'it is of another consortium'
  const { missing, wrong } = readSignatures(next)
  const unsigned = [...missing, ...wrong]
  return unsigned.length === 0 ? null : `it is not signed by ${unsigned.join(', ')}`
}
