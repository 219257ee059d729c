/**
 * Whether a charter's figures make sense together, beyond what its schema says of each: the pure part of `charter
 * check`, and what a node asks before it takes part.
 *
 * In: a charter, and what is known of the aggregation rules (`RuleBook`; the rules themselves belong to a later stage).
 * Out: all problems at once, each with its field; remarks on what is allowed but may surprise.
 * Invariant: a charter without problems names, for every number of updates that can decide a round, a rule that holds.
 * Source: docs/PROTOCOL.md §1 and §3.
 */
import { compareBytes, toHex } from '../core/bytes.ts'
import { isPrimeOrderKey } from '../core/ed25519-key.ts'
import { defaultQuorum, isSafeQuorum, silentCountMax } from '../core/quorum.ts'
import { toNumber } from '../core/rational.ts'
import { charterError, type CharterProblem } from './errors.ts'
import { updateSizeBytesOf } from './cost.ts'
import type { RuleBook } from './rule-book.ts'
import type { Charter } from './schema.ts'

export interface CharterFindings {
  readonly problems: readonly CharterProblem[]
  /** Allowed, but worth a sentence. */
  readonly remarks: readonly string[]
}

/** All that is wrong with a charter. Pure. */
export function findCharterProblems(charter: Charter, rules: RuleBook): CharterFindings {
  const problems = [
    ...memberProblems(charter),
    ...quorumProblems(charter),
    ...ruleProblems(charter, rules),
    ...fisherProblems(charter, rules),
    ...layoutProblems(charter),
    ...limitProblems(charter),
    ...scheduleProblems(charter),
    ...identityProblems(charter),
  ]
  return { problems, remarks: remarksOn(charter) }
}

/** @throws CHARTER_INVALID with all problems; @returns the remarks */
export function checkCharter(charter: Charter, rules: RuleBook, file: string): readonly string[] {
  const { problems, remarks } = findCharterProblems(charter, rules)
  if (problems.length > 0) {
    const lines = problems.map(({ field, reason }) => `${field}: ${reason}`)
    throw charterError(
      { code: 'CHARTER_INVALID', file, problems },
      `${file}: ${lines.join('; ')}`,
      'Draw up another charter with `oneround charter new`; nobody should sign this one.',
    )
  }
  return remarks
}

const problem = (field: string, reason: string): CharterProblem => ({ field, reason })

function* memberProblems({ members }: Charter): Generator<CharterProblem> {
  const names = new Map<string, number>()
  const keys = new Map<string, number>()
  for (const [i, { name, publicKey }] of members.entries()) {
    const key = toHex(publicKey)
    const [sameName, sameKey] = [names.get(name), keys.get(key)]
    if (sameName !== undefined)
      yield problem(`members.${i}.name`, `${name} is also the name of member ${sameName}`)
    if (sameKey !== undefined) yield problem(`members.${i}.publicKey`, `is also the key of member ${sameKey}`)
    if (!isPrimeOrderKey(publicKey)) {
      yield problem(`members.${i}.publicKey`, `the key of ${name} is no canonical Ed25519 key of prime order`)
    }
    names.set(name, i)
    keys.set(key, i)
  }
}

function* quorumProblems({ members, f, q, minUpdates, aggregation }: Charter): Generator<CharterProblem> {
  const n = members.length
  if (q > n) yield problem('q', `is ${q}, more than the ${n} members`)
  else if (!isSafeQuorum(n, f, q)) {
    yield problem(
      'q',
      `is ${q}: two quorums of ${n} members may share ${Math.max(0, 2 * q - n)}, f = ${f} of them liars; at least ${defaultQuorum(n, f)} is safe`,
    )
  }
  if (aggregation.b < f) {
    yield problem(
      'aggregation.b',
      `is ${aggregation.b}, less than f = ${f}: a member that lies in the protocol can poison its update too`,
    )
  }
  if (minUpdates > n) yield problem('minUpdates', `is ${minUpdates}, more than the ${n} members`)
}

