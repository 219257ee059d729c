/**
 * One aggregation, from files to a file, inside the kernel process.
 *
 * Pass 1: inner products, module by module. Then distances, of which those that have cancelled are recomputed from the
 * differences in a second pass. Then the rule. Pass 3 writes the aggregate: stacked factors for combination rules, dense
 * rows for coordinate rules. Memory: the factors of one module of all inputs, and one tile.
 * Everything is in the job's order (modules by name, inputs by roster), so the result is a function of the job alone.
 */
import { toHex } from '../../core/bytes.ts'
import { assert } from '../../core/errors.ts'
import { encodeHeader, type SafetensorsHeader, type TensorLayout } from '../../core/safetensors.ts'
import {
  type AtomicWriter,
  fileDigest,
  openAtomicWriter,
  openReader,
  type Reader,
} from '../../files/index.ts'
import { aggregateError } from '../errors.ts'
import type { AggregateFigures, AggregateJob, InputFigures, JobModule } from '../job.ts'
import { ruleNamed } from '../rule-book.ts'
import type { AggregationRule, CombinationRule, CoordinateRule } from '../rules/rule.ts'
import { ENTRY_BYTES, loadFactors } from './factors.ts'
import { checkKnownAnswers, type Kernel } from './kernel.ts'

/** Coordinates of one tile, all members: rows are grouped up to this many; part of no definition (a coordinate is alone). */
const TILE_COORDINATE_COUNT = 1 << 16

export type OnStep = (done: number, total: number) => void

/** Addresses of the arrays that live as long as the job. */
interface Arrays {
  readonly gram: number
  readonly square: number
  readonly norms: number
  readonly claims: number
  readonly ones: number
  readonly keep: number
  readonly scores: number
  readonly scratch: number
  readonly weights: number
}

export async function runAggregate(
  kernel: Kernel,
  job: AggregateJob,
  onStep: OnStep,
): Promise<AggregateFigures> {
  const rule = ruleNamed(job.rule)
  // The process lives long and answers many jobs: what held when it was loaded need not hold now.
  checkKnownAnswers(kernel)
  const start = kernel.arena.mark()
  const readers: Reader[] = []
  const writer = await openAtomicWriter(job.outputPath)
  try {
    for (const { path } of job.inputs) readers.push(await openReader(path))
    const arrays = reserveArrays(kernel, job)
    const total = 2 * job.modules.length
    await addInnerProducts(kernel, job, readers, arrays, (done) => onStep(done, total))
    await findDistances(kernel, job, readers, arrays)
    kernel.exports.norms(arrays.gram, job.inputs.length, arrays.norms)
    const step = (done: number) => onStep(job.modules.length + done, total)
    const figures =
      rule.family === 'combination'
        ? await combine(kernel, job, rule, { readers, arrays, writer, onStep: step })
        : await combineTiles(kernel, job, rule, { readers, arrays, writer, onStep: step })
    checkKnownAnswers(kernel)
    await writer.commit()
    return {
      digest: toHex(await fileDigest(job.outputPath)),
      sizeBytes: figures.header.fileSizeBytes,
      inputs: figures.inputs,
      norm: figures.norm,
    }
  } finally {
    kernel.arena.release(start)
    await writer.abort()
    for (const reader of readers) await reader.close()
  }
}

function reserveArrays({ arena }: Kernel, { inputs }: AggregateJob): Arrays {
  const m = inputs.length
  const doubles = (count: number) => arena.reserve(8 * count)
  const arrays: Arrays = {
    gram: doubles(m * m),
    square: doubles(m * m),
    norms: doubles(m),
    claims: doubles(m),
    ones: doubles(m),
    keep: arena.reserve(4 * m),
    scores: doubles(m),
    scratch: doubles(m),
    weights: doubles(m),
  }
  arena.doubles(arrays.claims, m).set(inputs.map(({ claim }) => claim))
  arena.doubles(arrays.ones, m).fill(1)
  arena.integers(arrays.keep, m).fill(1)
  return arrays
}

/** Loads one module's factors, works on them, gives the memory back. @throws INPUT_NOT_FINITE */
async function withFactors<T>(
  kernel: Kernel,
  job: AggregateJob,
  readers: readonly Reader[],
  index: number,
  work: (table: number, module: JobModule) => T,
): Promise<T> {
  const module = job.modules[index]
  assert(module !== undefined, 'a module of the job')
  const places = job.inputs.map(({ factors }) => {
    const place = factors[index]
    assert(place !== undefined, 'every input has every module')
    return place
  })
  const mark = kernel.arena.mark()
  const loaded = await loadFactors(kernel, module, readers, places)
  if ('notFinite' in loaded) {
    const { input, factor, index: at } = loaded.notFinite
    const file = job.inputs[input]?.path ?? ''
    const tensor = `${module.name}.lora_${factor}`
    throw aggregateError(
      { code: 'INPUT_NOT_FINITE', file, tensor, index: at },
      `${file}: tensor ${tensor} holds a value that is not finite, at ${at}`,
    )
  }
  const result = await work(loaded.table, module)
  kernel.arena.release(mark)
  return result
}

