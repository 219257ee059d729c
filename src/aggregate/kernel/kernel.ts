/**
 * The WebAssembly module: loaded by digest, checked export by export, given a plan of its memory.
 *
 * In: the committed bytes. Out: its functions and an arena. Invariant: the host never adds two floats of the agreed path;
 * it moves bytes, counts, and passes addresses.
 */
import { fileURLToPath } from 'node:url'
import { toHex } from '../../core/bytes.ts'
import { sha256 } from '../../core/hash.ts'
import { asDigest, type Digest } from '../../core/ids.ts'
import { fromHex } from '../../core/bytes.ts'
import { assert } from '../../core/errors.ts'
import { readFileBounded, readText } from '../../files/index.ts'
import { aggregateError } from '../errors.ts'
import type { Address, KernelExports } from './exports.ts'

export type { KernelExports } from './exports.ts'

interface KernelLock {
  readonly sha256: string
  readonly exports: readonly { readonly name: string; readonly kind: string }[]
}

const WASM_SIZE_BYTES_MAX = 1 << 20
const PAGE_BYTES = 65_536
/** WebAssembly's 4 GiB, less one page so that no address wraps. */
const MEMORY_BYTES_MAX = 65_535 * PAGE_BYTES

const pathOf = (name: string): string => fileURLToPath(new URL(`./${name}`, import.meta.url))

async function readLock(): Promise<KernelLock> {
  return JSON.parse(await readText(pathOf('kernel.lock.json'), WASM_SIZE_BYTES_MAX)) as KernelLock
}

/** The digest that charters of this release pin. */
export async function kernelDigest(): Promise<Digest> {
  const bytes = fromHex((await readLock()).sha256)
  assert(bytes !== null, 'kernel.lock.json holds a digest')
  return asDigest(bytes)
}

interface Release {
  /** Of the package. */
  readonly version: string
  readonly sha256: string
}

/** Every kernel that was ever released stays in the package, so that old certificates can be computed again. */
export async function readReleases(): Promise<readonly Release[]> {
  return JSON.parse(
    await readText(pathOf('releases/releases.json'), WASM_SIZE_BYTES_MAX),
  ) as readonly Release[]
}

async function findRelease(digest: string): Promise<Release | null> {
  return (await readReleases()).find((release) => release.sha256 === digest) ?? null
}

function mismatch(file: string, expected: string, found: string) {
  return aggregateError(
    { code: 'KERNEL_MISMATCH', expected, found },
    `${file}: SHA-256 ${found}, expected ${expected}`,
    { hint: 'All members need the release of oneround whose kernel the charter names.' },
  )
}

/** A charter that names an old kernel and a rule of a newer one: no member can compute it. */
function outgrown({ version, sha256: expected }: Release, name: string) {
  return aggregateError(
    { code: 'KERNEL_MISMATCH', expected, found: expected },
    `the kernel of oneround ${version}, which the charter names, has no ${name}: the rule came later`,
    { hint: 'Draw up a charter with the kernel of today, or with a rule that this kernel has.' },
  )
}

/** A region of the module's memory that grows before use, never during arithmetic. */
export class Arena {
  readonly #exports: KernelExports
  #end: Address

  constructor(exports: KernelExports) {
    this.#exports = exports
    this.#end = exports.heapBase()
  }

