/**
 * A merged update, module by module, whatever it came from: what the exporters take. A module is either stacked factors,
 * ΔW = scale · B · A, or ΔW itself. Read one at a time, so that exporting needs the memory of one module.
 */
export interface MergedShape {
  readonly name: string
  readonly in: number
  readonly out: number
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

export interface MergedUpdate {
  /** In byte order of their names. */
  readonly modules: readonly MergedShape[]
  readonly read: (index: number) => Promise<MergedModule>
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

/**
 * Factors whose product is exactly the module's ΔW. Stacked factors are such already. For a dense ΔW one factor is the
 * identity of the smaller side: as large as ΔW itself, and without any rounding.
 */
export function exactFactorsOf(module: MergedModule): StackedModule {
  if (module.kind === 'stacked') return module
  const { name, in: width, out, delta } = module
  const isWide = width <= out
  const rank = Math.min(width, out)
  const identity = new Float32Array(rank * rank)
  for (let i = 0; i < rank; i++) identity[i * rank + i] = 1
  const [a, b] = isWide ? [identity, delta] : [delta, identity]
  return { kind: 'stacked', name, in: width, out, rank, scale: 1, a, b }
}
