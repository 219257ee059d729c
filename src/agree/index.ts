/**
 * Agree. In: signed objects of the members, the clock, what became of updates and aggregates on my disk. Out: what to
 * sign and send, one decision that is the same at every honest member, its certificate, evidence against who lied.
 * Never: I/O, time, randomness, bytes of updates.
 */
export { checkCertificate } from './certificate.ts'
export type { Certificate, CertificateFault, CertificateTrust } from './certificate.ts'
export { headersOf, isCertified, providersOf } from './certify.ts'
export {
  buildMessage,
  decodeEnvelope,
  decodeMessage,
  encodeEnvelope,
  ENVELOPE_SIZE_BYTES_MAX,
  envelopeDigest,
  envelopeOf,
  isSignedBy,
  openEnvelope,
} from './envelope.ts'
export type { DecodedMessage, Envelope, EnvelopeFault, Message, MessageOf } from './envelope.ts'
export { step } from './engine.ts'
export type { StepResult } from './engine.ts'
export { leaderOf } from './leader.ts'
export {
  codecOf,
  decisionCodec,
  isMessageType,
  MESSAGE_CODECS,
  MESSAGE_TYPES,
  valueCodec,
} from './messages.ts'
export type {
  Attestation,
  Bodies,
  DecidedUpdate,
  Decision,
  EvidenceItem,
  Header,
  MessageType,
  Named,
  Proposal,
  Receipt,
  Refusal,
  Seal,
  Status,
  TrainingSummary,
  Value,
  Vote,
} from './messages.ts'
export {
  isFinished,
  objectOf,
  objectsHeld,
  objectsWanted,
  phaseOf,
  silentMembers,
  statusOf,
} from './report.ts'
export type { MemberReport, Phase, RoundReport } from './report.ts'
export { slotOf } from './slot.ts'
export { createState, instanceOf, latestOutcome } from './state.ts'
export type { Instance, Mode, Outcome, State } from './state.ts'
export type {
  AdmissionResult,
  Alarm,
  Effect,
  Event,
  HeaderDraft,
  IgnoreCode,
  Params,
  RejectCode,
  Verdict,
} from './types.ts'
export { successionFault, type SuccessionProof } from './succession-proof.ts'
