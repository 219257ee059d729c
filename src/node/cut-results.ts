/**
 * What comes of each cut here: the aggregate from its decision, the certificate and adapter on disk, the outcome that
 * whoever waits is told.
 *
 * In: the engine's `decided`, `aggregate` and `certificate` effects, in any order over the cuts. Out: `aggregated` events, files
 * below the round's folder, one outcome a cut. Aggregates are computed one after the other. The others' attestations
 * may come before my own computation: the certificate is written once both are here and equal.
 * Source: docs/PROTOCOL.md §7, §8.
 */
import type { Certificate } from '../agree/certificate.ts'
import type { Decision } from '../agree/messages.ts'
import type { Effect, Event, Params } from '../agree/types.ts'
import { type AggregateInput, readRoundSeed } from '../aggregate/index.ts'
import type { SignedCharter } from '../charter/charter-file.ts'
import { toHex } from '../core/bytes.ts'
import { isRoundError, messageOf, RoundError } from '../core/errors.ts'
import { ensureFolder } from '../files/index.ts'
import { type Deferred, deferred } from './deferred.ts'
import { type AggregationReport, buildReport } from './describe-use.ts'
import type { Kernel, NodeModules } from './modules.ts'
import { cutFolder, type RoundFolder } from './round-folder.ts'
import type { RoundReporter } from './round-reporter.ts'

type EffectOf<K extends Effect['kind']> = Extract<Effect, { readonly kind: K }>

/** How a cut ended here. */
export type RoundOutcome =
  | { readonly kind: 'certified'; readonly aggregate: string }
  /** Decided with fewer updates than the charter's minimum: no result, the same at everyone. */
  | { readonly kind: 'undecided'; readonly missing: readonly string[] }
  /** A late cut that added nothing: the result before it stays the result. */
  | { readonly kind: 'unchanged' }

export interface CutResultsParts {
  readonly params: Params
  readonly signedCharter: SignedCharter
  readonly roundNumber: number
  readonly folder: RoundFolder
  readonly kernel: Kernel
  readonly reporter: RoundReporter
  readonly modules: Pick<NodeModules, 'log' | 'writeResult'>
  readonly inputsOf: (decision: Decision) => readonly AggregateInput[]
  readonly feed: (event: Event) => void
  /** Work whose failure ends the round here. */
  readonly background: (work: Promise<void>) => void
  readonly isStopped: () => boolean
}

const AGGREGATE_ATTEMPTS_MAX = 3

interface CutResult {
  readonly outcome: Deferred<RoundOutcome>
  report: AggregationReport | null
  certificate: Certificate | null
}

export class CutResults {
  readonly #parts: CutResultsParts
  readonly #cuts = new Map<number, CutResult>()
  #tail: Promise<void> = Promise.resolve()
  #aggregate: string | null = null
  #lastCertifiedCut: number | null = null

  constructor(parts: CutResultsParts) {
    this.#parts = parts
  }

  /** The aggregate that I computed last, as hex. */
  get aggregate(): string | null {
    return this.#aggregate
  }

  get lastCertifiedCut(): number | null {
    return this.#lastCertifiedCut
  }

  /** Resolves with the cut's certificate on disk, or when there will be none; rejects when this node cannot go on. */
  outcomeOf(cut: number): Promise<RoundOutcome> {
    return this.#at(cut).outcome.promise
  }

  fail(error: unknown): void {
    this.#at(0)
    for (const { outcome } of this.#cuts.values()) outcome.reject(error)
  }

  decided({ decision, isUndecided, isUnchanged, missing }: EffectOf<'decided'>): void {
    const { charter } = this.#parts.params
    const { outcome } = this.#at(decision.cut)
    const names = missing.map((member) => charter.members[member]?.name ?? `#${member}`)
    if (isUndecided) outcome.resolve({ kind: 'undecided', missing: names })
    else if (isUnchanged) outcome.resolve({ kind: 'unchanged' })
  }

  compute(effect: EffectOf<'aggregate'>): void {
    // One at a time: each may need all the memory that the charter allows.
    this.#tail = this.#tail.then(() => this.#compute(effect))
    this.#parts.background(this.#tail)
  }

  certified({ certificate }: EffectOf<'certificate'>): void {
    this.#at(certificate.cut).certificate = certificate
    this.#finish(certificate.cut)
  }

  #at(cut: number): CutResult {
    const known = this.#cuts.get(cut)
    if (known !== undefined) return known
    const fresh: CutResult = { outcome: deferred<RoundOutcome>(), report: null, certificate: null }
    // Nobody may be waiting for the end when it goes wrong early.
    fresh.outcome.promise.catch(() => undefined)
    this.#cuts.set(cut, fresh)
    return fresh
  }

  async #compute({ decision, digest }: EffectOf<'aggregate'>): Promise<void> {
    const { kernel, reporter, modules, params, inputsOf, feed, isStopped } = this.#parts
    const { round, cut, late = [] } = decision
    const folder = cutFolder(this.#parts.folder, cut)
    for (let attempt = 1; ; attempt++) {
      if (isStopped()) return
      try {
        const updates = inputsOf(decision)
        const seed = await readRoundSeed({ round, cut, updates, late })
        await ensureFolder(folder.path)
        const outcome = await kernel.aggregate(updates, folder.aggregate, seed)
        const report = buildReport(outcome, params.charter)
        this.#aggregate = report.aggregate
        this.#at(cut).report = report
        reporter.aggregated(report, cut)
        feed({ kind: 'aggregated', decision: digest, aggregate: outcome.digest, rule: outcome.rule })
        return this.#finish(cut)
      } catch (error) {
        if (isStopped()) return
        if (attempt === AGGREGATE_ATTEMPTS_MAX || isRoundError(error, 'NO_SPACE')) throw error
        const fields = { attempt, cut, error: messageOf(error) }
        modules.log.warn('aggregate: a fault of this machine; trying again', fields)
      }
    }
  }

  /** Writes the result once it is computed and attested. */
  #finish(cut: number): void {
    const { report, certificate } = this.#at(cut)
    if (report !== null && certificate !== null) this.#parts.background(this.#write(report, certificate))
  }

  async #write(report: AggregationReport, certificate: Certificate): Promise<void> {
    const { modules, signedCharter, roundNumber, reporter, isStopped } = this.#parts
    if (isStopped()) return
    const folder = cutFolder(this.#parts.folder, certificate.cut)
    const attested = toHex(certificate.aggregate)
    if (report.aggregate !== attested) throw aggregateDiffers(report.aggregate, attested, folder)
    await modules.writeResult({ signedCharter, roundNumber, certificate, report, folder })
    reporter.certified(certificate, folder)
    this.#lastCertifiedCut = Math.max(this.#lastCertifiedCut ?? 0, certificate.cut)
    this.#at(certificate.cut).outcome.resolve({ kind: 'certified', aggregate: attested })
  }
}

export type RoundFault = {
  readonly code: 'AGGREGATE_DIFFERS'
  readonly file: string
  readonly mine: string
  readonly attested: string
}

function aggregateDiffers(
  mine: string,
  attested: string,
  { aggregate: file }: RoundFolder,
): RoundError<RoundFault> {
  return new RoundError<RoundFault>(
    { code: 'AGGREGATE_DIFFERS', file, mine, attested },
    `${file}: I computed ${mine}, a quorum attests ${attested}`,
    {
      hint: 'The arithmetic, memory or disk of this machine is at fault. Everything was kept; check the machine before you trust its result.',
    },
  )
}
