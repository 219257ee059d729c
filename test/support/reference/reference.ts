/**
 * A second implementation of the aggregation: plain TypeScript on plain numbers, slow and obvious, written from
 * docs/CONFORMANCE.md. It shares no arithmetic with the kernel and must give the same bytes.
 * Nothing in src/ can import it.
 */
import { createHash } from 'node:crypto'
import { resolveRule, ruleText } from '../../../src/aggregate/rule-choice.ts'
import { bulyanChoice, weightsOf } from './combination.ts'
import { combineColumn, combineRows, dropRows, trimRows } from './coordinate.ts'
import { diagonalsOf, fisherMean } from './fisher.ts'
import { at, cell, type Matrix, median, range, rounded, sum } from './numbers.ts'
import {
  denseRows,
  distancesOf,
  type Factors,
  factorsOf,
  gramOf,
  normsOf,
  type Rows,
  takeStep,
} from './rows.ts'
import {
  bytesOf,
  hexOfDouble,
  hexOfSingles,
  type InputSet,
  type VectorAnswer,
  type VectorQuestion,
} from './vector.ts'

interface Tensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: readonly number[]
}

/** The answer, and the whole file that has that digest. */
export function answerByReference(
  set: InputSet,
  question: VectorQuestion,
): { readonly answer: VectorAnswer; readonly file: Uint8Array } {
  const updates = factorsOf(set)
  const rule = resolveRule(question.rule)
  const gram = gramOf(updates)
  const first: Rows = {
    shares: updates.map((_, i) => updates.map((_, j) => (i === j ? 1 : 0))),
    gram,
    square: distancesOf(updates, gram),
    claims: claimsOf(set, question, gram),
  }
  const seed = bytesOf(question.seed)
  let rows = first
  let areMeans = true
  for (const [index, { facts, parameter }] of rule.steps.entries()) {
    areMeans &&= facts.id !== 'clip'
    rows = takeStep(first, rows, { id: facts.id, index, b: question.b, seed, parameter, areMeans })
  }
  const lambda = question.lambda[0] / question.lambda[1]
  const shares = weightsOf(rule.facts.id, { rows, b: question.b, parameter: rule.parameter })
  const metadata = {
    form: shares === null && set.sharedA !== true ? 'dense' : 'stacked',
    format: 'oneround/aggregate@1',
    rule: ruleText(rule),
  }
  if (shares === null) {
    const mixing = rule.steps.length === 0 ? null : rows.shares
    const deltas = denseResult(set, updates, rows, mixing, question, rule.parameter)
    const parts = partTensors(set, deltas.slice(set.modules.length))
    const ofModules =
      set.sharedA === true
        ? sharedTensors(set, updates, deltas)
        : set.modules.map((_, k) => deltaTensor(set, k, at(deltas, k)))
    const file = fileOf(metadata, [...ofModules, ...parts])
    const named = [
      ...set.modules.map(({ name }, k) => [name, hexOfSingles(at(deltas, k))] as const),
      ...parts.map(({ values }, k) => [at(set.dense ?? [], k).name, hexOfSingles(values)] as const),
    ]
    return { answer: answerOf(file, null, Object.fromEntries(named)), file }
  }
  const weights =
    rule.steps.length === 0
      ? shares
      : updates.map((_, j) => sum(shares.map((share, i) => share * cell(rows.shares, i, j))))
  const file = fileOf(metadata, [
    ...(set.sharedA === true
      ? sharedTensors(
          set,
          updates,
          set.modules.map((_, k) => weightedRow(denseRows(updates, k, null, true), weights, lambda)),
        )
      : stackedTensors(set, updates, weights, lambda)),
    ...partTensors(
      set,
      range(at(updates, 0).length)
        .slice(set.modules.length)
        .map((k) => weightedRow(denseRows(updates, k, null, false), weights, lambda)),
    ),
  ])
  return { answer: answerOf(file, weights, null), file }
}

function answerOf(
  file: Uint8Array,
  weights: readonly number[] | null,
  delta: VectorAnswer['delta'],
): VectorAnswer {
  const sha256 = createHash('sha256').update(file).digest('hex')
  return { sha256, sizeBytes: file.length, weights: weights?.map(hexOfDouble) ?? null, delta }
}

function claimsOf({ inputs }: InputSet, { claims, b }: VectorQuestion, gram: Matrix): readonly number[] {
  if (claims === 'equal') return inputs.map(() => 1)
  if (claims === 'given') return inputs.map(({ claim }) => claim)
  const norms = normsOf(gram)
  const middle = median(norms)
  const whole = norms.map((norm) =>
    Math.min(2 ** 32, Math.max(1, norm === 0 ? 2 ** 32 : Math.floor((2 ** 20 * middle) / norm))),
  )
  const isSafe = (cap: number): boolean => {
    const capped = whole.map((claim) => Math.min(claim, cap)).sort((x, y) => y - x)
    return 2 * sum(capped.slice(0, b)) < sum(capped)
  }
  // Safe caps are 1 … c*.
  let [cap, unsafe] = [1, Math.max(...whole) + 1]
  while (unsafe - cap > 1) {
    const middleCap = Math.floor((cap + unsafe) / 2)
    if (isSafe(middleCap)) cap = middleCap
    else unsafe = middleCap
  }
  return whole.map((claim) => Math.min(claim, cap))
}

