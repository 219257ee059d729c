/** `oneround status`: what a node last wrote about its round. Reads one file; touches no network. */
import Table from 'cli-table3'
import { type MemberStatus, readStatus, type StatusDocument } from '../../node/index.ts'
import { defineCommand } from '../command.ts'
import { EXIT_STATUS } from '../exit-status.ts'
import { jsonOf } from '../output.ts'

export const statusCommand = defineCommand({
  name: 'status',
  description:
    'Prints what the round looks like from a node: who published, who holds and certified what, who is missing.\n' +
    'Exit status 4 when the round ended undecided or is stalled.',
  arguments: [{ name: 'folder', help: 'the node folder' }],
  options: {},
  examples: ['oneround status site-a'],
  run: async ({ args: [folder = ''] }) => {
    const status = await readStatus(folder)
    const isStuck = status.phase === 'undecided' || status.alarms.includes('STALLED')
    return {
      document: jsonOf(status),
      text: describeStatus(status),
      exitStatus: isStuck && status.phase !== 'certified' ? EXIT_STATUS.undecided : EXIT_STATUS.ok,
    }
  },
})

const mark = (isTrue: boolean): string => (isTrue ? 'yes' : '–')

function describeStatus(status: StatusDocument): string {
  const {
    node,
    round,
    cut,
    phase,
    isRunning,
    updatedAtMs,
    decision,
    aggregate,
    waitingFor,
    alarms,
    warnings,
  } = status
  const running = isRunning ? 'running' : 'not running'
  const lines = [
    `${node}, round ${round}${cut === 0 ? '' : `, late cut ${cut}`}: ${phase} (${running}, as of ${new Date(updatedAtMs).toISOString()})`,
    memberTable(status.members),
  ]
  if (waitingFor.length > 0) lines.push(`Waiting for ${waitingFor.join(', ')}`)
  if (decision !== null) {
    const excluded =
      decision.excluded.length === 0 ? '' : `; excluded by evidence: ${decision.excluded.join(', ')}`
    const late = decision.late.length === 0 ? '' : `; added late: ${decision.late.join(', ')}`
    lines.push(`Decided on ${decision.updates.join(', ') || 'nothing'}${late}${excluded}`)
  }
  if (aggregate !== null) lines.push(`Aggregate ${aggregate}`)
  for (const alarm of alarms) lines.push(`ALARM ${alarm}`)
  for (const warning of warnings) lines.push(`WARNING ${warning}`)
  return lines.join('\n')
}

/** In a table's cell: what a failed dial means. */
const UNREACHABLE: Readonly<Record<NonNullable<MemberStatus['unreachable']>, string>> = {
  'no-address': 'no address',
  refused: 'refused',
  timeout: 'no answer',
  'no-route': 'no route',
  'other-key': 'another key',
  'hung-up': 'hung up: network key?',
  'turned-away': 'turns us away: charter?',
  'no-proxy': 'no proxy there',
  'proxy-refused': 'proxy refuses',
  'other-version': 'other version',
  failed: 'no',
}

/** As the table has it. */
export const describeUnreachable = (reason: NonNullable<MemberStatus['unreachable']>): string =>
  UNREACHABLE[reason]

function connectionOf({ isMe, path, relayedBy, unreachable }: MemberStatus): string {
  if (isMe) return ''
  // Connected, and nothing can be exchanged.
  if (unreachable === 'other-version') return UNREACHABLE[unreachable]
  if (path === 'direct') return path
  if (path === 'relayed') return `by ${relayedBy}`
  return unreachable === null ? mark(false) : UNREACHABLE[unreachable]
}

function memberTable(members: readonly MemberStatus[]): string {
  const table = new Table({
    head: ['member', 'connected', 'published', 'sealed', 'held by', 'certified', 'status', 'attested'],
    style: { head: [], border: [] },
  })
  for (const member of members) {
    table.push([
      member.isMe ? `${member.name} (this)` : member.name,
      connectionOf(member),
      member.hasEvidence ? 'two: evidence' : (member.published ?? '–'),
      mark(member.hasSealed),
      member.refusedBy.length > 0
        ? `${member.heldBy.length}, refused by ${member.refusedBy.length}`
        : String(member.heldBy.length),
      mark(member.isCertified),
      mark(member.hasStatus),
      mark(member.hasAttested),
    ])
  }
  return table.toString()
}
