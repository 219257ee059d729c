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
import { createValueEncoder, type UpdateValues, type ValueEncoder } from './encode-values.ts'
import { factorDiffers, updateError } from './errors.ts'
import { diagonalTensors, factorNames, layoutDigest, updateTensors } from './layout.ts'
import {
  chunkCountOf,
  chunkRange,
  type Manifest,
  manifestCodec,
  NONCE_BYTES,
  updateDigest,
} from './manifest.ts'

export const UPDATE_FORMAT = 'oneround/update@1'

type ModuleShape = Pick<AdapterModule, 'name' | 'rank' | 'scale' | 'in' | 'out'> &
  Partial<Pick<AdapterModule, 'kernel'>>

/** What an update needs of an adapter's module, in memory. */
export type UpdateModule = ModuleShape & Pick<AdapterModule, 'a' | 'b'>

/** A module whose factors may lie elsewhere: they are read when they are written, a piece at a time. */
export type UpdateModuleSource = ModuleShape & {
  /** [rank, in] */
  readonly a: UpdateValues
  /** [out, rank] */
  readonly b: UpdateValues
}

/** A parameter that is trained whole. */
export interface UpdateDensePart {
  readonly name: string
  readonly shape: readonly number[]
  /** trained − base, row-major. */
  readonly change: UpdateValues
}

/** A tensor of the Fisher diagonals beside an adapter or a model (src/model/diagonal-file.ts). */
export interface UpdateDiagonal {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: UpdateValues
}

/** An adapter with what is trained whole beside it. */
export interface UpdateContent {
  readonly modules: readonly UpdateModuleSource[]
  readonly dense?: readonly UpdateDensePart[]
  /** Where the charter asks for them; others are left out. */
  readonly diagonals?: readonly UpdateDiagonal[]
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
 * @throws UPDATE_MODULES_MISMATCH | UPDATE_SHAPE_MISMATCH | UPDATE_RANK_TOO_LARGE | UPDATE_FISHER_MISSING | UPDATE_NOT_FINITE |
 * NO_SPACE
 */
export async function writeUpdateFile(
  path: string,
  { modules: adapter, dense = [], diagonals = [] }: UpdateContent,
  layout: Layout,
  rng: Rng,
): Promise<BuiltUpdate> {
  const modules = matchModules(adapter, layout)
  const parts = matchDense(dense, layout)
  const nonce = rng.bytes(NONCE_BYTES)
  assert(nonce.length === NONCE_BYTES, 'the generator gives as many bytes as it is asked for')
  const ranks = modules.map(({ rank }) => rank)
  const published = matchDiagonals(diagonals, layout, ranks)
  const tensors = updateTensors(layout, ranks)
  const { prefix, header } = encodeHeader(tensors, updateMetadata(nonce))
  const values = new Map<string, UpdateValues>()
  for (const { name, change } of parts) values.set(denseName(name), change)
  for (const diagonal of published) values.set(diagonal.name, diagonal.values)
  const multipliers = new Map<string, number>()
  for (const module of modules) {
    const names = factorNames(module.name)
    values.set(names.a, module.a).set(names.b, module.b)
    multipliers.set(names.b, foldedScale(module, layout))
  }
  const encoder = createValueEncoder(layout)
  await checkSharedA(modules, encoder, layout)
  const writer = await openAtomicWriter(path)
  try {
    await writer.write(prefix)
    for (const { name } of header.entries) {
      const found = values.get(name)
      assert(found !== undefined, `tensor ${name} of the layout has values`)
      await encoder.encode(name, found, multipliers.get(name) ?? 1, writer.write)
    }
    await writer.commit()
  } finally {
    await writer.abort()
  }
  return { path, nonce }
}

/** Before anything is written: every member would refuse it. @throws UPDATE_FACTOR_DIFFERS */
async function checkSharedA(
  modules: readonly UpdateModuleSource[],
  encoder: ValueEncoder,
  { sharedA }: Layout,
): Promise<void> {
  if (sharedA === undefined) return
  const hasher = createHasher()
  for (const { name, a } of modules)
    await encoder.encode(factorNames(name).a, a, 1, (bytes) => void hasher.update(bytes))
  const found = hasher.digest()
  if (!equalBytes(found, sharedA)) throw factorDiffers(sharedA, found)
}

/** What B is multiplied by, so that the charter's scale gives the adapter's ΔW. */
function foldedScale(module: UpdateModuleSource, layout: Layout): number {
  const charterScale = toNumber(layout.scale)
  return module.scale === charterScale ? 1 : module.scale / charterScale
}

/** The adapter's modules in the layout's order. */
function matchModules(adapter: readonly UpdateModuleSource[], layout: Layout): readonly UpdateModuleSource[] {
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

/** The diagonals that the charter asks for. @throws UPDATE_FISHER_MISSING */
function matchDiagonals(
  found: readonly UpdateDiagonal[],
  layout: Layout,
  ranks: readonly number[],
): readonly UpdateDiagonal[] {
  if (layout.fisher === undefined) return []
  const byName = new Map(found.map((diagonal) => [diagonal.name, diagonal]))
  return diagonalTensors(layout, ranks).map(({ name, shape }) => {
    const diagonal = byName.get(name)
    if (diagonal !== undefined && diagonal.shape.join() === shape.join()) return diagonal
    const reason = diagonal === undefined ? 'is missing' : `has shape [${diagonal.shape.join(', ')}]`
    throw updateError(
      { code: 'UPDATE_FISHER_MISSING', tensor: name },
      `${name} [${shape.join(', ')}] ${reason}: the charter has updates publish Fisher diagonals`,
      'Train with --fisher, which writes fisher.safetensors beside the adapter.',
    )
  })
}

function checkShape(module: UpdateModuleSource, expected: LayoutModule, layout: Layout): void {
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
    const buffer = new Uint8Array(Math.min(chunkSizeBytes, sizeBytes))
    for (let index = 0; index < chunkCountOf(sizeBytes, chunkSizeBytes); index++) {
      const range = chunkRange({ sizeBytes, chunkSizeBytes }, index)
      const chunk = buffer.subarray(0, range.sizeBytes)
      await reader.readInto(chunk, range.offset)
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