  /** @returns address of `sizeBytes` zeroed bytes, 16-byte aligned @throws KERNEL_MEMORY */
  reserve(sizeBytes: number): Address {
    const start = this.#end
    const end = start + Math.ceil(sizeBytes / 16) * 16 + 16
    const { memory } = this.#exports
    if (end > MEMORY_BYTES_MAX) {
      throw aggregateError(
        { code: 'KERNEL_MEMORY', neededBytes: end, maxBytes: MEMORY_BYTES_MAX },
        `one module's factors of all members need ${end} bytes, at most ${MEMORY_BYTES_MAX} are there`,
        { hint: 'Lower the rank, or let fewer members take part.' },
      )
    }
    const missing = end - memory.buffer.byteLength
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES))
    this.#end = end
    this.bytes(start, sizeBytes).fill(0)
    return start
  }

  /** Marks where to go back to. */
  mark(): Address {
    return this.#end
  }

  release(mark: Address): void {
    this.#end = mark
  }

  /** A view; stale after the next `reserve`. */
  bytes(at: Address, sizeBytes: number): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer, at, sizeBytes)
  }

  doubles(at: Address, count: number): Float64Array {
    return new Float64Array(this.#exports.memory.buffer, at, count)
  }

  integers(at: Address, count: number): Int32Array {
    return new Int32Array(this.#exports.memory.buffer, at, count)
  }

  /** Numbers that the host was given, into f64 memory. */
  write(at: Address, numbers: readonly number[]): void {
    this.doubles(at, numbers.length).set(numbers)
  }

  /** Adds counts that another thread's kernel left, as bytes of its f64 memory, to those at `at`. Makes nothing that stays. */
  addWhole(at: Address, counts: Uint8Array): void {
    const own = this.doubles(at, counts.length >>> 3)
    const others = new Float64Array(counts.buffer, counts.byteOffset, own.length)
    for (let place = 0; place < own.length; place++) {
      const sum = (own[place] ?? 0) + (others[place] ?? 0)
      assert(Number.isSafeInteger(sum), 'the kernel left whole numbers here')
      own[place] = sum
    }
  }

  /** Whole numbers that the kernel left in f64 memory. */
  readWhole(at: Address, count: number): readonly number[] {
    const numbers = [...this.doubles(at, count)]
    assert(numbers.every(Number.isSafeInteger), 'the kernel left whole numbers here')
    return numbers
  }
}

export interface Kernel {
  readonly digest: Digest
  readonly exports: KernelExports
  readonly arena: Arena
}

/**
 * @param expected — the charter's digest; by default the committed one
 * @throws KERNEL_MISMATCH | KERNEL_ARITHMETIC
 */
export async function loadKernel(expected?: Digest): Promise<Kernel> {
  const lock = await readLock()
  const wanted = expected === undefined ? lock.sha256 : toHex(expected)
  const released = wanted === lock.sha256 ? null : await findRelease(wanted)
  const file = released === null ? 'kernel.wasm' : `releases/${released.sha256}.wasm`
  const bytes = await readFileBounded(pathOf(file), WASM_SIZE_BYTES_MAX)
  const digest = sha256(bytes)
  if (toHex(digest) !== wanted) throw mismatch(file, wanted, toHex(digest))
  const module = new WebAssembly.Module(new Uint8Array(bytes))
  const found = WebAssembly.Module.exports(module).map(({ name, kind }) => `${kind} ${name}`)
  const listed = lock.exports.map(({ name, kind }) => `${kind} ${name}`)
  if (released === null) assert(found.join() === listed.join(), 'the kernel exports what its lock file lists')
  const missing = lock.exports.filter(({ name, kind }) => !found.includes(`${kind} ${name}`))
  return instantiateKernel(bytes, released === null ? {} : refusalsOf(missing, released))
}

/** In place of functions that came after a release: certificates of that time ask for none of them. */
const refusalsOf = (
  missing: readonly { readonly name: string }[],
  released: Release,
): Readonly<Record<string, () => never>> =>
  Object.fromEntries(
    missing.map(({ name }) => [
      name,
      () => {
        throw outgrown(released, name)
      },
    ]),
  )

/** A kernel of any bytes: what loads one has compared their digest; tests load kernels that are wrong on purpose. */
export function instantiateKernel(
  bytes: Uint8Array,
  refusals: Readonly<Record<string, () => never>> = {},
): Kernel {
  const module = new WebAssembly.Module(new Uint8Array(bytes))
  const found: Readonly<Record<string, unknown>> = {
    ...new WebAssembly.Instance(module, {}).exports,
    ...refusals,
  }
  // Sound: names and kinds were compared with the lock file, which the tests compare with KernelExports.
  const exports = found as object as KernelExports
  const kernel: Kernel = { digest: sha256(bytes), exports, arena: new Arena(exports) }
  checkKnownAnswers(kernel)
  return kernel
}

/**
 * Inputs (f64, f64, f32, f32) and what `knownAnswers` must write, as hex. The answers come from numpy
 * (scripts/vectors/known_answers.py), so a processor in flush-to-zero mode or with another rounding is found out.
 */
const KNOWN_ANSWERS = [
  {
    // The smallest normal × ½ is a subnormal, not 0, in f64 and in f32.
    title: 'subnormals',
    doubles: [2.2250738585072014e-308, 0.5],
    singles: [1.1754943508222875e-38, 0.5],
    answer: '000000000000e03f0000000000000800000000000000200000000000000000200000400000000000',
  },
  {
    // 1 + 2⁻²⁴ + 2⁻⁵³ ties to even in f64; 1 + 2⁻²⁴ ties to even in f32.
    title: 'ties to even',
    doubles: [1.000000059604644775390625, 1.1102230246251565e-16],
    singles: [16777216, 1.0000001],
    answer: '000000100000f03f000000100000a03c0000001000004043feffff070000f03f0100804b0000803f',
  },
  {
    title: 'minus zero',
    doubles: [-0, 3],
    singles: [-1e-45, 0.25],
    answer: '00000000000008400000000000000080000000000000008000000000000000800000008000000080',
  },
] as const

/** @throws KERNEL_ARITHMETIC */
export function checkKnownAnswers({ exports, arena }: Kernel): void {
  const mark = arena.mark()
  const from = arena.reserve(32)
  const to = arena.reserve(48)
  for (const { title, doubles, singles, answer } of KNOWN_ANSWERS) {
    arena.doubles(from, 2).set(doubles)
    new Float32Array(exports.memory.buffer, from + 16, 2).set(singles)
    exports.knownAnswers(from, to)
    const found = toHex(arena.bytes(to, 40))
    if (found === answer) continue
    throw aggregateError(
      { code: 'KERNEL_ARITHMETIC', answer: found },
      `this machine's floating-point arithmetic gives a wrong answer (${title})`,
      { hint: 'Something in this process changed the rounding or flush-to-zero mode. Nothing was computed.' },
    )
  }
  arena.release(mark)
}
