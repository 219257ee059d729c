/**
 * Checks of one message against the charter alone: every honest member gives the same answer, whatever it holds. Only
 * what no correct member can send is a `reject`; what may be early, late or meant for somebody else is an `ignore`.
 * Source: docs/PROTOCOL.md §2.
 */
import { equalBytes } from '../core/bytes.ts'
import type { MemberIndex } from '../core/order.ts'
import { lastCut } from './deadlines.ts'
import { isSignedBy, type Message } from './envelope.ts'
import { leaderOf } from './leader.ts'
import type { Header, Proposal } from './messages.ts'
import type { IgnoreCode, Params, RejectCode, Verdict } from './types.ts'

const ACCEPT: Verdict = { kind: 'accept' }
const ignore = (code: IgnoreCode): Verdict => ({ kind: 'ignore', code })
const reject = (code: RejectCode): Verdict => ({ kind: 'reject', code })

/** Everything but whether there is room for it. The signature comes last: it is the dear check. */
export function checkMessage(message: Message, params: Params): Verdict {
  // [IGNORE] §2.4 The body names this round.
  if (!equalBytes(message.body.round, params.round)) return ignore('OTHER_ROUND')
  // [IGNORE] §7.1 The body names a cut of the charter's: cut 0, or one for each late cut.
  if ('cut' in message.body && message.body.cut > lastCut(params)) return ignore('OTHER_CUT')
  // [REJECT] §2.5 The signer is a member.
  const signer = params.charter.members[message.member]
  if (signer === undefined) return reject('NOT_A_MEMBER')
  const content = checkContent(message, params)
  if (content.kind !== 'accept') return content
  // [REJECT] §2.6 The signature is the member's, over prefix, type and the body's hash.
  return isSignedBy(message, signer.publicKey, params.verify) ? ACCEPT : reject('BAD_SIGNATURE')
}

function checkContent(message: Message, params: Params): Verdict {
  const n = params.charter.members.length
  const names = (members: readonly { readonly member: MemberIndex }[]): boolean =>
    members.every(({ member }) => member < n)
  switch (message.type) {
    case 'header':
      return checkHeader(message.body, params)
    case 'proposal':
      return checkProposal(message.body, params)
    // [REJECT] §2.5 Every member that a body names is in the roster.
    case 'seal':
      return names(message.body.published) ? ACCEPT : reject('NAMES_NO_MEMBER')
    case 'receipt':
    case 'refusal':
      return message.body.of < n ? ACCEPT : reject('NAMES_NO_MEMBER')
    case 'status':
      return names(message.body.certified) && names(message.body.evidence)
        ? ACCEPT
        : reject('NAMES_NO_MEMBER')
    case 'pass':
    case 'vote':
    case 'dummy':
    case 'finalize':
    case 'attestation':
    case 'abandon':
      return ACCEPT
  }
}

function checkHeader(header: Header, params: Params): Verdict {
  const { limits } = params.charter
  // [REJECT] §4.1 Size and chunk size are within the charter's limits.
  if (header.sizeBytes > limits.updateSizeBytes || header.chunkSizeBytes > limits.chunkSizeBytes) {
    return reject('HEADER_OVER_LIMITS')
  }
  // [REJECT] §4.1 The layout is the charter's.
  if (!equalBytes(header.layout, params.layout)) return reject('HEADER_OTHER_LAYOUT')
  // [REJECT] §4.8 The basis is the one of the round: members that start elsewhere cannot be added up.
  return isSameBasis(header.basis, params.basis) ? ACCEPT : reject('HEADER_OTHER_BASIS')
}

function isSameBasis(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b)
}

function checkProposal(proposal: Proposal, params: Params): Verdict {
  const { value, view, cut, carriedFrom } = proposal
  // [REJECT] §6.2 Only the leader of a view proposes in it.
  if (proposal.member !== leaderOf(params, cut, view)) return reject('PROPOSAL_NOT_BY_LEADER')
  // [REJECT] §6.3, §7.4 x is of this round and cut; at cut 0 it follows no decision, at any other it names one.
  if (
    !equalBytes(value.round, params.round) ||
    value.cut !== cut ||
    (value.previous !== undefined) !== cut > 0
  ) {
    return reject('PROPOSAL_OTHER_INSTANCE')
  }
  // [REJECT] §6.3 x names statuses of at least q members of the roster.
  if (value.statuses.length < params.charter.q) return reject('PROPOSAL_TOO_FEW_STATUSES')
  if (value.statuses.some(({ member }) => member >= params.charter.members.length)) {
    return reject('NAMES_NO_MEMBER')
  }
  // [REJECT] §6.4 A value is carried from an earlier view only.
  if (carriedFrom !== undefined && carriedFrom >= view) return reject('PROPOSAL_CARRIED_FROM_LATER')
  return ACCEPT
}
