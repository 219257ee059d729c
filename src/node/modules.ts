/**
 * What a node is made of: each thing that touches the world, by the narrow interface that the node needs of it. The
 * composition root (open-node.ts) fills them with the real ones; the local consortium's lying members (src/attack/) are
 * nodes with another exchange, so no honest code path knows of them.
 */
import type { AdmissionAnswer, AggregateInput, AggregateOutcome } from '../aggregate/index.ts'
import type { Certificate } from '../agree/certificate.ts'
import type { SignedCharter } from '../charter/charter-file.ts'
import type { Charter } from '../charter/schema.ts'
import type { Digest } from '../core/ids.ts'
import type { Clock, Log, Rng } from '../core/ports.ts'
import type { Exchange, ExchangeHandlers, ExchangeModules, ExchangeOptions } from '../exchange/interface.ts'
import type { AggregationReport } from './describe-use.ts'
import type { RoundFolder } from './round-folder.ts'

/** The arithmetic, in its own process (src/aggregate/). Throws for faults of this machine only. */
export interface Kernel {
  /** The values of an update file whose form was checked. */
  readonly admit: (path: string) => Promise<AdmissionAnswer>
  /** Runs the charter's rule for this number of updates; rules that draw lots draw from the cut's seed. */
  readonly aggregate: (
    inputs: readonly AggregateInput[],
    outputPath: string,
    seed: Digest,
  ) => Promise<AggregateOutcome>
  readonly stop: () => Promise<void>
}

export interface RoundResult {
  readonly signedCharter: SignedCharter
  readonly roundNumber: number
  readonly certificate: Certificate
  /** What the rule did. */
  readonly report: AggregationReport
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
  /** @throws KERNEL_MISMATCH when the charter names another kernel than this package has */
  readonly openKernel: (charter: Charter) => Promise<Kernel>
  /** Writes certificate and PEFT folder, each whole or absent. */
  readonly writeResult: (result: RoundResult) => Promise<void>
}
