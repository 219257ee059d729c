/**
 * What of a base is trained, and from where it starts. In: a base, the recipe's mode and seed. Out: adapters on modules
 * with their ranks and scales, or every parameter; the first parameters. Pure but for reading a base's own weights.
 */
import type { Layout } from '../charter/schema.ts'
import { equalBytes } from '../core/bytes.ts'
import { RoundError } from '../core/errors.ts'
import { createHasher } from '../core/hash.ts'
import type { Digest } from '../core/ids.ts'
import { SeededRng } from '../core/seeded-rng.ts'
import { findLinearModules, type LocatedModule } from '../model/linear-modules.ts'
import { chooseModules, factorsOf, type LinearModule } from '../model/lora.ts'
import { littleEndian } from '../model/peft.ts'
import { byPattern } from '../model/peft-config.ts'
import type { TrainingBase } from './base.ts'
import type { TrainFault } from './errors.ts'
import type { ParameterSlot } from './gradient/parameters.ts'
import type { LoraSite, Trainable } from './gradient/training-graph.ts'
import type { InitialA, TrainingRecipe } from './options.ts'
import { readStartingWeights } from './results.ts'
import { allSites, readInitializer, savedName, wholeSites } from './whole.ts'

/** Options whose recipe names the modules to adapt: those given, or what is usual in the base's family. */
export function withTargets<Options extends { readonly recipe: TrainingRecipe }>(
  options: Options,
  { targetModules }: Pick<TrainingBase, 'targetModules'>,
): Options {
  const { recipe } = options
  if (recipe.mode.kind === 'full' || recipe.mode.targets.length > 0) return options
  return { ...options, recipe: { ...recipe, mode: { ...recipe.mode, targets: [...targetModules] } } }
}

type LoraMode = Extract<TrainingRecipe['mode'], { kind: 'lora' }>

/** @throws MODULE_UNKNOWN for a target or an exclusion that chooses nothing, TRAIN_OPTION_INVALID */
export function trainableOf(base: TrainingBase, { mode, seed }: TrainingRecipe): Trainable {
  if (mode.kind === 'full') return fullOf(base, mode)
  const all = findLinearModules(base.model)
  const excluded = new Set(mode.exclude.length === 0 ? [] : chooseModules(all, mode.exclude))
  const targets = chooseModules(all, mode.targets).filter((module) => !excluded.has(module))
  const modules = ofLayers(targets, mode.layers)
  const sites = modules.map((module) => siteOf(module, mode, seed))
  const whole = wholeSites(base.model, all, modules, mode).map(({ name, dims }) => {
    return { initializer: name, slot: savedName(name), dims }
  })
  const adapters = { kind: 'lora', sites, ...(whole.length === 0 ? {} : { whole }) } as const
  if (mode.dropout === 0) return adapters
  const conv = modules.find(({ kind }) => kind === 'conv')
  if (conv !== undefined) throw dropoutOnConvolution(conv.name)
  return { ...adapters, dropout: mode.dropout }
}

function dropoutOnConvolution(name: string): RoundError<TrainFault> {
  const reason = `dropout is for linear modules, ${name} is a convolution`
  return new RoundError(
    { code: 'TRAIN_OPTION_INVALID', option: 'recipe.mode.dropout', reason },
    `recipe.mode.dropout: ${reason}`,
    { hint: 'Leave the convolutions out of the targets, or train without dropout.' },
  )
}

function siteOf(module: LinearModule, mode: LoraMode, seed: string): LoraSite {
  const rank = byPattern(Object.entries(mode.rankPattern), module.name) ?? mode.rank
  const alpha = byPattern(Object.entries(mode.alphaPattern), module.name) ?? mode.alpha
  const scale = mode.rsLora ? alpha / Math.sqrt(rank) : alpha / rank
  if (!mode.freezeA) return { module, rank, scale }
  const { name, dims } = factorsOf(module, rank).a
  return { module, rank, scale, frozenA: initialA(name, dims, { seed, initialA: mode.initialA }) }
}

type FullMode = Extract<TrainingRecipe['mode'], { kind: 'full' }>

function fullOf({ model }: TrainingBase, { parameters }: FullMode): Trainable {
  if (parameters === undefined) return { kind: 'full' }
  const pattern = new RegExp(`^(?:${parameters})$`)
  const isTrained = (name: string): boolean => pattern.test(name)
  if (allSites(model).some(({ name }) => isTrained(name))) return { kind: 'full', isTrained }
  const reason = `no parameter of the base has a name that ${JSON.stringify(parameters)} matches whole`
  throw new RoundError<TrainFault>(
    { code: 'TRAIN_OPTION_INVALID', option: 'recipe.mode.parameters', reason },
    `recipe.mode.parameters: ${reason}`,
    { hint: 'Names are those of the base’s tensors, such as model.layers.0.mlp.up_proj.weight.' },
  )
}

