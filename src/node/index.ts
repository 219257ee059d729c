/**
 * Node. In: a folder with a key and a charter in force, an adapter. Out: one member's part in one round: its update
 * published, the others' fetched and judged, one decision, one aggregate, the certificate and the PEFT adapter on disk.
 * Never: poisoned updates or lying members (src/attack/), training, or an arithmetic operation on weights.
 */
export { describeEvent } from './describe-event.ts'
export type { LeftOut, NodeEvent, OnNodeEvent, TimedNodeEvent } from './events.ts'
export { createJournal, type Journal, type JournalFault, openJournal, type SignedRecord } from './journal.ts'
export type { AggregationReport } from './describe-use.ts'
export type { Kernel, NodeModules, RoundResult } from './modules.ts'
export { composeNode, type CompositionOptions, type Node, type NodeFault } from './compose-node.ts'
export {
  type CarryFault,
  type CarryOptions,
  type ExportedObjects,
  exportObjects,
  type ExportOptions,
  type ImportedObjects,
  importObjects,
} from './carry.ts'
export {
  adoptSuccessor,
  type ApproveOptions,
  approveSuccessor,
  type Succeeded,
  type SuccessorFault,
} from './succession.ts'
export { type NodeOptions, openNode } from './open-node.ts'
export { PROXY_EXPECTED } from './node-folder.ts'
export { parseProxy, type Proxy } from '../exchange/proxy.ts'
export { type ProbedMember, probeMembers, type ProbeOptions } from './probe.ts'
export { readStatus, type StatusFault } from './read-status.ts'
export { cutFolder, journalPath, roundFolder, type RoundFolder, statusPath } from './round-folder.ts'
export type { RoundOutcome } from './cut-results.ts'
export type { MemberStatus, StatusDocument } from './status.ts'
