/** A charter in words, for `charter new`, `show`, `check` and `sign`. */
import {
  type CharterReport,
  charterJson,
  type ChosenRule,
  readSignatures,
  type Charter,
  type SignedCharter,
} from '../../charter/index.ts'
import { toHex } from '../../core/bytes.ts'
import { toNumber } from '../../core/rational.ts'
import type { Json } from '../command.ts'
import { jsonOf } from '../output.ts'
import { bytesText, instantText, tableText } from '../words.ts'

function ruleText(rule: ChosenRule | null): string {
  if (rule === null) return 'none'
  const parts = [...(rule.steps ?? []), rule].map(({ id, version, parameters }) => {
    const values = Object.entries(parameters ?? {}).map(([name, value]) => `, ${name} ${toNumber(value)}`)
    return `${id} (version ${version}${values.join('')})`
  })
  return parts.join(' + ')
}

/** Which rules hold for every number of updates, and why the others do not. */
function validityText({ ruleValidity, rules }: CharterReport): readonly string[] {
  const [first, last] = [rules[0]?.updates, rules.at(-1)?.updates]
  const always = ruleValidity.filter(({ invalidFor }) => invalidFor.length === 0).map(({ id }) => id)
  const others = ruleValidity.flatMap(({ id, invalidFor }) => {
    const [breach] = invalidFor
    return breach === undefined ? [] : [`  not ${id}, with ${breach.updates} updates: ${breach.reason}`]
  })
  return [`Rules that hold for ${first} to ${last} updates: ${always.join(', ')}`, ...others]
}

function trainingText({ training = {} }: Charter): readonly string[] {
  const words = Object.entries(training).map(
    ([key, value]) =>
      `${key} ${Array.isArray(value) ? toNumber([Number(value[0]), Number(value[1])]) : String(value)}`,
  )
  return words.length === 0 ? [] : [`agreed training: ${words.join(', ')}`]
}

/** A charter of a whole model has hundreds. */
const WHOLE_COUNT_SHOWN = 8

function wholeText(parts: NonNullable<Charter['layout']['dense']>): readonly string[] {
  if (parts.length === 0) return []
  const shown = parts.slice(0, WHOLE_COUNT_SHOWN).map(({ name, shape }) => `${name} [${shape.join(', ')}]`)
  const rest = parts.length > shown.length ? `, … (${parts.length} parameters)` : ''
  return [`trained whole: ${shown.join(', ')}${rest}`]
}

/** Everything that a member agrees to by signing. */
export function charterText(signed: SignedCharter): string {
  const { charter, digest } = signed
  const { layout, aggregation, limits } = charter
  const { signed: names, wrong } = readSignatures(signed)
  const state = (name: string): string =>
    names.includes(name) ? 'signed' : wrong.includes(name) ? 'WRONG SIGNATURE' : 'not signed'
  const [first] = layout.modules
  const lines = [
    `Charter ${toHex(digest)}`,
    '',
    tableText(
      ['member', 'weight', 'public key', ''],
      charter.members.map(({ name, weight, publicKey }) => [
        name,
        String(weight),
        toHex(publicKey),
        state(name),
      ]),
    ),
    '',
    `quorum q = ${charter.q} of ${charter.members.length}, lying members f = ${charter.f}, poisoned updates b = ${aggregation.b}, at least ${charter.minUpdates} updates`,
    `rules, in order of preference: ${aggregation.rules.map(ruleText).join(', ')}; weights ${aggregation.weights}; λ = ${toNumber(aggregation.lambda)}; ${aggregation.resultRank === undefined ? 'result exact' : `result of rank ${aggregation.resultRank}`}`,
    first === undefined
      ? `no adapters: the whole model is trained, ${layout.dtype}`
      : `adapter: ${layout.modules.length} modules such as ${first.name}, rank up to ${layout.rankMax}, scale ${toNumber(layout.scale)}, ${layout.dtype}`,
    ...wholeText(layout.dense ?? []),
    ...trainingText(charter),
    ...(layout.sharedA === undefined ? [] : [`A fixed for all, SHA-256 ${toHex(layout.sharedA)}`]),
    ...(layout.fisher === undefined ? [] : ['updates publish Fisher diagonals: train with --fisher']),
    `limits: update ${bytesText(limits.updateSizeBytes)}, norm ${toNumber(limits.updateNorm)} (module ${toNumber(limits.moduleNorm)}), entry ${toNumber(limits.entry)}, memory ${bytesText(limits.memoryBytes)}`,
    `reveal ${charter.reveal}, latecomers ${charter.latecomers ? 'yes' : 'no'}, kept for ${charter.retentionMs / 3_600_000} h`,
    '',
    tableText(
      ['round', 'starts from', 'commit by', 'cut at', 'late cuts', 'final at'],
      charter.rounds.map(({ basis, commitAtMs, cutAtMs, lateCutsAtMs, finalAtMs }, i) => [
        String(i + 1),
        basis === undefined ? 'base' : `round ${i}`,
        instantText(commitAtMs),
        instantText(cutAtMs),
        lateCutsAtMs.map(instantText).join(' ') || 'none',
        instantText(finalAtMs),
      ]),
    ),
    '',
    tableText(
      ['base model', 'SHA-256'],
      charter.baseModel.map(({ name, sha256 }) => [name, toHex(sha256)]),
    ),
  ]
  return lines.join('\n')
}

/** Digest, charter and signatures as JSON. */
export function charterDocument(signed: SignedCharter): Readonly<Record<string, Json>> {
  const { signed: names, missing, wrong } = readSignatures(signed)
  return {
    digest: toHex(signed.digest),
    inForce: missing.length === 0 && wrong.length === 0,
    signed: names,
    missing,
    wrong,
    charter: jsonOf(charterJson(signed.charter)),
    addresses: jsonOf(signed.addresses),
  }
}

/** What the charter's figures mean. */
export function reportText(report: CharterReport, remarks: readonly string[]): string {
  const { n, q, cost } = report
  const costs = [
    `each member sends up to ${bytesText(cost.sentBytesMax)} and receives ${bytesText(cost.receivedBytes)} (an update: ${bytesText(cost.updateSizeBytes)})`,
    `disk for a round: ${bytesText(cost.diskBytes)} (an aggregate: up to ${bytesText(cost.aggregateSizeBytes)}); memory for the arithmetic: ${bytesText(report.memoryBytes)}`,
  ]
  return [
    `${report.absentCountMax} of ${n} members may be absent: ${q} make a quorum.`,
    `${report.liarCountMax} of ${n} members may lie: two quorums then still share an honest one. The charter counts on ${report.f}.`,
    `${report.b} updates may be poisoned: the rules bear that many.`,
    ...report.rules.map(({ updates, rule }) => `  with ${updates} updates: ${ruleText(rule)}`),
    ...validityText(report),
    ...costs,
    ...remarks.map((remark) => `Note: ${remark}.`),
  ].join('\n')
}
