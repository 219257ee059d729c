/** Why an update cannot be built or is not what its member committed to. Data only: the text is made where it is thrown. */
import { toHex } from '../core/bytes.ts'
import { RoundError } from '../core/errors.ts'

export type UpdateFault =
  /** The adapter's modules are not the charter's. */
  | {
      readonly code: 'UPDATE_MODULES_MISMATCH'
      readonly missing: readonly string[]
      readonly extra: readonly string[]
    }
  | {
      readonly code: 'UPDATE_SHAPE_MISMATCH'
      readonly module: string
      readonly expected: string
      readonly found: string
    }
  | {
      readonly code: 'UPDATE_RANK_TOO_LARGE'
      readonly module: string
      readonly rank: number
      readonly rankMax: number
    }
  /** The A of the update are not those that the charter fixes for all. */
  | { readonly code: 'UPDATE_FACTOR_DIFFERS'; readonly expected: string; readonly found: string }
  | { readonly code: 'UPDATE_FISHER_MISSING'; readonly tensor: string }
  | { readonly code: 'UPDATE_NOT_FINITE'; readonly tensor: string; readonly index: number }
  | { readonly code: 'UPDATE_TOO_LARGE'; readonly sizeBytes: number; readonly maxSizeBytes: number }
  /** The manifest contradicts the charter, the header or its own digest. */
  | { readonly code: 'MANIFEST_INVALID'; readonly field: string; readonly reason: string }
  /** The file is not the one canonical file of its tensors and nonce. */
  | { readonly code: 'UPDATE_NOT_CANONICAL'; readonly reason: string }

export function updateError(fault: UpdateFault, message: string, hint?: string): RoundError<UpdateFault> {
  return new RoundError(fault, message, hint === undefined ? {} : { hint })
}

/** @param found — SHA-256 of all A of an update or of an adapter, in the modules' order */
export function factorDiffers(expected: Uint8Array, found: Uint8Array): RoundError<UpdateFault> {
  const digests = { expected: toHex(expected), found: toHex(found) }
  return updateError(
    { code: 'UPDATE_FACTOR_DIFFERS', ...digests },
    `the A of all modules have SHA-256 ${digests.found}, the charter’s is ${digests.expected}`,
    'Train with --freeze-a, the rank of the charter and the seed that the consortium agreed on.',
  )
}
