/**
 * Aggregate. In: a set of updates and the charter's rules. Out: one canonical file, the same bytes at every member, and a
 * report of what the rule did with whom. Never: a float of the host's on the way to those bytes; a network.
 */
export {
  admitUpdate,
  type AdmissionRequest,
  aggregate,
  type AggregateInput,
  type AggregateOptions,
  type AggregateOutcome,
  type AggregateRequest,
  totalRank,
} from './aggregate.ts'
export type { AggregateFault } from './errors.ts'
export { type AggregateMember, describeMembers } from './report.ts'
export { locateFactors } from './inputs.ts'
export { readRoundSeed, roundSeed, type SeedRequest } from './seed.ts'
export { keptShareOf, recompress, type RecompressRequest } from './recompress.ts'
export type {
  AdmissionAnswer,
  AdmissionFault,
  FactorPlaces,
  InputFigures,
  RecompressFigures,
  TensorPlace,
  UniformFigures,
} from './job.ts'
export { type KernelClient, openKernelClient } from './kernel-client.ts'
export { kernelDigest } from './kernel/kernel.ts'
export {
  checkPrecondition,
  firstValidRule,
  RULE_BOOK,
  ruleNamed,
  validRuleIds,
  usesFisher,
  whyInvalid,
} from './rule-book.ts'
export { isSeeded, parseRuleChoice, resolveRule, ruleText } from './rule-choice.ts'
export type { ParameterFacts } from './rules/parameters.ts'
export { RULES, STEPS } from './rules/registry.ts'
export type { AggregationRule, AggregationStep, CombinationRule, CoordinateRule } from './rules/rule.ts'
export { capWeights, type CappedWeights } from './weights.ts'