async function addInnerProducts(
  kernel: Kernel,
  job: AggregateJob,
  readers: readonly Reader[],
  { gram }: Arrays,
  onStep: (done: number) => void,
): Promise<void> {
  for (const index of job.modules.keys()) {
    await withFactors(kernel, job, readers, index, (table, module) =>
      kernel.exports.addGram(table, job.inputs.length, module.in, module.out, gram),
    )
    onStep(index + 1)
  }
}

async function findDistances(
  kernel: Kernel,
  job: AggregateJob,
  readers: readonly Reader[],
  { gram, square }: Arrays,
): Promise<void> {
  const { exports, arena } = kernel
  const m = job.inputs.length
  exports.distances(gram, m, square)
  const cancelled: (readonly [number, number])[] = []
  for (let i = 0; i < m; i++) {
    for (let j = i + 1; j < m; j++)
      if (exports.isCancelled(gram, square, m, i, j) !== 0) cancelled.push([i, j])
  }
  if (cancelled.length === 0) return
  for (const [i, j] of cancelled) exports.clearDistance(square, m, i, j)
  for (const index of job.modules.keys()) {
    await withFactors(kernel, job, readers, index, (table, module) => {
      const rowI = arena.reserve(8 * module.in)
      const rowJ = arena.reserve(8 * module.in)
      for (const [i, j] of cancelled) {
        exports.addDifference(table, i, j, module.in, module.out, rowI, rowJ, m, square)
      }
    })
  }
}

interface Means {
  readonly readers: readonly Reader[]
  readonly arrays: Arrays
  readonly writer: AtomicWriter
  readonly onStep: (done: number) => void
}

interface Written {
  readonly header: SafetensorsHeader
  readonly inputs: readonly InputFigures[]
  readonly norm: number
}

async function combine(
  kernel: Kernel,
  job: AggregateJob,
  rule: CombinationRule,
  { readers, arrays, writer, onStep }: Means,
): Promise<Written> {
  const { exports, arena } = kernel
  const m = job.inputs.length
  rule.weigh({ kernel: exports, m, b: job.b, ...arrays })
  const weights = [...arena.doubles(arrays.weights, m)]
  const kept = weights.flatMap((weight, input) => (weight === 0 ? [] : [input]))
  const rankOf = (index: number) =>
    kept.reduce((sum, input) => sum + (job.inputs[input]?.factors[index]?.rank ?? 0), 0)
  const tensors = job.modules.flatMap(({ name, in: inCount, out }, index): TensorLayout[] => [
    { name: `${name}.lora_A`, dtype: 'F32', shape: [rankOf(index), inCount] },
    { name: `${name}.lora_B`, dtype: 'F32', shape: [out, rankOf(index)] },
  ])
  const header = await writeHeader(writer, rule, tensors)
  for (const index of job.modules.keys()) {
    const rank = rankOf(index)
    const parts = await withFactors(kernel, job, readers, index, (table, module) => {
      const sizeA = 4 * rank * module.in
      const sizeB = 4 * rank * module.out
      const a = arena.reserve(sizeA)
      const b = arena.reserve(sizeB)
      let column = 0
      for (const input of kept) {
        const entry = table + ENTRY_BYTES * input
        exports.stackA(entry, module.in, a + 4 * column * module.in)
        exports.stackB(entry, module.out, rank, column, weights[input] ?? 0, ...job.lambda, b)
        column += job.inputs[input]?.factors[index]?.rank ?? 0
      }
      return { name: module.name, a: arena.bytes(a, sizeA).slice(), b: arena.bytes(b, sizeB).slice() }
    })
    await writeTensor(writer, header, `${parts.name}.lora_A`, parts.a)
    await writeTensor(writer, header, `${parts.name}.lora_B`, parts.b)
    onStep(index + 1)
  }
  return { header, ...figuresOfWeights(kernel, job, rule, arrays, weights) }
}

