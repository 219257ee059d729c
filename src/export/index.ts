/**
 * Export. In: the aggregate, its certificate, what the rule did. Out: a PEFT folder, plain deltas, a merged model, each
 * with a model card; the certificate as a file; the verdict whether all of it holds, offline. Never: a network; a claim
 * that is not in the certificate.
 */
export { type AggregateFile, type AggregateFileFault, openAggregateFile } from './aggregate-file.ts'
export {
  EXPORT_FORMATS,
  exportResult,
  exportUpdate,
  type ExportFormat,
  type ResultExport,
  type UpdateExport,
} from './export-result.ts'
export { exportRound, type RoundExportFault, type RoundExportOptions } from './export-round.ts'
export { basisMissing, type BasisFault, buildsOnPrevious } from './basis.ts'
export { locateCertificate } from './locate-certificate.ts'
export {
  deltaOf,
  type DenseModule,
  exactFactorsOf,
  type MergedModule,
  type MergedShape,
  type MergedUpdate,
  type StackedModule,
} from './merged-module.ts'
export { CERTIFICATE_FILE_SIZE_BYTES_MAX } from './certificate-file.ts'
export { type CardFacts, type CardMember, modelCard } from './model-card.ts'
export { claimOf, type FileVerifyReport, updatesBeside, verify, type VerifyOptions } from './verify-files.ts'
export type { MergeMaterial } from './merge.ts'
export {
  CERTIFICATE_SCHEMA,
  decidedHeaders,
  type CertificateClaims,
  type CertificateFile,
  type Check,
  claimsOf,
  formatCertificateFile,
  parseCertificateFile,
  verifyCertificate,
  type VerifyReport,
} from './verify.ts'
export {
  formatSuccessionFile,
  readSuccession,
  successionChain,
  type SuccessionFault,
  successionsFolder,
} from './succession-file.ts'
export { writeResult, type WrittenResult } from './write-result.ts'
export { openStartingParameters, type StartingParameters } from './starting-parameters.ts'
