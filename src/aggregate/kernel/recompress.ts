/**
 * An aggregate → the best approximation of each module's ΔW by factors of a given rank, inside the kernel process.
 *
 * Stacked factors: ΔW = B·A with B = Q_B·R_B and Aᵀ = Q_A·R_A, so the singular values of the small core R_B·R_Aᵀ are those
 * of ΔW, exactly; no dense matrix is formed. Dense results: subspace iteration from a fixed start with a fixed number of
 * steps gives the factors whose core is taken. The root of each singular value goes to either side, so that neither
 * factor outgrows half precision. A module whose rank is small enough already is copied.
 * All arithmetic is the kernel's: the result is as reproducible as the aggregate itself.
 * Source: Eckart and Young 1936 (truncation is the best approximation); Halko, Martinsson and Tropp 2011,
 * arXiv:0909.4061, Algorithm 4.4 (randomised subspace iteration).
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
import type { AggregateModulePlace, RecompressedModule, RecompressFigures, RecompressJob } from '../job.ts'
import { checkKnownAnswers, type Kernel } from './kernel.ts'

/** A bound only: random cores of 160 columns settle in 10. */
const SWEEP_COUNT = 30
/** Columns beyond the rank that the subspace iteration carries, and how often it goes through ΔW and back. */
const SPARE_COLUMN_COUNT = 8
const ITERATION_COUNT = 6
/** Start of the generator of signs; any number but 0 would do, and changing it changes digests. */
const SEED = 0x6f6e6531

/** C = U·Σ·Vᵀ between orthonormal columns: ΔW ≈ left · C · rightᵀ. Addresses in the kernel's memory. */
interface Core {
  /** f64 [leftCount] columns of `out` entries. */
  readonly left: number
  readonly leftCount: number
  /** f64 [rightCount] columns of `in` entries. */
  readonly right: number
  readonly rightCount: number
  /** f64, `rightCount` columns of `leftCount` entries. */
  readonly core: number
  /** ‖ΔW‖², if it is not the core's own. */
  readonly energy: number | null
}

interface Factors {
  readonly a: Uint8Array
  readonly b: Uint8Array
  readonly figures: RecompressedModule
}

export async function runRecompress(
  kernel: Kernel,
  job: RecompressJob,
  onStep: (done: number, total: number) => void,
): Promise<RecompressFigures> {
  checkKnownAnswers(kernel)
  const start = kernel.arena.mark()
  const writer = await openAtomicWriter(job.outputPath)
  const reader = await openReader(job.path)
  try {
    const header = await writeHeader(writer, job)
    const modules: RecompressedModule[] = []
    for (const place of job.modules) {
      const { a, b, figures } = await recompressModule(kernel, reader, place, rankOf(place, job.rank))
      await writer.writeAt(a, offsetOf(header, `${place.name}.lora_A`))
      await writer.writeAt(b, offsetOf(header, `${place.name}.lora_B`))
      modules.push(figures)
      onStep(modules.length, job.modules.length)
    }
    for (const { name, offset, sizeBytes } of job.parts)
      await copyPart(reader, writer, { from: offset, to: offsetOf(header, name), sizeBytes })
    checkKnownAnswers(kernel)
    await writer.commit()
    const digest = toHex(await fileDigest(job.outputPath))
    return { digest, sizeBytes: header.fileSizeBytes, modules }
  } finally {
    kernel.arena.release(start)
    await reader.close()
    await writer.abort()
  }
}

const rankOf = (place: AggregateModulePlace, rank: number): number =>
  Math.min(rank, place.in, place.out, place.form === 'stacked' ? place.rank : rank)