function* ruleProblems(
  { members, minUpdates, aggregation }: Charter,
  rules: RuleBook,
): Generator<CharterProblem> {
  const { b } = aggregation
  const seen = new Set<string>()
  for (const [i, rule] of aggregation.rules.entries()) {
    const field = `aggregation.rules.${i}`
    const reason = rules.problemWith(rule)
    if (reason !== null) yield problem(field, reason)
    if (seen.has(rule.id)) yield problem(field, `${rule.id} is listed twice`)
    seen.add(rule.id)
  }
  for (let m = minUpdates; m <= members.length; m++) {
    if (aggregation.rules.some((rule) => rules.has(rule) && rules.isValid(rule, m, b))) continue
    const valid = rules.validIds(m, b)
    const rest =
      valid.length > 0 ? `valid are ${valid.join(', ')}` : 'no rule holds; raise minUpdates or lower b'
    yield problem('aggregation.rules', `none holds for ${m} updates with b = ${b}; ${rest}`)
  }
  if (aggregation.weights !== 'uniform' && minUpdates <= 2 * b) {
    const reason = `are ${aggregation.weights}: with ${minUpdates} updates of which b = ${b} may be poisoned no cap keeps those below half; at least ${2 * b + 1} updates, or uniform weights`
    yield problem('aggregation.weights', reason)
  }
  const [low, high] = aggregation.samplesRange
  if (low > high) yield problem('aggregation.samplesRange', `${low} is more than ${high}`)
  if (aggregation.lambda[0] === 0)
    yield problem('aggregation.lambda', 'is 0: the result would be the base model')
}

/** Diagonals travel exactly where a rule reads them. */
function* fisherProblems({ layout, aggregation }: Charter, rules: RuleBook): Generator<CharterProblem> {
  const reading = aggregation.rules.find((rule) => rules.usesFisher(rule))
  if (reading !== undefined && layout.fisher === undefined)
    yield problem(
      'layout.fisher',
      `is missing: ${reading.id} weighs by Fisher diagonals that updates publish`,
    )
  if (reading === undefined && layout.fisher !== undefined)
    yield problem('layout.fisher', 'has updates publish Fisher diagonals that no rule reads')
}

function* layoutProblems(charter: Charter): Generator<CharterProblem> {
  const { layout, baseModel } = charter
  yield* orderProblems('layout.modules', layout.modules)
  for (const [i, { name, in: width, kernel = [] }] of layout.modules.entries()) {
    const size = kernel.reduce((product, extent) => product * extent, 1)
    if (width % size !== 0)
      yield problem(
        `layout.modules.${i}`,
        `${name} has in ${width}, no multiple of its kernel ${kernel.join('×')}`,
      )
  }
  yield* denseProblems(charter)
  yield* wholeProblems(charter)
  yield* orderProblems('baseModel', baseModel)
  const rank = charter.training?.rank ?? 1
  if (rank > layout.rankMax)
    yield problem('training.rank', `is ${rank}, updates have at most ${layout.rankMax}`)
  if (layout.scale[0] === 0) yield problem('layout.scale', 'is 0: no update would change anything')
}

/** Where no module has an adapter, everything that is trained is a dense part. */
function* wholeProblems({ layout, aggregation }: Charter): Generator<CharterProblem> {
  if (layout.modules.length > 0) return
  if (layout.dense === undefined)
    yield problem('layout', 'names neither modules nor dense parts: nothing would be trained')
  if (aggregation.resultRank !== undefined)
    yield problem('aggregation.resultRank', 'recompresses adapters, and no module has one')
  if (layout.sharedA !== undefined)
    yield problem('layout.sharedA', 'fixes A of adapters, and no module has one')
}

/** More coordinates than a block's place can count in one safetensors file of ours. */
const DENSE_COUNT_MAX = 2 ** 31

