/**
 * The library, by name. `oneround` on the command line uses nothing else.
 *
 * A round: `createNodeFolder`, `buildCharter`, `signCharter`, `train`, `openNode`; then `verify`, `exportRound`, `evaluate`.
 * Without a round: `merge` on adapter folders from anywhere, `verify` on anybody's certificate, `openGenerator` for answers.
 * Sub-paths: `oneround/aggregate`, `oneround/train`, `oneround/verify` (no Node modules: runs in a browser).
 */
import './compat.ts'

export { RULE_BOOK, RULES, type AggregationRule } from './aggregate/index.ts'
export {
  buildCharter,
  type Charter,
  type CharterDraft,
  type CharterReport,
  charterDigest,
  checkCharter,
  checkSignatures,
  decodeInvite,
  formatCharterFile,
  type Invite,
  joinSigned,
  parseCharterFile,
  reportCharter,
  roundIdOf,
  signCharter,
  type SignedCharter,
  unsigned,
} from './charter/index.ts'
export { type ErrorInfo, isRoundError, RoundError } from './core/errors.ts'
export type { Clock, Log, OnProgress, Progress, Rng } from './core/ports.ts'
export { createSigner, type Signer } from './core/signature.ts'
export {
  type AdapterLosses,
  evaluateLosses as evaluate,
  type EvaluationOptions,
  type EvaluationResult,
} from './evaluate/index.ts'
export {
  type Answer,
  type GenerationOptions,
  openRemoteGenerator as openGenerator,
  type Prompt,
  type RemoteGenerator as Generator,
  type RemoteGeneratorOptions as GeneratorOptions,
} from './generate/index.ts'
export {
  type CertificateClaims,
  type Check,
  type ExportFormat,
  exportRound,
  type FileVerifyReport,
  type RoundExportOptions,
  verify,
  type VerifyOptions,
} from './export/index.ts'
export { merge, type MergeOptions, type MergeResult } from './export/merge.ts'
export { type Node, type NodeEvent, type NodeOptions, openNode, type RoundOutcome } from './node/index.ts'
export { createNodeFolder, type NodeFolder, readNodeFolder } from './node/node-folder.ts'
export { readCharterFile, readCharterInForce, writeCharterFile } from './node/charter-store.ts'
export { train, type TrainingOptions, type TrainingResult } from './train/index.ts'