async function writeHeader(writer: AtomicWriter, job: RecompressJob): Promise<SafetensorsHeader> {
  const tensors = job.modules.flatMap((place): TensorLayout[] => {
    const rank = rankOf(place, job.rank)
    return [
      { name: `${place.name}.lora_A`, dtype: 'F32', shape: [rank, place.in] },
      { name: `${place.name}.lora_B`, dtype: 'F32', shape: [place.out, rank] },
    ]
  })
  const parts = job.parts.map(({ name, shape }): TensorLayout => ({ name, dtype: 'F32', shape }))
  const metadata = new Map([
    ['form', 'stacked'],
    ['format', 'oneround/aggregate@1'],
    ['rank', `${job.rank}`],
    ['rule', job.rule],
  ])
  const { prefix, header } = encodeHeader([...tensors, ...parts], metadata)
  await writer.writeAt(prefix, 0)
  return header
}

const COPY_BYTES = 1 << 22

async function copyPart(
  reader: Reader,
  writer: AtomicWriter,
  { from, to, sizeBytes }: { readonly from: number; readonly to: number; readonly sizeBytes: number },
): Promise<void> {
  for (let done = 0; done < sizeBytes; done += COPY_BYTES)
    await writer.writeAt(await reader.read(from + done, Math.min(COPY_BYTES, sizeBytes - done)), to + done)
}

function offsetOf(header: SafetensorsHeader, name: string): number {
  const entry = header.entries.find((each) => each.name === name)
  assert(entry !== undefined, `the header holds ${name}`)
  return entry.offset
}

async function recompressModule(
  kernel: Kernel,
  reader: Reader,
  place: AggregateModulePlace,
  rank: number,
): Promise<Factors> {
  const { arena } = kernel
  const mark = arena.mark()
  try {
    if (place.form === 'stacked' && place.rank === rank) return await copied(kernel, reader, place)
    const core =
      place.form === 'stacked'
        ? await coreOfFactors(kernel, reader, place)
        : await coreOfDense(kernel, reader, place, rank)
    return truncate(kernel, place, core, rank)
  } finally {
    arena.release(mark)
  }
}

type Stacked = Extract<AggregateModulePlace, { form: 'stacked' }>
type Dense = Extract<AggregateModulePlace, { form: 'dense' }>

async function copied(kernel: Kernel, reader: Reader, place: Stacked): Promise<Factors> {
  const { name, rank, in: width, out, aOffset, bOffset } = place
  const a = await reader.read(aOffset, 4 * rank * width)
  const b = await reader.read(bOffset, 4 * rank * out)
  const { core, leftCount, rightCount } = await coreOfFactors(kernel, reader, place)
  const energy = kernel.arena
    .doubles(core, leftCount * rightCount)
    .reduce((sum, value) => sum + value ** 2, 0)
  return { a, b, figures: { name, rank, energy, keptEnergy: energy } }
}

/** Reads f32 values of the aggregate, which the kernel wrote: finite, without −0. @returns their address */
async function load({ arena }: Kernel, reader: Reader, offset: number, count: number): Promise<number> {
  const bytes = await reader.read(offset, 4 * count)
  const at = arena.reserve(4 * count)
  arena.bytes(at, 4 * count).set(bytes)
  return at
}

async function coreOfFactors(
  kernel: Kernel,
  reader: Reader,
  { in: width, out, rank, aOffset, bOffset }: Stacked,
): Promise<Core> {
  const { arena, exports } = kernel
  const b = await load(kernel, reader, bOffset, out * rank)
  const columnsB = arena.reserve(8 * out * rank)
  exports.promoteTransposed(b, out, rank, columnsB)
  const left = qr(kernel, columnsB, out, rank)
  const a = await load(kernel, reader, aOffset, rank * width)
  // The rows of A are the columns of its transpose.
  const columnsA = arena.reserve(8 * rank * width)
  exports.promote(a, columnsA, rank * width)
  const right = qr(kernel, columnsA, width, rank)
  const core = arena.reserve(8 * left.count * right.count)
  exports.multiplyTransposed(left.triangle, left.count, right.triangle, right.count, rank, core)
  return { left: left.q, leftCount: left.count, right: right.q, rightCount: right.count, core, energy: null }
}

interface Qr {
  /** f64, `count` orthonormal columns. */
  readonly q: number
  readonly count: number
  /** f64 [count, columns], row-major. */
  readonly triangle: number
}

