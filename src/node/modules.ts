/**
 * What a node is made of: each thing that touches the world, by the narrow interface that the node needs of it. The
 * composition root (open-node.ts) fills them with the real ones; the local consortium's lying members (src/attack/) are
 * nodes with another exchange, so no honest code path knows of them.
 */
import type { Certificate } from '../agree/certificate.ts'
import type { Decision, Header } from '../agree/messages.ts'
import type { AdmissionResult } from '../agree/types.ts'
import type { SignedCharter } from '../charter/charter-file.ts'
import type { Charter } from '../charter/schema.ts'
import type { Digest } from '../core/ids.ts'
import type { Clock, Log, Rng } from '../core/ports.ts'
import type { Exchange, ExchangeHandlers, ExchangeModules, ExchangeOptions } from '../exchange/interface.ts'
import type { LeftOut } from './events.ts'
import type { RoundFolder } from './round-folder.ts'

/** A decided update on this node's disk. */
export interface UpdateOnDisk {
  readonly header: Header
  readonly path: string
}

export interface AggregateResult {
  /** SHA-256 of the file. */
  readonly aggregate: Digest
  readonly rule: { readonly id: string; readonly version: number }
  readonly leftOut: readonly LeftOut[]
  /** What the rule did, member by member: JSON. */
  readonly report: unknown
}

/** The arithmetic, in its own process. Throws for faults of this machine only. */
export interface Kernel {
  readonly admit: (path: string, header: Header) => Promise<AdmissionResult>
  readonly aggregate: (
    decision: Decision,
    updates: readonly UpdateOnDisk[],
    outPath: string,
  ) => Promise<AggregateResult>
  readonly stop: () => Promise<void>
}

export interface RoundResult {
  readonly signedCharter: SignedCharter
  readonly roundNumber: number
  readonly certificate: Certificate
  /** What the rule did, as `Kernel.aggregate` reported it. */
  readonly report: unknown
  readonly folder: RoundFolder
}

export interface NodeModules {
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Log
  readonly createExchange: (
    options: ExchangeOptions,
    handlers: ExchangeHandlers,
    modules: ExchangeModules,
  ) => Exchange
  readonly openKernel: (charter: Charter) => Promise<Kernel>
  /** Writes certificate and PEFT folder, each whole or absent. */
  readonly writeResult: (result: RoundResult) => Promise<void>
}
