/**
 * What lives as long as a job: the addresses of its arrays, and one module's factors at a time.
 * In: a job and its open files. Out: kernel memory filled with what the kernel reads. Nothing is computed here.
 */
import { fromHex } from '../../core/bytes.ts'
import { assert } from '../../core/errors.ts'
import type { Reader } from '../../files/index.ts'
import { aggregateError } from '../errors.ts'
import type { AggregateJob, JobModule } from '../job.ts'
import type { Address } from './exports.ts'
import { loadDiagonals } from './diagonals.ts'
import { loadFactors } from './factors.ts'
import type { Kernel } from './kernel.ts'

const SEED_BYTES = 8

/** f64 unless said otherwise; m is the number of inputs. */
export interface Arrays {
  /** [m, m] */
  readonly gram: Address
  readonly square: Address
  /** [m] */
  readonly norms: Address
  readonly claims: Address
  readonly ones: Address
  readonly scores: Address
  readonly scratch: Address
  /** Of rows: what the rule gave. */
  readonly shares: Address
  /** Of inputs: what that means for them. */
  readonly weights: Address
  /** i32 [m] */
  readonly keep: Address
  readonly clipped: Address
  readonly used: Address
  readonly order: Address
  /** [m·m + 4m] */
  readonly wide: Address
  /** The first 8 bytes of the seed. */
  readonly seed: Address
}

/** A job under way. */
export interface Run {
  readonly kernel: Kernel
  readonly job: AggregateJob
  readonly readers: readonly Reader[]
  readonly arrays: Arrays
}

export function reserveArrays({ arena }: Kernel, { inputs, seed }: AggregateJob): Arrays {
  const m = inputs.length
  const doubles = (count: number) => arena.reserve(8 * count)
  const integers = (count: number) => arena.reserve(4 * count)
  const arrays: Arrays = {
    gram: doubles(m * m),
    square: doubles(m * m),
    norms: doubles(m),
    claims: doubles(m),
    ones: doubles(m),
    scores: doubles(m),
    scratch: doubles(m),
    shares: doubles(m),
    weights: doubles(m),
    keep: integers(m),
    clipped: integers(m),
    used: integers(m),
    order: integers(m),
    wide: doubles(m * m + 4 * m),
    seed: arena.reserve(SEED_BYTES),
  }
  arena.write(
    arrays.claims,
    inputs.map(({ claim }) => claim),
  )
  arena.write(
    arrays.ones,
    inputs.map(() => 1),
  )
  if (seed !== null) {
    const bytes = fromHex(seed)
    assert(bytes !== null && bytes.length >= SEED_BYTES, 'a seed is at least 8 bytes, in hex')
    arena.bytes(arrays.seed, SEED_BYTES).set(bytes.subarray(0, SEED_BYTES))
  }
  return arrays
}

/**
 * Loads one module's Fisher diagonals; they stay until what encloses the call gives its memory back.
 * @param module — as tiles see it
 * @throws INPUT_NOT_FINITE
 */
export async function diagonalsOf(
  { kernel, job, readers }: Run,
  index: number,
  module: JobModule,
): Promise<Address> {
  const places = job.inputs.map(({ factors }) => {
    const place = factors[index]?.fisher
    assert(place !== undefined, 'every input publishes a diagonal of every module')
    return place
  })
  const loaded = await loadDiagonals(kernel, module, readers, places)
  if ('table' in loaded) return loaded.table
  const { input, index: at, isNegative } = loaded.fault
  const file = job.inputs[input]?.path ?? ''
  const tensor = `${module.name}.fisher`
  throw aggregateError(
    { code: 'INPUT_NOT_FINITE', file, tensor, index: at },
    `${file}: the Fisher diagonal of ${module.name} holds a value that is ${isNegative ? 'negative' : 'not finite'}, at ${at}`,
  )
}

/** Loads one module's factors, works on them, gives the memory back. @throws INPUT_NOT_FINITE */
export async function withFactors<T>(
  { kernel, job, readers }: Run,
  index: number,
  work: (table: Address, module: JobModule) => T,
): Promise<Awaited<T>> {
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