function* denseProblems({ layout }: Charter): Generator<CharterProblem> {
  const { modules, dense = [] } = layout
  yield* orderProblems('layout.dense', dense)
  const adapted = new Set(modules.map(({ name }) => `${name}.weight`))
  for (const [i, { name, shape }] of dense.entries()) {
    if (adapted.has(name))
      yield problem(`layout.dense.${i}`, `${name} is adapted through LoRA; it cannot be trained whole, too`)
    const count = shape.reduce((product, size) => product * size, 1)
    if (count > DENSE_COUNT_MAX)
      yield problem(`layout.dense.${i}`, `${name} has ${count} entries, at most 2^31 allowed`)
  }
}

const ascii = new TextEncoder()
function* orderProblems(
  field: string,
  items: readonly { readonly name: string }[],
): Generator<CharterProblem> {
  for (const [i, { name }] of items.entries()) {
    const before = items[i - 1]
    if (before !== undefined && compareBytes(ascii.encode(before.name), ascii.encode(name)) >= 0) {
      yield problem(`${field}.${i}`, `${name} does not come after ${before.name} in byte order`)
    }
  }
}

/** Above this, finite factors can overflow in f16 products at inference. */
const ENTRY_MAX = 2 ** 15

function* limitProblems(charter: Charter): Generator<CharterProblem> {
  const { limits, layout } = charter
  const [numerator, denominator] = limits.entry
  if (numerator > ENTRY_MAX * denominator)
    yield problem('limits.entry', `is ${toNumber(limits.entry)}, at most 2^15 allowed`)
  for (const field of ['entry', 'moduleNorm', 'updateNorm'] as const) {
    if (limits[field][0] === 0) yield problem(`limits.${field}`, 'is 0: every update would be refused')
  }
  const needed = updateSizeBytesOf(layout)
  if (limits.updateSizeBytes < needed) {
    yield problem(
      'limits.updateSizeBytes',
      `is ${limits.updateSizeBytes}, but an update of rank ${layout.rankMax} needs ${needed}`,
    )
  }
}

function* scheduleProblems({ rounds }: Charter): Generator<CharterProblem> {
  for (const [i, { commitAtMs, cutAtMs, lateCutsAtMs, finalAtMs, basis }] of rounds.entries()) {
    const times = [commitAtMs, cutAtMs, ...lateCutsAtMs, finalAtMs]
    if (times.some((time, k) => k > 0 && time < (times[k - 1] ?? 0))) {
      yield problem(`rounds.${i}`, 'expected commitAtMs ≤ cutAtMs ≤ lateCutsAtMs ≤ finalAtMs')
    }
    if (i === 0 && basis !== undefined)
      yield problem('rounds.0.basis', 'is previous, but no round comes before the first')
    const before = rounds[i - 1]
    if (before !== undefined && commitAtMs < before.cutAtMs) {
      yield problem(`rounds.${i}`, `its commit deadline is before the cut of round ${i}`)
    }
  }
}

function* identityProblems({ epoch, predecessor }: Charter): Generator<CharterProblem> {
  if (epoch === 0 && predecessor !== undefined) yield problem('predecessor', 'is given, but epoch 0 has none')
  if (epoch > 0 && predecessor === undefined)
    yield problem('predecessor', `is missing: epoch ${epoch} succeeds a charter`)
}

function remarksOn({ members, f, q, minUpdates, reveal, layout }: Charter): readonly string[] {
  const n = members.length
  const remarks: string[] = []
  if (silentCountMax(n, q) < f) {
    remarks.push(`${f} liars that keep silent stall the round: only ${silentCountMax(n, q)} may be absent`)
  }
  if (minUpdates > n - f) {
    remarks.push(
      `${n - minUpdates + 1} members that send no update leave the round undecided (minUpdates ${minUpdates})`,
    )
  }
  if (f === 0) remarks.push('f = 0: one lying member can break the agreement')
  if (reveal === 'immediate') {
    remarks.push('reveal is immediate: a member may choose its update after it has read the others')
  }
  const small = layout.modules.find(({ in: width, out }) => layout.rankMax > Math.min(width, out))
  if (small !== undefined) {
    remarks.push(
      `rank ${layout.rankMax} is more than ${small.name} (${small.out}×${small.in}) can have: bytes for nothing`,
    )
  }
  return remarks
}
