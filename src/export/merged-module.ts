/**
 * A merged update, module by module, whatever it came from: what the exporters take. A module is either stacked factors,
 * ΔW = scale · B · A, or ΔW itself. Read one at a time, so that exporting needs the memory of one module.
 */
import type { ValueSource } from '../model/weights.ts'

export interface MergedShape {
  readonly name: string
  readonly in: number
  readonly out: number
  /** Of a convolution, where it is known: its extents, in = channels × kernel. Absent for a linear module. */
  readonly kernel?: readonly number[] | undefined
}

export interface StackedModule extends MergedShape {
  readonly kind: 'stacked'
  readonly rank: number
  /** Multiplies B·A. */
  readonly scale: number
  /** [rank, in], row-major. */
  readonly a: Float32Array
  /** [out, rank], row-major. */
  readonly b: Float32Array
}

export interface DenseModule extends MergedShape {
  readonly kind: 'dense'
  /** ΔW [out, in], row-major. */
  readonly delta: Float32Array
}

export type MergedModule = StackedModule | DenseModule

/** A parameter that was trained whole: its change, row-major, is read apart. */
export interface MergedPart {
  /** The parameter's name, such as `classifier.weight`. */
  readonly name: string
  readonly shape: readonly number[]
}

export interface MergedUpdate {
  /** In byte order of their names. */
  readonly modules: readonly MergedShape[]
  readonly read: (index: number) => Promise<MergedModule>
  /** A stacked module's factors where they lie, for those who need not have them in memory; null where it is not stacked. */
  readonly factors?: (index: number) => StackedFactors | null
  /** In byte order of their names. */
  readonly dense: readonly MergedPart[]
  /** A part's change, or a range of its values. */
  readonly readDense: (index: number, range?: ValueRange) => Promise<Float32Array>
}

export interface StackedFactors extends Pick<StackedModule, 'rank' | 'scale'> {
  /** [rank, in] */
  readonly a: ValueSource
  /** [out, rank] */
  readonly b: ValueSource
}

/** Of the values of a tensor, row-major. */
export interface ValueRange {
  readonly first: number
  readonly count: number
}

/**
 * ΔW [out, in] of a module, each entry summed in f64 and rounded to f32 once.
 * Not on the agreed path: members attest the aggregate, and this is derived from it.
 */
export function deltaOf(module: MergedModule): Float32Array {
  if (module.kind === 'dense') return module.delta
  const { a, b, rank, scale, in: width, out } = module
  const delta = new Float32Array(out * width)
  const row = new Float64Array(width)
  for (let o = 0; o < out; o++) {
    row.fill(0)
    for (let k = 0; k < rank; k++) {
      const weight = (b[o * rank + k] ?? 0) * scale
      for (let i = 0; i < width; i++) row[i] = (row[i] ?? 0) + weight * (a[k * width + i] ?? 0)
    }
    delta.set(row, o * width)
  }
  return delta
}

/** W as it has it: [out, in], of a convolution [out, channels, ...kernel]. */
export function weightShape({ in: width, out, kernel = [] }: MergedShape): readonly number[] {
  return [out, kernel.reduce((size, extent) => size / extent, width), ...kernel]
}

/** Says of modules whose kernel is known elsewhere which they are: an aggregate holds matrices. */
export function withKernels(
  update: MergedUpdate,
  modules: readonly { readonly name: string; readonly kernel?: readonly number[] | undefined }[],
): MergedUpdate {
  const kernels = new Map(modules.map(({ name, kernel = [] }) => [name, kernel]))
  const known = update.modules.map((module) => {
    const kernel = kernels.get(module.name) ?? []
    return kernel.length === 0 ? module : { ...module, kernel }
  })
  return { ...update, modules: known }
}

/** The shape of those factors, without making them. */
export function exactShapeOf(module: MergedModule): Omit<StackedModule, 'a' | 'b'> {
  const { name, in: width, out } = module
  const [rank, scale] = module.kind === 'stacked' ? [module.rank, module.scale] : [Math.min(width, out), 1]
  return { kind: 'stacked', name, in: width, out, rank, scale }
}

/**
 * Factors whose product is exactly the module's ΔW. Stacked factors are such already. For a dense ΔW one factor is the
 * identity of the smaller side: as large as ΔW itself, and without any rounding.
 */
export function exactFactorsOf(module: MergedModule): StackedModule {
  if (module.kind === 'stacked') return module
  const { name, in: width, out, delta } = module
  const isWide = width <= out
  const { rank } = exactShapeOf(module)
  const identity = new Float32Array(rank * rank)
  for (let i = 0; i < rank; i++) identity[i * rank + i] = 1
  const [a, b] = isWide ? [identity, delta] : [delta, identity]
  return { kind: 'stacked', name, in: width, out, rank, scale: 1, a, b }
}

/**
 * The sum of updates of one layout: factors stacked, so nothing is rounded; where one is dense, ΔW summed in f64 and
 * rounded to f32 once.
 * @param updates — at least one, all with the modules of the first
 */
export function sumOf(updates: readonly MergedUpdate[]): MergedUpdate {
  const [first, ...rest] = updates
  if (first === undefined) throw new TypeError('a sum of no updates')
  if (rest.length === 0) return first
  const read = async (index: number): Promise<MergedModule> => {
    const { name } = first.modules[index] ?? { name: '' }
    const modules = await Promise.all(
      updates.map((update) => update.read(update.modules.findIndex((module) => module.name === name))),
    )
    const factors = modules.filter((module) => module.kind === 'stacked')
    return factors.length === modules.length ? stackFactors(factors) : sumDense(modules)
  }
  const readDense = async (index: number, range?: ValueRange): Promise<Float32Array> => {
    const { name } = first.dense[index] ?? { name: '' }
    const changes = await Promise.all(
      updates.map((update) =>
        update.readDense(
          update.dense.findIndex((part) => part.name === name),
          range,
        ),
      ),
    )
    return sumOfArrays(changes)
  }
  return { modules: first.modules, read, dense: first.dense, readDense }
}

/** Each entry summed in f64 and rounded to f32 once. */
const sumOfArrays = (arrays: readonly Float32Array[]): Float32Array =>
  Float32Array.from({ length: arrays[0]?.length ?? 0 }, (_, i) =>
    arrays.reduce((sum, each) => sum + (each[i] ?? 0), 0),
  )

/** s·B·A summed: one factor below the other. Aggregates all have scale 1; other scales that differ are summed densely. */
function stackFactors(modules: readonly StackedModule[]): MergedModule {
  const [first] = modules
  if (first === undefined || modules.some(({ scale }) => scale !== first.scale)) return sumDense(modules)
  const rank = modules.reduce((sum, module) => sum + module.rank, 0)
  const a = new Float32Array(rank * first.in)
  const b = new Float32Array(first.out * rank)
  let offset = 0
  for (const module of modules) {
    a.set(module.a, offset * first.in)
    for (let o = 0; o < first.out; o++) {
      b.set(module.b.subarray(o * module.rank, (o + 1) * module.rank), o * rank + offset)
    }
    offset += module.rank
  }
  return { ...first, rank, a, b }
}

function sumDense(modules: readonly MergedModule[]): DenseModule {
  const deltas = modules.map(deltaOf)
  const { name, in: width, out } = modules[0] ?? { name: '', in: 0, out: 0 }
  return { kind: 'dense', name, in: width, out, delta: sumOfArrays(deltas) }
}
