/**
 * From an adapter to the update that a member publishes: one canonical safetensors file and its manifest.
 *
 * In: LoRA factors by module, with the scale they were trained at. Out: tensors `<module>.lora_A` [r, in] and
 * `<module>.lora_B` [out, r] in byte order of their names, in the layout's dtype; metadata `format` and `nonce`.
 * The scale is the charter's s and never the update's: an adapter trained at another alpha/r has its B multiplied by
 * (its scale / s) in f32, one rounding an entry, exact when the two are equal. Parameters that are trained whole travel as
 * their change, `<name>.dense` in the parameter's shape.
 * Invariant (checked here and again at admission): the layout's modules and no other, ranks within the cap, finite values.
 * Source: docs/PROTOCOL.md §5.7, §10.7.
 */
import type { Charter, Layout, LayoutModule } from '../charter/schema.ts'
import { denseName } from '../charter/tensor-names.ts'
import { equalBytes, toHex } from '../core/bytes.ts'
import { assert } from '../core/errors.ts'
import { createHasher, sha256 } from '../core/hash.ts'
import type { Digest, RoundId } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import type { Rng } from '../core/ports.ts'
import { toNumber } from '../core/rational.ts'
import { encodeHeader } from '../core/safetensors.ts'
import { openAtomicWriter, openReader } from '../files/index.ts'
import type { AdapterModule } from '../model/peft.ts'
import { factorDiffers, updateError } from './errors.ts'
import { factorNames, layoutDigest, updateTensors } from './layout.ts'
import {
  chunkCountOf,
  chunkRange,
  type Manifest,
  manifestCodec,
  NONCE_BYTES,
  updateDigest,
} from './manifest.ts'

export const UPDATE_FORMAT = 'oneround/update@1'

/** What an update needs of an adapter's module. */
export type UpdateModule = Pick<AdapterModule, 'name' | 'rank' | 'scale' | 'in' | 'out' | 'a' | 'b'> &
  Partial<Pick<AdapterModule, 'kernel'>>

/** A parameter that is trained whole. */
export interface UpdateDensePart {
  readonly name: string
  readonly shape: readonly number[]
  /** Its change, trained − base, row-major. Asked for once, when it is written: one part is in memory at a time. */
  readonly readChange: () => Promise<Float32Array>
}

/** An adapter with what is trained whole beside it. */
export interface UpdateContent {
  readonly modules: readonly UpdateModule[]
  readonly dense?: readonly UpdateDensePart[]
}

export interface BuiltUpdate {
  readonly path: string
  readonly nonce: Uint8Array
}

/** The metadata of an update file. */
export function updateMetadata(nonce: Uint8Array): ReadonlyMap<string, string> {
  return new Map([
    ['format', UPDATE_FORMAT],
    ['nonce', toHex(nonce)],
  ])
}

/**
 * Writes the update of an adapter. The same adapter gives another file each time: the nonce is fresh.
 * @throws UPDATE_MODULES_MISMATCH | UPDATE_SHAPE_MISMATCH | UPDATE_RANK_TOO_LARGE | UPDATE_NOT_FINITE | NO_SPACE
 */
export async function writeUpdateFile(
  path: string,
  { modules: adapter, dense = [] }: UpdateContent,
  layout: Layout,
  rng: Rng,
): Promise<BuiltUpdate> {
  const modules = matchModules(adapter, layout)
  const parts = matchDense(dense, layout)
  const nonce = rng.bytes(NONCE_BYTES)
  assert(nonce.length === NONCE_BYTES, 'the generator gives as many bytes as it is asked for')
  const tensors = updateTensors(
    layout,
    modules.map(({ rank }) => rank),
  )
  const { prefix, header } = encodeHeader(tensors, updateMetadata(nonce))
  const factors = new Map<string, () => Uint8Array>()
  const changes = new Map(parts.map(({ name, readChange }) => [denseName(name), readChange]))
  for (const module of modules) {
    const names = factorNames(module.name)
    factors.set(names.a, () => encodeFactor(names.a, module.a, 1, layout))
    factors.set(names.b, () => encodeFactor(names.b, module.b, foldedScale(module, layout), layout))
  }
  checkSharedA(modules, factors, layout)
  const writer = await openAtomicWriter(path)
  try {
    await writer.write(prefix)
    for (const { name } of header.entries) {
      const change = await changes.get(name)?.()
      const bytes = change === undefined ? factors.get(name)?.() : encodeFactor(name, change, 1, layout)
      await writer.write(bytes ?? new Uint8Array())
    }
    await writer.commit()
  } finally {
    await writer.abort()
  }
  return { path, nonce }
}

