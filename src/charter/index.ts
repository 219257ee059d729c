/**
 * Charter. In: names, keys, layout, figures. Out: the one set of rules that all members sign, its digest, the ids of its
 * rounds, and everything that follows from it alone. Never: a clock, a file, a rule's arithmetic.
 */
export {
  charterCodec,
  charterDigest,
  findSchemaProblem,
  memberIndexOf,
  roundIdOf,
  roundScheduleOf,
} from './charter.ts'
export {
  CHARTER_FILE_SCHEMA,
  CHARTER_FILE_SIZE_BYTES_MAX,
  charterJson,
  charterOfJson,
  formatCharterFile,
  joinSigned,
  parseCharterFile,
  type SignedCharter,
  unsigned,
} from './charter-file.ts'
export { checkCharter, type CharterFindings, findCharterProblems } from './checks.ts'
export {
  aggregateSizeBytesOf,
  type CharterCost,
  type CharterReport,
  dtypeSizeBytes,
  reportCharter,
  type RuleForCount,
  type RuleValidity,
  updateSizeBytesOf,
} from './cost.ts'
export { buildCharter, type CharterDraft, charterRule } from './draft.ts'
export { charterError, type CharterFault, type CharterProblem } from './errors.ts'
export { ADDRESS_COUNT_MAX, decodeInvite, encodeInvite, type Invite, INVITE_PREFIX } from './invite.ts'
export { type ChosenRule, type NamedPart, type NamedRule, type RuleBook, ruleFor } from './rule-book.ts'
export {
  type Charter,
  CHARTER_SIZE_BYTES_MAX,
  type CharterMember,
  charterSchema,
  type DensePart,
  type Layout,
  type LayoutModule,
  MEMBER_COUNT_MAX,
  MEMBER_NAME,
  MODULE_COUNT_MAX,
  RANK_MAX,
  type RoundSchedule,
} from './schema.ts'
export {
  charterSignedBytes,
  checkSignatures,
  notAMember,
  readSignatures,
  type SignatureReport,
  signCharter,
} from './signing.ts'
export { successorFault } from './succession.ts'
export { type CharterChanges, succeedingCharter } from './succeed.ts'