/** PEFT's pattern: the last number behind a name, `model.layers.3.self_attn.q_proj`. */
const LAYER = /^.*\.[^.]*\.(\d+)\./

function ofLayers(modules: readonly LocatedModule[], layers: readonly number[]): readonly LocatedModule[] {
  if (layers.length === 0) return modules
  const layerOf = ({ name }: LocatedModule): number => Number(LAYER.exec(`.${name}`)?.[1] ?? Number.NaN)
  const missing = layers.find((layer) => !modules.some((module) => layerOf(module) === layer))
  if (missing === undefined) return modules.filter((module) => layers.includes(layerOf(module)))
  const reason = `layer ${missing} has none of the targets`
  throw new RoundError<TrainFault>(
    { code: 'TRAIN_OPTION_INVALID', option: 'recipe.mode.layers', reason },
    `recipe.mode.layers: ${reason}`,
    { hint: '`oneround model inspect` lists the modules; layers count from 0.' },
  )
}

/**
 * LoRA: B zero, A as PEFT starts it, so that ΔW begins at 0. The same seed gives every member the same A. What is trained whole starts from the base's own weights.
 */
export async function initialParameters(
  slots: readonly ParameterSlot[],
  { mode, seed }: TrainingRecipe,
  base: TrainingBase,
): Promise<Float32Array> {
  if (mode.kind === 'full') return readStartingWeights(slots, base)
  const flat = new Float32Array(slots.reduce((sum, slot) => sum + slot.size, 0))
  for (const { name, dims, offset } of slots) {
    if (name.endsWith('.lora_A.weight'))
      flat.set(initialA(name, dims, { seed, initialA: mode.initialA }), offset)
    else if (!name.endsWith('.lora_B.weight')) {
      const parameter = name.slice(savedName('').length)
      flat.set(await readInitializer(base.model, parameter, base.folder), offset)
    }
  }
  return flat
}

/**
 * SHA-256 of every A that `freezeA` with this seed gives, f32, in the order of the modules' names: what a charter fixes
 * (`layout.sharedA`).
 */
export function sharedFactorDigest(
  modules: readonly { readonly name: string; readonly in: number }[],
  rank: number,
  seed: string,
  start: InitialA = 'uniform',
): Digest {
  const hasher = createHasher()
  for (const { name, in: width } of modules.toSorted((x, y) => (x.name < y.name ? -1 : 1)))
    hasher.update(
      littleEndian(
        initialA(`base_model.model.${name}.lora_A.weight`, [rank, width], { seed, initialA: start }),
      ),
    )
  return hasher.digest()
}

/**
 * Before hours of training: whether they would end with the A that the charter fixes. Every member would refuse another.
 * @throws TRAIN_OPTION_INVALID
 */
export function checkSharedA(
  { sharedA, modules }: Pick<Layout, 'sharedA' | 'modules'>,
  { mode, seed }: TrainingRecipe,
): void {
  if (sharedA === undefined || mode.kind === 'full') return
  const own = mode.freezeA ? sharedFactorDigest(modules, mode.rank, seed, mode.initialA) : null
  if (own !== null && equalBytes(own, sharedA)) return
  const reason =
    own === null
      ? 'the charter fixes A, and this run would train it'
      : `the charter fixes another A than the ${mode.initialA} one of rank ${mode.rank} from the seed ${JSON.stringify(seed)}`
  throw new RoundError<TrainFault>(
    { code: 'TRAIN_OPTION_INVALID', option: 'recipe.mode.freezeA', reason },
    `recipe.mode.freezeA: ${reason}`,
    { hint: 'Train with --freeze-a, the charter’s rank, and the --seed that its members agreed on.' },
  )
}

interface Start {
  readonly seed: string
  readonly initialA: InitialA
}

/** Uniform: Kaiming with a = √5, bounded by 1/√(what a row reads); gaussian: of deviation 1/rank. PEFT's two. */
function initialA(name: string, dims: readonly number[], { seed, initialA: start }: Start): Float32Array {
  const rng = new SeededRng(`${seed}/initial/${name}`)
  const [rank = 1, ...row] = dims
  const width = row.reduce((product, extent) => product * extent, 1)
  const bound = 1 / Math.sqrt(width)
  const draw = start === 'uniform' ? () => (2 * rng.float() - 1) * bound : () => rng.normal() / rank
  return Float32Array.from({ length: rank * width }, draw)
}