/** Before anything is written: every member would refuse it. @throws UPDATE_FACTOR_DIFFERS */
function checkSharedA(
  modules: readonly UpdateModule[],
  factors: ReadonlyMap<string, () => Uint8Array>,
  { sharedA }: Layout,
): void {
  if (sharedA === undefined) return
  const hasher = createHasher()
  for (const { name } of modules) hasher.update(factors.get(factorNames(name).a)?.() ?? new Uint8Array())
  const found = hasher.digest()
  if (!equalBytes(found, sharedA)) throw factorDiffers(sharedA, found)
}

/** What B is multiplied by, so that the charter's scale gives the adapter's ΔW. */
function foldedScale(module: UpdateModule, layout: Layout): number {
  const charterScale = toNumber(layout.scale)
  return module.scale === charterScale ? 1 : module.scale / charterScale
}

/** The adapter's modules in the layout's order. */
function matchModules(adapter: readonly UpdateModule[], layout: Layout): readonly UpdateModule[] {
  const byName = new Map(adapter.map((module) => [module.name, module]))
  const wanted = new Set(layout.modules.map(({ name }) => name))
  const missing = [...wanted].filter((name) => !byName.has(name))
  const extra = [...byName.keys()].filter((name) => !wanted.has(name))
  if (missing.length > 0 || extra.length > 0) throw modulesMismatch(missing, extra, wanted)
  return layout.modules.map((expected) => {
    const module = byName.get(expected.name)
    assert(module !== undefined, 'every module of the layout was found above')
    checkShape(module, expected, layout)
    return module
  })
}

/** The parts in the layout's order. */
function matchDense(found: readonly UpdateDensePart[], { dense = [] }: Layout): readonly UpdateDensePart[] {
  const byName = new Map(found.map((part) => [part.name, part]))
  const wanted = new Set(dense.map(({ name }) => name))
  const missing = [...wanted].filter((name) => !byName.has(name))
  const extra = [...byName.keys()].filter((name) => !wanted.has(name))
  if (missing.length > 0 || extra.length > 0) throw modulesMismatch(missing, extra, wanted)
  return dense.map(({ name, shape }) => {
    const part = byName.get(name)
    assert(part !== undefined, 'every dense part of the layout was found above')
    if (part.shape.join() === shape.join()) return part
    const [expected, found] = [`[${shape.join(', ')}]`, `[${part.shape.join(', ')}]`]
    throw updateError(
      { code: 'UPDATE_SHAPE_MISMATCH', module: name, expected, found },
      `${name}: trained whole as ${found}, the charter’s is ${expected}`,
      'Is the adapter for the charter’s base model?',
    )
  })
}

function checkShape(module: UpdateModule, expected: LayoutModule, layout: Layout): void {
  const { name, rank } = module
  if (rank < 1 || rank > layout.rankMax) {
    throw updateError(
      { code: 'UPDATE_RANK_TOO_LARGE', module: name, rank, rankMax: layout.rankMax },
      `module ${name}: rank ${rank}, the charter allows 1 to ${layout.rankMax}`,
      'Train again with a smaller rank.',
    )
  }
  const wanted = shapeText(expected)
  const found = shapeText(module)
  // A charter that says nothing of a kernel leaves it to the adapter.
  const isSameKernel = expected.kernel === undefined || wanted === found
  const isShaped =
    isSameKernel &&
    module.in === expected.in &&
    module.out === expected.out &&
    module.a.length === rank * expected.in &&
    module.b.length === rank * expected.out
  if (isShaped) return
  throw updateError(
    { code: 'UPDATE_SHAPE_MISMATCH', module: name, expected: wanted, found },
    `module ${name}: an adapter for a weight ${found}, the charter’s is ${wanted}`,
    'Is the adapter for the charter’s base model?',
  )
}

interface LayoutShape {
  readonly in: number
  readonly out: number
  readonly kernel?: readonly number[] | undefined
}

/** Of W as a matrix, and the kernel of a convolution. */
function shapeText({ in: width, out, kernel = [] }: LayoutShape): string {
  const matrix = `[${out}, ${width}]`
  return kernel.length === 0 ? matrix : `${matrix} of a ${kernel.join('×')} convolution`
}

