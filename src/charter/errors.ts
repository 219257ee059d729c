/** What can be wrong with a charter, its signatures, or an invite. Documented in docs/CLI.md. */
import { RoundError } from '../core/errors.ts'

export interface CharterProblem {
  /** Path of the field, such as `members.2.publicKey`. */
  readonly field: string
  readonly reason: string
}

export type CharterFault =
  /** No charter file: no JSON, an unknown field, a value out of range, a digest that is not its own. */
  | { readonly code: 'CHARTER_MALFORMED'; readonly file: string; readonly field: string }
  /** Well-formed, but its figures contradict each other; all problems at once. */
  | { readonly code: 'CHARTER_INVALID'; readonly file: string; readonly problems: readonly CharterProblem[] }
  /** Not in force: these members have not signed. */
  | { readonly code: 'CHARTER_UNSIGNED'; readonly file: string; readonly missing: readonly string[] }
  /** A signature that is not the member's over this charter. */
  | { readonly code: 'CHARTER_SIGNATURE_WRONG'; readonly file: string; readonly member: string }
  /** No member is called so. */
  | { readonly code: 'MEMBER_UNKNOWN'; readonly member: string }
  /** Two files hold two charters. */
  | {
      readonly code: 'CHARTERS_DIFFER'
      readonly files: readonly string[]
      readonly digests: readonly string[]
    }
  /** The key is of no member of the charter. */
  | { readonly code: 'NOT_A_MEMBER'; readonly file: string; readonly publicKey: string }
  /** An invite that was cut off, mistyped, or not made by the owner of its key. */
  | { readonly code: 'INVITE_INVALID'; readonly reason: string }

export function charterError(fault: CharterFault, message: string, hint?: string): RoundError<CharterFault> {
  return new RoundError(fault, message, hint === undefined ? {} : { hint })
}