/** QR of `columnCount` columns of `length` entries, which are used up. */
function qr({ arena, exports }: Kernel, columns: number, length: number, columnCount: number): Qr {
  const count = Math.min(length, columnCount)
  const q = arena.reserve(8 * count * length)
  const triangle = arena.reserve(8 * count * columnCount)
  exports.factorQr(columns, length, columnCount, arena.reserve(8 * count), q, triangle)
  return { q, count, triangle }
}

async function coreOfDense(
  kernel: Kernel,
  reader: Reader,
  { in: width, out, offset }: Dense,
  rank: number,
): Promise<Core> {
  const { arena, exports } = kernel
  const count = Math.min(rank + SPARE_COLUMN_COUNT, width, out)
  const matrix = await load(kernel, reader, offset, out * width)
  const energy = exports.dot(matrix, matrix, out * width)
  const row = arena.reserve(8 * width)
  const wide = arena.reserve(8 * count * width)
  const tall = arena.reserve(8 * count * out)
  exports.fillSigns(wide, count * width, SEED)
  exports.multiplyRows(matrix, out, width, wide, count, row, tall)
  const mark = arena.mark()
  let left = qr(kernel, tall, out, count)
  for (let step = 0; step < ITERATION_COUNT; step++) {
    exports.multiplyColumns(matrix, out, width, left.q, count, row, wide)
    arena.release(mark)
    const right = qr(kernel, wide, width, count)
    exports.multiplyRows(matrix, out, width, right.q, count, row, tall)
    arena.release(mark)
    left = qr(kernel, tall, out, count)
  }
  exports.multiplyColumns(matrix, out, width, left.q, count, row, wide)
  // ΔW ≈ Q·Zᵀ with Z = Q_A·R_A: the core is R_Aᵀ, whose columns are the rows of R_A.
  const right = qr(kernel, wide, width, count)
  return { left: left.q, leftCount: count, right: right.q, rightCount: count, core: right.triangle, energy }
}

function truncate(
  { arena, exports }: Kernel,
  { name, in: width, out }: AggregateModulePlace,
  { left, leftCount, right, rightCount, core, energy }: Core,
  rank: number,
): Factors {
  const v = arena.reserve(8 * rightCount * rightCount)
  exports.jacobi(core, leftCount, rightCount, v, SWEEP_COUNT)
  const squares = arena.reserve(8 * rightCount)
  const order = arena.reserve(4 * rightCount)
  exports.squaredValues(core, leftCount, rightCount, squares)
  exports.orderDescending(squares, rightCount, order)
  const columnA = arena.reserve(8 * width)
  const columnB = arena.reserve(8 * out)
  const a = arena.reserve(4 * rank * width)
  const b = arena.reserve(4 * rank * out)
  const values = [...arena.doubles(squares, rightCount)]
  const places = [...arena.integers(order, rightCount)].slice(0, rank)
  for (const [t, k] of places.entries()) {
    const square = values[k] ?? 0
    const leftWeights = core + 8 * k * leftCount
    const rightWeights = v + 8 * k * rightCount
    exports.divideByRoot(leftWeights, leftCount, square)
    exports.multiplyByRoot(rightWeights, rightCount, square)
    exports.combineColumns(left, out, leftCount, leftWeights, columnB)
    exports.combineColumns(right, width, rightCount, rightWeights, columnA)
    const isTurned = exports.isTurned(columnB, out) !== 0
    exports.demote(columnB, out, isTurned, b + 4 * t, 4 * rank)
    exports.demote(columnA, width, isTurned, a + 4 * t * width, 4)
  }
  const kept = places.reduce((sum, k) => sum + (values[k] ?? 0), 0)
  return {
    a: arena.bytes(a, 4 * rank * width).slice(),
    b: arena.bytes(b, 4 * rank * out).slice(),
    figures: {
      name,
      rank,
      energy: energy ?? values.reduce((sum, value) => sum + value, 0),
      keptEnergy: kept,
    },
  }
}
