/** The values of the agreement on a successor: drafts as members hand them around, and whether they may follow. */
import { type SignedCharter, unsigned } from '../charter/charter-file.ts'
import { charterCodec } from '../charter/charter.ts'
import { successorFault } from '../charter/succession.ts'
import { encodeCanonical } from '../core/canonical.ts'
import { objectDigest } from '../core/hash.ts'
import type { Digest } from '../core/ids.ts'
import type { SuccessionMessage } from './succession-messages.ts'

type DraftMessage = Extract<SuccessionMessage, { type: 's-draft' }>

/** A draft has a signature of each of its members: what was checked once is kept with the body. */
const checkedDrafts = new WeakMap<
  DraftMessage['body'],
  { readonly old: SignedCharter; readonly draft: SignedCharter | null }
>()

/** The draft that is handed around, when it may follow. */
export function draftOf(
  { body }: DraftMessage,
  { old }: { readonly old: SignedCharter },
): SignedCharter | null {
  const known = checkedDrafts.get(body)
  if (known?.old === old) return known.draft
  const draft = checkDraft(body, old)
  checkedDrafts.set(body, { old, draft })
  return draft
}

function checkDraft(body: DraftMessage['body'], old: SignedCharter): SignedCharter | null {
  const decoded = charterCodec.decode(body.successor)
  if (!decoded.ok || decoded.value.members.length !== body.signatures.length) return null
  const charter = decoded.value
  const signatures = charter.members.map(
    ({ name }, i) => [name, body.signatures[i] ?? new Uint8Array()] as const,
  )
  const next = { ...unsigned(charter), signatures: new Map(signatures) }
  return successorFault(old, next) === null ? next : null
}

/** Names the agreement on a charter's successor, as a round id names a round: for journal and exchange. */
export function successionId(charter: Digest): Digest {
  return objectDigest('succession', encodeCanonical([charter]))
}
