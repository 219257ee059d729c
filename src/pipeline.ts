/**
 * The table of contents: the stages in the order in which the data walks through them, each with its one door in and one
 * door out. Types only: nothing is run here. Each signature is checked against the function that it names, so this page
 * cannot say anything that the code does not do.
 *
 *   charter ─► train ─► update ─► exchange ─► agree ─► aggregate ─► export ─► evaluate
 *
 * `node/` puts the stages together for one member; `cli/` puts words on them.
 */
import type { State } from './agree/state.ts'
import type { StepResult, step } from './agree/engine.ts'
import type { Event, Params } from './agree/types.ts'
import type { aggregate, AggregateOptions, AggregateOutcome, AggregateRequest } from './aggregate/index.ts'
import type { buildCharter, Charter, CharterDraft } from './charter/index.ts'
import type { Rng } from './core/ports.ts'
import type { evaluateLosses, EvaluationOptions, EvaluationResult } from './evaluate/index.ts'
import type {
  Exchange,
  ExchangeHandlers,
  ExchangeModules,
  ExchangeOptions,
  openExchange,
} from './exchange/index.ts'
import type { FileVerifyReport, verify, VerifyOptions, writeResult, WrittenResult } from './export/index.ts'
import type { train, TrainingOptions, TrainingResult } from './train/index.ts'
import type { BuiltUpdate, UpdateContent, writeUpdateFile } from './update/index.ts'

/** A stage's signature, and the function that has it. */
type Stage<Signature, Actual extends Signature> = { readonly signature: Signature; readonly actual: Actual }

export interface Pipeline {
  /** What all members share, from names, keys, layout and figures. Then every member signs it. */
  readonly charter: Stage<(draft: CharterDraft) => Charter, typeof buildCharter>

  /** Base model and local data → a LoRA adapter on disk. Nothing of it leaves the machine. */
  readonly train: Stage<(options: TrainingOptions) => Promise<TrainingResult>, typeof train>

  /** The adapter → the one canonical file that this member publishes. */
  readonly update: Stage<
    (path: string, adapter: UpdateContent, layout: Charter['layout'], rng: Rng) => Promise<BuiltUpdate>,
    typeof writeUpdateFile
  >

  /** Signed objects and updates between members: who has what. */
  readonly exchange: Stage<
    (options: ExchangeOptions, handlers: ExchangeHandlers, modules: ExchangeModules) => Exchange,
    typeof openExchange
  >

  /** Which updates count: one event in, a new state and things to do out. Pure. */
  readonly agree: Stage<(state: State, event: Event, params: Params) => StepResult, typeof step>

  /** The agreed updates → one file, the same bytes at every member. */
  readonly aggregate: Stage<
    (request: AggregateRequest, options?: AggregateOptions) => Promise<AggregateOutcome>,
    typeof aggregate
  >

  /** The aggregate and its certificate → a PEFT folder with a model card, and the proof beside it. */
  readonly export: Stage<(result: WrittenResult) => Promise<void>, typeof writeResult>

  /** The proof, offline, by anybody: does it hold, and does the aggregate follow from the updates? */
  readonly verify: Stage<(path: string, options?: VerifyOptions) => Promise<FileVerifyReport>, typeof verify>

  /** Did it help, and whom: losses of base, own and merged on local data. */
  readonly evaluate: Stage<(options: EvaluationOptions) => Promise<EvaluationResult>, typeof evaluateLosses>
}
