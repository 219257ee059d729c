/**
 * Low-rank adapters in a graph, with PEFT's meaning: y = base(x) + s·(x·Aᵀ)·Bᵀ, A [rank, in], B [out, rank]. For a
 * convolution, A is one of the same window with `rank` channels and B a pointwise one behind it; everywhere but in the graph
 * and in PEFT's file they are matrices: A [rank, in·height·width], as W [out, in·height·width].
 *
 * In: a graph's linear modules, and which of them get an adapter. Out: nodes in a builder; the base's weights stay as
 * they are. The product with B takes the base's result in as its third operand, so that adding costs no pass of its own.
 * Source: Hu et al. 2021 (arXiv:2106.09685), §4; PEFT's `LoraConfig.target_modules` for the choice of modules.
 */
import { assert, RoundError } from '../core/errors.ts'
import { float, int } from './attributes.ts'
import type { Attributes, GraphBuilder } from './graph-builder.ts'

/** A module y = x·Wᵀ (+ b) of the model, wherever its weight lies and however it is stored. */
export interface LinearModule {
  /** As `transformers` names it: `model.layers.0.self_attn.q_proj`. */
  readonly name: string
  /** `conv`: a convolution in two dimensions, of rank 4. */
  readonly kind: 'linear' | 'conv'
  /** Columns of W: of a convolution, input channels × kernel. */
  readonly inSize: number
  readonly outSize: number
  /** [height, width] of a convolution's window; [] of a linear module. */
  readonly kernel: readonly number[]
  /** How the window goes over the image: `strides`, `pads`, `auto_pad` of the Conv. */
  readonly placement: Attributes
  /** The value that is multiplied, [..., in] or [batch, in, height, width]. */
  readonly input: string
  readonly inputRank: number
  /** What the product's node makes, with or without the bias in it. */
  readonly output: string
  /** Whether its result is the model's output: PEFT's `all-linear` leaves it out. */
  readonly isHead: boolean
}

export type LoraFault =
  /** No module of the model is called so; `near` lists the most similar names. */
  { readonly code: 'MODULE_UNKNOWN'; readonly target: string; readonly near: readonly string[] }

/** PEFT's word for every linear module but the output layer. */
export const ALL_LINEAR = 'all-linear'
const NEAR_COUNT_MAX = 5

/**
 * The modules that PEFT would choose: whole names or last parts behind a dot, or `all-linear`, or (a string instead of a
 * list) one regular expression that must match the whole name.
 * @returns in the order of `modules`
 * @throws MODULE_UNKNOWN for the first target that chooses nothing
 */
export function chooseModules<Module extends LinearModule>(
  modules: readonly Module[],
  targets: readonly string[] | string,
): readonly Module[] {
  if (targets === ALL_LINEAR || (targets.length === 1 && targets[0] === ALL_LINEAR)) {
    return modules.filter((module) => module.kind === 'linear' && !module.isHead)
  }
  if (typeof targets === 'string') {
    const pattern = patternOf(targets)
    const chosen = modules.filter((module) => pattern?.test(module.name) === true)
    if (chosen.length === 0) throw unknownModule(targets, modules)
    return chosen
  }
  for (const target of targets) {
    if (!modules.some((module) => isNamed(module.name, target))) throw unknownModule(target, modules)
  }
  return modules.filter((module) => targets.some((target) => isNamed(module.name, target)))
}

/** Null for what is no regular expression here: it chooses nothing, then. */
function patternOf(targets: string): RegExp | null {
  try {
    return new RegExp(`^(?:${targets})$`)
  } catch {
    return null
  }
}

const isNamed = (name: string, target: string): boolean => name === target || name.endsWith(`.${target}`)

function unknownModule(target: string, modules: readonly LinearModule[]): RoundError<LoraFault> {
  const near = nearestNames(target, modules)
  const known = near.length === 0 ? 'it has no linear modules' : `near: ${near.join(', ')}`
  return new RoundError(
    { code: 'MODULE_UNKNOWN', target, near },
    `no module of the model is called ${JSON.stringify(target)}; ${known}`,
    { hint: '`oneround model inspect` lists the modules that can get an adapter.' },
  )
}

/** Whole names and last parts, the most similar first. */
function nearestNames(target: string, modules: readonly LinearModule[]): readonly string[] {
  const names = new Set(
    modules.map(({ name }) => (target.includes('.') ? name : (name.split('.').at(-1) ?? name))),
  )
  return [...names]
    .map((name) => ({ name, distance: editDistance(name, target) }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, NEAR_COUNT_MAX)
    .map(({ name }) => name)
}

/** Insertions, deletions and replacements that turn one text into another. Source: Wagner & Fischer 1974. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** Names and shapes of a module's two factors, as PEFT writes them. */
export function factorsOf(
  { name, inSize, outSize, kernel }: Pick<LinearModule, 'name' | 'inSize' | 'outSize' | 'kernel'>,
  rank: number,
): { readonly a: FactorShape; readonly b: FactorShape } {
  const prefix = `base_model.model.${name}.lora_`
  const channels = kernel.reduce((size, extent) => size / extent, inSize)
  return {
    a: { name: `${prefix}A.weight`, dims: [rank, channels, ...kernel] },
    b: { name: `${prefix}B.weight`, dims: [outSize, rank, ...kernel.map(() => 1)] },
  }
}

export interface FactorShape {
  readonly name: string
  readonly dims: readonly number[]
}

export interface LoraInsertion {
  readonly module: LinearModule
  /** Values in the builder, shaped as `factorsOf` says. */
  readonly a: string
  readonly b: string
  readonly scale: number
  /** Where given, what A reads of a linear module goes through it: rows [n, size] of the same shape. */
  readonly mask?: ((rows: string, size: number) => string) | undefined
}

/** Puts an adapter behind a module's product. Readers of its output read the adapted value under the same name. */
export function insertLora(builder: GraphBuilder, insertion: LoraInsertion): void {
  if (insertion.module.kind === 'conv') insertConvolution(builder, insertion)
  else insertLinear(builder, insertion)
}

function insertLinear(builder: GraphBuilder, { module, a, b, scale, mask }: LoraInsertion): void {
  const isFlat = module.inputRank === 2
  const rows = (value: string, size: number): string =>
    isFlat ? value : builder.add('Reshape', [value, builder.int64s(-1, size)])
  const inner = builder.detach(module.output)
  const read = rows(module.input, module.inSize)
  const narrow = builder.add('Gemm', [mask?.(read, module.inSize) ?? read, a], { transB: int(1) })
  const adapted = { alpha: float(scale), transB: int(1) }
  const base = rows(inner, module.outSize)
  if (isFlat) builder.add('Gemm', [narrow, b, base], adapted, { output: module.output })
  else {
    const wide = builder.add('Gemm', [narrow, b, base], adapted)
    builder.add('Reshape', [wide, builder.add('Shape', [inner])], {}, { output: module.output })
  }
}

function insertConvolution(builder: GraphBuilder, { module, a, b, scale, mask }: LoraInsertion): void {
  assert(mask === undefined, 'only what linear modules read is masked')
  const inner = builder.detach(module.output)
  const narrow = builder.add('Conv', [module.input, a], module.placement)
  const wide = builder.add('Mul', [builder.add('Conv', [narrow, b]), builder.scalar(scale)])
  builder.add('Add', [inner, wide], {}, { output: module.output })
}