function denseResult(
  set: InputSet,
  updates: readonly (readonly Factors[])[],
  rows: Rows,
  shares: Matrix | null,
  { rule: { id }, b, seed, lambda: [numerator, denominator] }: VectorQuestion,
  parameter: (name: string) => readonly [number, number],
): readonly (readonly number[])[] {
  const { modules, sharedA } = set
  const all = at(updates, 0).map((_, k) =>
    denseRows(updates, k, shares, sharedA === true && k < modules.length),
  )
  const chosen = id === 'bulyan' ? bulyanChoice(rows, b) : range(rows.claims.length)
  const kept = all.map((matrix) => chosen.map((i) => at(matrix, i)))
  const prepared =
    id === 'ties'
      ? trimRows(kept, parameter('density'))
      : id.startsWith('dare')
        ? dropRows(kept, parameter('density'), bytesOf(seed))
        : kept
  if (id === 'fisher-mean') {
    const diagonals = diagonalsOf(set)
    return prepared.map((matrix, k) =>
      fisherMean(matrix, at(diagonals, k), b).map((value) => rounded((numerator / denominator) * value)),
    )
  }
  const claims = chosen.map((i) => at(rows.claims, i))
  return prepared.map((matrix) =>
    combineRows(matrix, (values) => combineColumn(id, values, claims, b), numerator / denominator),
  )
}

function deltaTensor({ modules }: InputSet, k: number, values: readonly number[]): Tensor {
  const { name, in: width, out } = at(modules, k)
  return { name: `${name}.delta`, shape: [out, width], values }
}

/** Dense parts from their blocks, one after the other. */
function partTensors({ dense = [] }: InputSet, blocks: readonly (readonly number[])[]): readonly Tensor[] {
  const left = blocks.flat()
  return dense.map(({ name, shape }) => {
    const count = shape.reduce((product, size) => product * size, 1)
    return { name: `${name}.dense`, shape, values: left.splice(0, count) }
  })
}

/** λ · Σ wᵢ·rowᵢ, i ascending. */
const weightedRow = (rows: Matrix, weights: readonly number[], lambda: number): readonly number[] =>
  at(rows, 0).map((_, c) => rounded(lambda * sum(rows.map((row, i) => at(weights, i) * at(row, c)))))

/** A as all updates have it, and the B that a rule gave. */
function sharedTensors(
  { modules }: InputSet,
  updates: readonly (readonly Factors[])[],
  results: readonly (readonly number[])[],
): readonly Tensor[] {
  return modules.flatMap(({ name, in: width, out }, k) => {
    const { a } = at(at(updates, 0), k)
    return [
      { name: `${name}.lora_A`, shape: [a.length, width], values: a.flat() },
      { name: `${name}.lora_B`, shape: [out, a.length], values: at(results, k) },
    ]
  })
}

function stackedTensors(
  { modules }: InputSet,
  updates: readonly (readonly Factors[])[],
  weights: readonly number[],
  lambda: number,
): readonly Tensor[] {
  return modules.flatMap(({ name, in: width, out }, k) => {
    const used = updates.flatMap((factors, i) =>
      at(weights, i) === 0 ? [] : [{ ...at(factors, k), weight: at(weights, i) }],
    )
    const rank = sum(used.map(({ a }) => a.length))
    const a = used.flatMap((each) => each.a.flat())
    const b = range(out).flatMap((o) =>
      used.flatMap((each) =>
        each.b.map((column) => rounded(lambda * (each.weight * each.scale) * at(column, o))),
      ),
    )
    return [
      { name: `${name}.lora_A`, shape: [rank, width], values: a },
      { name: `${name}.lora_B`, shape: [out, rank], values: b },
    ]
  })
}

/** The canonical safetensors file. */
function fileOf(metadata: Readonly<Record<string, string>>, tensors: readonly Tensor[]): Uint8Array {
  const sorted = [...tensors].sort((x, y) => (x.name < y.name ? -1 : 1))
  let end = 0
  const parts = sorted.map(({ name, shape, values }) => {
    const begin = end
    end += 4 * values.length
    return `"${name}":{"dtype":"F32","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`
  })
  const texts = Object.entries(metadata).map(([key, text]) => `"${key}":"${text}"`)
  const json = `{"__metadata__":{${texts.join(',')}},${parts.join(',')}}`
  const header = json.padEnd(Math.ceil(json.length / 8) * 8, ' ')
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(BigInt(header.length))
  const data = sorted.map(({ values }) => Buffer.from(hexOfSingles(values), 'hex'))
  return Buffer.concat([prefix, Buffer.from(header, 'latin1'), ...data])
}
