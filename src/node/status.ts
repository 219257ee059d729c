/**
 * The round as it looks from one node, for people: the engine's report with names, connections and deadlines. Derived
 * whenever something changed, never kept beside the state. Written aside and renamed into the node's folder as
 * `status.json` (`oneround/status@1`), which is what `oneround status` reads. It claims nothing: it says what this node
 * holds.
 */
import type { ConnectionPath } from '../exchange/interface.ts'
import type { UnreachableReason } from '../exchange/index.ts'
import { isFinished, type MemberReport, type Phase, statusOf } from '../agree/report.ts'
import type { State } from '../agree/state.ts'
import type { Params } from '../agree/types.ts'
import { toHex } from '../core/bytes.ts'
import type { MemberIndex } from '../core/order.ts'

export interface MemberStatus {
  readonly name: string
  readonly isMe: boolean
  readonly isConnected: boolean
  /** The way in use; null: not connected. */
  readonly path: 'direct' | 'relayed' | null
  /** Whose node passes on what we say to each other; null: nobody, or not connected. */
  readonly relayedBy: string | null
  /** Why a dial to it failed last, or why nothing comes of being connected; null where all is well, it dials us, or nobody tried. */
  readonly unreachable: UnreachableReason | null
  readonly published: 'update' | 'pass' | null
  readonly hasSealed: boolean
  /** Members that say to hold its update, by name. */
  readonly heldBy: readonly string[]
  readonly refusedBy: readonly string[]
  /** Whether its update has the receipts of a quorum. */
  readonly isCertified: boolean
  /** Two bodies for one slot: proven, to anyone. */
  readonly hasEvidence: boolean
  readonly hasStatus: boolean
  readonly hasAttested: boolean
}

export interface StatusDocument {
  readonly schema: 'oneround/status@1'
  readonly node: string
  readonly pid: number
  /** False in the last document of a node that stopped in order. */
  readonly isRunning: boolean
  readonly updatedAtMs: number
  readonly round: number
  readonly roundId: string
  readonly phase: Phase
  /** Why this node signs nothing, if it does not: `active` is the usual. */
  readonly mode: State['mode']
  /** Absolute, milliseconds since the Unix epoch. */
  readonly deadlines: {
    readonly commitAtMs: number
    readonly cutAtMs: number
    readonly lateCutsAtMs: readonly number[]
    readonly finalAtMs: number
  }
  /** Which cut `phase`, `hasStatus` and `hasAttested` are about: 0, or a late one. */
  readonly cut: number
  /** Nothing more comes of the round by itself: no late cut is under way or will open. */
  readonly isFinished: boolean
  readonly quorum: number
  readonly members: readonly MemberStatus[]
  /** Members whose word in this phase is awaited, by name. */
  readonly waitingFor: readonly string[]
  readonly decision: {
    readonly digest: string
    readonly updates: readonly string[]
    readonly excluded: readonly string[]
    /** Whose update a late cut added. */
    readonly late: readonly string[]
    readonly isUndecided: boolean
  } | null
  /** The aggregate that a quorum attests, as hex. */
  readonly aggregate: string | null
  readonly alarms: readonly string[]
  /** What this node's operator should look at, in sentences: a wrong clock, members of another version. */
  readonly warnings: readonly string[]
}

export interface StatusInput {
  readonly state: State
  readonly params: Params
  readonly roundNumber: number
  readonly paths: readonly ConnectionPath[]
  readonly unreachable: ReadonlyMap<MemberIndex, UnreachableReason>
  readonly aggregate: string | null
  readonly nowMs: number
  readonly pid: number
  readonly isRunning: boolean
  readonly warnings: readonly string[]
}

export function buildStatus(input: StatusInput): StatusDocument {
  const { state, params, paths } = input
  const { charter, schedule } = params
  const nameOf = (member: MemberIndex): string => charter.members[member]?.name ?? `#${member}`
  const pathTo = (member: MemberIndex): Pick<MemberStatus, 'isConnected' | 'path' | 'relayedBy'> => {
    const path = paths.find((each) => each.member === member)
    if (path === undefined) return { isConnected: false, path: null, relayedBy: null }
    const { relayedBy } = path
    if (relayedBy === null) return { isConnected: true, path: 'direct', relayedBy }
    return { isConnected: true, path: 'relayed', relayedBy: nameOf(relayedBy) }
  }
  const report = statusOf(state, params)
  const memberStatus = (member: MemberReport): MemberStatus => ({
    name: member.name,
    isMe: member.member === params.me,
    ...pathTo(member.member),
    unreachable: input.unreachable.get(member.member) ?? null,
    published: member.published === 'header' ? 'update' : member.published,
    hasSealed: member.hasSealed,
    heldBy: member.receiptsFrom.map(nameOf),
    refusedBy: member.refusalsFrom.map(nameOf),
    isCertified: member.isCertified,
    hasEvidence: state.caught.has(member.member),
    hasStatus: member.hasStatus,
    hasAttested: member.hasAttested,
  })
  const { outcome } = report
  return {
    schema: 'oneround/status@1',
    node: params.me === null ? 'observer' : nameOf(params.me),
    pid: input.pid,
    isRunning: input.isRunning,
    updatedAtMs: input.nowMs,
    round: input.roundNumber,
    roundId: toHex(params.round),
    phase: report.phase,
    mode: report.mode,
    deadlines: {
      commitAtMs: schedule.commitAtMs,
      cutAtMs: schedule.cutAtMs,
      lateCutsAtMs: schedule.lateCutsAtMs,
      finalAtMs: schedule.finalAtMs,
    },
    cut: report.cut,
    isFinished: isFinished(state, params),
    quorum: charter.q,
    members: report.members.map(memberStatus),
    waitingFor: report.silent.map(nameOf),
    decision: outcome && {
      digest: toHex(outcome.digest),
      updates: outcome.decision.updates.map(({ member }) => nameOf(member)),
      excluded: outcome.decision.excluded.map(nameOf),
      late: (outcome.decision.late ?? []).map(nameOf),
      isUndecided: outcome.isUndecided,
    },
    aggregate: input.aggregate,
    alarms: report.alarms.map(({ code }) => code),
    warnings: input.warnings,
  }
}
