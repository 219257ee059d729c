/** A node's events in words, a line each, for terminals. Null for those that only matter to programs. */
import type { MessageType } from '../agree/messages.ts'
import { assertNever } from '../core/errors.ts'
import type { RouterWord } from '../exchange/router-port.ts'
import type { NodeEvent } from './events.ts'

const SHORT_HEX = 16
const short = (hex: string): string => `${hex.slice(0, SHORT_HEX)}…`

/** What signing one's own object means. */
const SIGNED: Readonly<Record<MessageType, string>> = {
  header: 'published its update',
  pass: 'takes part without an update',
  seal: 'sealed the list of published updates: they can no longer change',
  receipt: 'holds',
  refusal: 'refused',
  status: 'signed what it holds certified',
  proposal: 'proposed what to decide',
  vote: 'voted',
  dummy: 'gave up waiting for the leader of this view',
  finalize: 'finalized its vote',
  attestation: 'attested the aggregate',
  abandon: 'abandoned the round',
}

export function describeEvent(event: NodeEvent): string | null {
  switch (event.type) {
    case 'listening':
      return `listens on ${event.addresses.join(', ')}`
    case 'connected':
      return `connected to ${event.member}`
    case 'disconnected':
      return `lost the connection to ${event.member}`
    case 'path':
      return event.relayedBy === null
        ? `reaches ${event.member} directly`
        : `reaches ${event.member} through ${event.relayedBy}`
    case 'router':
      return describeRouter(event)
    case 'outsider-refused':
      return `refused a stranger${event.publicKey === null ? '' : ` with key ${short(event.publicKey)}`}`
    case 'phase':
      return `phase: ${event.phase}`
    case 'signed': {
      const about = event.of === undefined ? '' : ` ${event.of}'s update`
      return `${SIGNED[event.object]}${about}`
    }
    case 'object':
    case 'receiving':
      return null
    case 'stored':
      return event.fault === null ? null : `${event.member}'s update is not admissible: ${event.fault}`
    case 'evidence':
      return `holds proof that ${event.member} signed two bodies for ${event.slot}`
    case 'decided': {
      const { cut, updates, missing, isUndecided, isUnchanged } = event
      if (isUnchanged) return `late cut ${cut} adds nothing`
      const which = cut === 0 ? '' : `late cut ${cut}: `
      const without = missing.length === 0 ? '' : `, without ${missing.join(', ')}`
      const head = isUndecided ? 'UNDECIDED: too few updates' : `decided on ${updates.length} updates`
      return `${which}${head}: ${updates.join(', ') || 'none'}${without}`
    }
    case 'aggregated': {
      const left = event.leftOut.map(({ member, reason }) => `; ${member} left out: ${reason}`)
      return `aggregated by ${event.rule}: ${event.aggregate}${left.join('')}`
    }
    case 'certificate':
      return `certificate: ${event.file}`
    case 'adapter':
      return `adapter: ${event.folder}`
    case 'alarm':
      return `ALARM ${event.code}: ${event.text}`
    default:
      return assertNever(event)
  }
}

function describeRouter(word: RouterWord): string {
  if (word.state === 'closed') return `is not reached through its router: ${word.reason}`
  const { address, seenFrom } = word
  const doubt = seenFrom === null ? '' : `, though members see it come from ${seenFrom}`
  return `is reached at ${address}, says its router${doubt}`
}