/** What a report says. Not agreed on, so the host may compute it. */
function figuresOfWeights(
  { arena }: Kernel,
  job: AggregateJob,
  rule: CombinationRule,
  arrays: Arrays,
  weights: readonly number[],
): { readonly inputs: readonly InputFigures[]; readonly norm: number } {
  const m = weights.length
  const gram = arena.doubles(arrays.gram, m * m)
  const norms = [...arena.doubles(arrays.norms, m)]
  const scores = [...arena.doubles(arrays.scores, m)]
  const toResult = norms.map((_, i) =>
    weights.reduce((sum, weight, j) => sum + weight * (gram[i * m + j] ?? 0), 0),
  )
  const square = weights.reduce((sum, weight, i) => sum + weight * (toResult[i] ?? 0), 0)
  const resultNorm = Math.sqrt(Math.max(0, square))
  const isScored = rule.scoreName !== undefined
  const isClipping = rule.id === 'clipped-mean'
  const middle = isClipping ? medianOf(norms) : Number.POSITIVE_INFINITY
  const [numerator, denominator] = job.lambda
  return {
    norm: (resultNorm * numerator) / denominator,
    inputs: norms.map((norm, i) => ({
      weight: weights[i] ?? 0,
      norm,
      cosine: cosineOf(toResult[i] ?? 0, norm, resultNorm),
      score: isScored ? (scores[i] ?? 0) : null,
      clipped: norm > middle,
      leftOut: weights[i] === 0,
    })),
  }
}

/** 0 where there is no direction; rounding must not take it beyond ±1. */
function cosineOf(product: number, one: number, other: number): number {
  return one === 0 || other === 0 ? 0 : Math.min(1, Math.max(-1, product / (one * other)))
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[sorted.length >> 1] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] ?? 0) + upper) / 2
}

async function combineTiles(
  kernel: Kernel,
  job: AggregateJob,
  rule: CoordinateRule,
  { readers, arrays, writer, onStep }: Means,
): Promise<Written> {
  const { exports, arena } = kernel
  const m = job.inputs.length
  const tensors = job.modules.map(({ name, in: inCount, out }): TensorLayout => {
    return { name: `${name}.delta`, dtype: 'F32', shape: [out, inCount] }
  })
  const header = await writeHeader(writer, rule, tensors)
  const toResult = Array.from({ length: m }, () => 0)
  let square = 0
  for (const index of job.modules.keys()) {
    await withFactors(kernel, job, readers, index, async (table, module) => {
      const rowCountMax = Math.max(1, Math.floor(TILE_COORDINATE_COUNT / module.in))
      const stride = Math.ceil((4 * rowCountMax * module.in) / 16) * 16
      const tiles = arena.reserve(stride * m + 16)
      const row = arena.reserve(8 * module.in)
      const keys = arena.reserve(16 * m)
      const to = arena.reserve(stride)
      for (let first = 0; first < module.out; first += rowCountMax) {
        const rowCount = Math.min(rowCountMax, module.out - first)
        for (let input = 0; input < m; input++) {
          const entry = table + ENTRY_BYTES * input
          exports.denseTile(entry, first, rowCount, module.in, module.out, row, tiles + stride * input)
        }
        const count = rowCount * module.in
        const [numerator, denominator] = job.lambda
        rule.combineTile({
          kernel: exports,
          m,
          b: job.b,
          tiles,
          stride,
          count,
          numerator,
          denominator,
          keys,
          to,
        })
        for (let input = 0; input < m; input++) {
          toResult[input] = (toResult[input] ?? 0) + exports.dot(tiles + stride * input, to, count)
        }
        square += exports.dot(to, to, count)
        const offset = offsetOf(header, `${module.name}.delta`) + 4 * first * module.in
        await writer.writeAt(arena.bytes(to, 4 * count).slice(), offset)
      }
    })
    onStep(index + 1)
  }
  const norm = Math.sqrt(square)
  const norms = [...arena.doubles(arrays.norms, m)]
  const inputs = norms.map((own, i): InputFigures => {
    const cosine = cosineOf(toResult[i] ?? 0, own, norm)
    return { weight: null, norm: own, cosine, score: null, clipped: false, leftOut: false }
  })
  return { header, inputs, norm }
}

/** Writes the canonical header; says where each tensor goes. */
async function writeHeader(
  writer: AtomicWriter,
  rule: AggregationRule,
  tensors: readonly TensorLayout[],
): Promise<SafetensorsHeader> {
  const metadata = new Map([
    ['form', rule.family === 'combination' ? 'stacked' : 'dense'],
    ['format', 'oneround/aggregate@1'],
    ['rule', `${rule.id}@${rule.version}`],
  ])
  const { prefix, header } = encodeHeader(tensors, metadata)
  await writer.writeAt(prefix, 0)
  return header
}

function offsetOf(header: SafetensorsHeader, name: string): number {
  const entry = header.entries.find((each) => each.name === name)
  assert(entry !== undefined, `the header holds ${name}`)
  return entry.offset
}

async function writeTensor(
  writer: AtomicWriter,
  header: SafetensorsHeader,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  await writer.writeAt(bytes, offsetOf(header, name))
}