function modulesMismatch(missing: readonly string[], extra: readonly string[], wanted: ReadonlySet<string>) {
  const near = extra.flatMap((name) => {
    const last = name.slice(name.lastIndexOf('.') + 1)
    const close = [...wanted].find((other) => other.endsWith(last))
    return close === undefined ? [] : [`${name} is close to ${close}`]
  })
  const list = (names: readonly string[]) =>
    names.length === 0 ? 'none' : names.slice(0, 4).join(', ') + (names.length > 4 ? ', …' : '')
  return updateError(
    { code: 'UPDATE_MODULES_MISMATCH', missing, extra },
    `the adapter’s modules are not the charter’s: missing ${list(missing)}; extra ${list(extra)}`,
    near.length === 0 ? 'Train the modules that the charter names.' : `${near.slice(0, 3).join('; ')}.`,
  )
}

/** A factor's values times `multiplier`, rounded to f32 once, as the layout's dtype in little-endian bytes. */
function encodeFactor(tensor: string, values: Float32Array, multiplier: number, layout: Layout): Uint8Array {
  const isHalf = layout.dtype === 'bf16'
  const bytes = new Uint8Array(values.length * (isHalf ? 2 : 4))
  const view = new DataView(bytes.buffer)
  const scratch = new DataView(new ArrayBuffer(4))
  for (const [index, value] of values.entries()) {
    const folded = multiplier === 1 ? value : Math.fround(value * multiplier)
    const bits = isHalf ? roundToBfloat16(folded, scratch) : 0
    // Exponent of all ones: the rounding itself can overflow.
    if (!Number.isFinite(folded) || (isHalf && (bits & 0x7f80) === 0x7f80)) {
      throw updateError(
        { code: 'UPDATE_NOT_FINITE', tensor, index },
        `tensor ${tensor}: entry ${index} is not finite`,
        'Training diverged, or the file is damaged: lower the learning rate and train again.',
      )
    }
    if (isHalf) view.setUint16(2 * index, bits, true)
    else view.setFloat32(4 * index, folded, true)
  }
  return bytes
}

/** The nearest bfloat16, ties to even, as its 16 bits. */
function roundToBfloat16(value: number, scratch: DataView): number {
  scratch.setFloat32(0, value)
  const bits = scratch.getUint32(0)
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff
}

export interface BuiltManifest {
  readonly manifest: Manifest
  /** The canonical bytes: what is stored and served. */
  readonly bytes: Uint8Array
  /** The update's digest. */
  readonly digest: Digest
  /** SHA-256 of the whole file, for people who compare files. */
  readonly fileSha256: Digest
}

/**
 * The manifest of an update file, from one pass over it.
 * @throws UPDATE_TOO_LARGE | FILE_MISSING | FILE_UNREADABLE
 */
export async function buildManifest(options: {
  readonly path: string
  readonly nonce: Uint8Array
  readonly round: RoundId
  readonly member: MemberIndex
  readonly charter: Charter
}): Promise<BuiltManifest> {
  const { path, nonce, round, member, charter } = options
  const { chunkSizeBytes, updateSizeBytes } = charter.limits
  const reader = await openReader(path)
  try {
    const { sizeBytes } = reader
    if (sizeBytes > updateSizeBytes) {
      throw updateError(
        { code: 'UPDATE_TOO_LARGE', sizeBytes, maxSizeBytes: updateSizeBytes },
        `${path}: ${sizeBytes} bytes, the charter allows ${updateSizeBytes}`,
        'Train fewer modules or a smaller rank, or agree on another charter.',
      )
    }
    const whole = createHasher()
    const chunks: Digest[] = []
    for (let index = 0; index < chunkCountOf(sizeBytes, chunkSizeBytes); index++) {
      const range = chunkRange({ sizeBytes, chunkSizeBytes }, index)
      const chunk = await reader.read(range.offset, range.sizeBytes)
      whole.update(chunk)
      chunks.push(sha256(chunk))
    }
    const manifest: Manifest = {
      round,
      member,
      sizeBytes,
      chunkSizeBytes,
      layout: layoutDigest(charter.layout),
      nonce,
      chunks,
    }
    const bytes = manifestCodec(charter.limits).encode(manifest)
    return { manifest, bytes, digest: updateDigest(bytes), fileSha256: whole.digest() }
  } finally {
    await reader.close()
  }
}
