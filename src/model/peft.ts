/**
 * LoRA adapters as PEFT keeps them: a folder with `adapter_config.json` and `adapter_model.safetensors`.
 * ΔW = scale · B · A for every module, A [rank, in], B [out, rank]; scale = alpha/rank, or alpha/√rank with rsLoRA.
 * Modules trained whole and trained biases (`modules_to_save`, `bias`) come as whole parameters. Variations that change
 * this meaning (DoRA, …) are refused by name, never ignored.
 * In: a folder. Out: an `Adapter` in memory, or an `AdapterFile` that says where the factors lie, for streaming.
 * Invariants: modules in byte order of their names, each once; all values finite.
 * Source: PEFT 0.21 `LoraConfig`, `save_pretrained` and `get_pattern_key` (rank_pattern and alpha_pattern keys are
 * regular expressions matched at the end of the module's name).
 */
import { join } from 'node:path'
import { encodeHeader } from '../core/safetensors.ts'
import {
  type AtomicWriter,
  hasFile,
  openAtomicWriter,
  openReader,
  readText,
  writeJson,
} from '../files/index.ts'
import { modelError } from './errors.ts'
import { factorsOf } from './lora.ts'
import { moduleOf } from './parameter-names.ts'
import { alphaOf, isWhole, parseAdapterConfig, rankOf, scaleOf, type AdapterConfig } from './peft-config.ts'
import type { WholeParameter } from './whole-parameters.ts'
import {
  decodeFloat32,
  IS_LITTLE_ENDIAN,
  locateTensors,
  pickled,
  type StoredTensor,
  type ValueSource,
} from './weights.ts'

export { type AdapterConfig } from './peft-config.ts'

/** What both forms of a module say about it. */
interface ModuleShape {
  /** The module's name in the base model, such as `model.layers.0.self_attn.q_proj`. */
  readonly name: string
  readonly rank: number
  /** Multiplies B·A. */
  readonly scale: number
  /** Columns of A as a matrix: of a convolution, input channels × kernel. */
  readonly in: number
  readonly out: number
  /** The extents of a convolution's kernel, such as [3, 3]; [] of a linear module. In the file A is [rank, channels, ...kernel]. */
  readonly kernel: readonly number[]
}

/** A module's factors in memory: `a` [rank, in], `b` [out, rank], row-major. */
export interface AdapterModule extends ModuleShape {
  readonly a: Float32Array
  readonly b: Float32Array
}

/** A module's factors on disk. */
export interface AdapterModuleFile extends ModuleShape {
  readonly a: StoredTensor
  readonly b: StoredTensor
}

export interface Adapter {
  readonly config: AdapterConfig
  readonly modules: readonly AdapterModule[]
  /** Trained whole, in byte order of their names. */
  readonly whole: readonly WholeParameter[]
}

export interface AdapterFile {
  readonly config: AdapterConfig
  /** Path of the safetensors file. */
  readonly path: string
  readonly modules: readonly AdapterModuleFile[]
  /** Parameters trained whole, by their names in the base model, in byte order. */
  readonly whole: readonly WholeParameterFile[]
}

export interface WholeParameterFile {
  readonly name: string
  readonly tensor: StoredTensor
}

export const ADAPTER_CONFIG_NAME = 'adapter_config.json'
const WEIGHTS_NAME = 'adapter_model.safetensors'
const CONFIG_SIZE_BYTES_MAX = 1 << 20
const PARAMETER_NAME = /^base_model\.model\.(.+\..+)$/
/** A state that was saved without PEFT's own function still names the adapter, `default`. */
const FACTOR_NAME = /^base_model\.model\.(.+)\.lora_([AB])(?:\.default)?\.weight$/
const SAVED_INFIX = /\.modules_to_save\.default\./

/**
 * An adapter folder's modules and where their factors lie, without reading the factors.
 * @throws FILE_MISSING | WEIGHTS_PICKLED | SAFETENSORS_INVALID | ADAPTER_INVALID | ADAPTER_UNSUPPORTED
 */
export async function locateAdapter(folder: string): Promise<AdapterFile> {
  const configPath = join(folder, ADAPTER_CONFIG_NAME)
  const path = join(folder, WEIGHTS_NAME)
  const config = parseAdapterConfig(await readText(configPath, CONFIG_SIZE_BYTES_MAX), configPath)
  if (!(await hasFile(path)) && (await hasFile(join(folder, 'adapter_model.bin')))) {
    throw pickled(join(folder, 'adapter_model.bin'))
  }
  const factors = new Map<string, { A?: StoredTensor; B?: StoredTensor }>()
  const whole: WholeParameterFile[] = []
  for (const tensor of (await locateTensors(path)).values()) {
    const [, module, side] = FACTOR_NAME.exec(tensor.name) ?? []
    if (module === undefined) {
      const [, name] = PARAMETER_NAME.exec(tensor.name.replace(SAVED_INFIX, '.')) ?? []
      if (name === undefined || !isWhole(config, name)) throw foreignTensor(path, tensor.name)
      if (whole.some((each) => each.name === name)) throw invalid(path, `holds ${quote(name)} twice`)
      whole.push({ name, tensor })
      continue
    }
    if (factors.get(module)?.[side === 'A' ? 'A' : 'B'] !== undefined)
      throw invalid(path, `holds lora_${side} of module ${quote(module)} twice`)
    factors.set(module, { ...factors.get(module), [side === 'A' ? 'A' : 'B']: tensor })
  }
  if (factors.size === 0) throw invalid(path, 'holds no LoRA factors')
  const names = [...factors.keys()].sort((a, b) => (a < b ? -1 : 1))
  const modules = names.map((name) => pairOf(name, factors.get(name) ?? {}, config, path))
  return { config, path, modules, whole: whole.toSorted((x, y) => (x.name < y.name ? -1 : 1)) }
}

/** An adapter folder, read whole. @throws as `locateAdapter`, and ADAPTER_INVALID for values that are not finite */
export async function readAdapter(folder: string): Promise<Adapter> {
  const { config, path, modules, whole } = await locateAdapter(folder)
  const reader = await openReader(path)
  try {
    const read = async (tensor: StoredTensor): Promise<Float32Array> => {
      const values = decodeFloat32(await reader.read(tensor.offset, tensor.sizeBytes), tensor)
      checkFinite(tensor, values)
      return values
    }
    const read1 = async (module: AdapterModuleFile): Promise<AdapterModule> => {
      return { ...module, a: await read(module.a), b: await read(module.b) }
    }
    const all: AdapterModule[] = []
    for (const module of modules) all.push(await read1(module))
    const parameters: WholeParameter[] = []
    for (const { name, tensor } of whole)
      parameters.push({ name, shape: tensor.shape, values: await read(tensor) })
    return { config, modules: all, whole: parameters }
  } finally {
    await reader.close()
  }
}

/**
 * @param values — of the tensor, from value `first` on
 * @throws ADAPTER_INVALID
 */
export function checkFinite({ name, path }: StoredTensor, values: Float32Array, first = 0): void {
  const index = values.findIndex((value) => !Number.isFinite(value))
  if (index >= 0) throw invalid(path, `tensor ${quote(name)} holds ${values[index]} at ${first + index}`)
}

/** What `writeAdapter` needs to know beside the factors. */
export interface AdapterWriting {
  /** Written to `base_model_name_or_path`. */
  readonly baseModel?: string | null
  /**
   * Written to `target_modules`, as PEFT matches them: each whole names or last parts of names of modules, and together
   * exactly the adapter's modules in the base model; or one regular expression of whole names. By default the whole names.
   */
  readonly targetModules?: readonly string[] | string
  /** `task_type`, such as `CAUSAL_LM`. */
  readonly taskType?: string | null
  /** Parameters that were trained whole: trained values, not changes. */
  readonly whole?: readonly WholeParameterToWrite[]
  /** `lora_dropout` that it was trained with. */
  readonly dropout?: number
  /** `fan_in_fan_out`: the base's projections are Conv1D, [in, out]. It says nothing of the factors. */
  readonly isFanInFanOut?: boolean
}

/** A parameter trained whole whose values may lie elsewhere. */
export interface WholeParameterToWrite extends Omit<WholeParameter, 'values'> {
  readonly values: Float32Array | ValueSource
}

/** A linear module may leave its kernel out. */
type ModuleInMemory = Omit<AdapterModule, 'kernel'> & { readonly kernel?: readonly number[] | undefined }

/** A module whose factors are made when they are written, so that no more than one module's are in memory. */
export interface ModuleToWrite extends Omit<ModuleInMemory, 'a' | 'b'> {
  readonly factors: () => Promise<Pick<AdapterModule, 'a' | 'b'>>
}

/** A module whose factors lie elsewhere, and are never in memory as a whole. */
export interface ModuleToStream extends Omit<ModuleInMemory, 'a' | 'b'> {
  readonly a: ValueSource
  readonly b: ValueSource
}

/**
 * Writes a folder that `PeftModel.from_pretrained` loads. Ranks and scales of modules that differ from the most common
 * ones go to `rank_pattern` and `alpha_pattern`. The tensors are written in byte order of their names, as f32.
 * Replaces an adapter that is there; each file is whole or absent at any moment, the config last.
 */
export async function writeAdapter(
  folder: string,
  modules: readonly (ModuleInMemory | ModuleToWrite | ModuleToStream)[],
  options: AdapterWriting = {},
): Promise<void> {
  const layout: { name: string; dtype: 'F32'; shape: number[] }[] = []
  const values = new Map<string, () => Promise<Float32Array | ValueSource>>()
  for (const module of modules) {
    const { name, rank, in: inSize, out: outSize, kernel = [] } = module
    const { a, b } = factorsOf({ name, inSize, outSize, kernel }, rank)
    for (const { name: tensor, dims } of [a, b]) layout.push({ name: tensor, dtype: 'F32', shape: [...dims] })
    const factors = 'factors' in module ? module.factors : async () => module
    values.set(a.name, async () => (await factors()).a)
    values.set(b.name, async () => (await factors()).b)
  }
  for (const { name, shape, values: trained } of options.whole ?? []) {
    layout.push({ name: `base_model.model.${name}`, dtype: 'F32', shape: [...shape] })
    values.set(`base_model.model.${name}`, async () => trained)
  }
  const { prefix, header } = encodeHeader(layout, new Map([['format', 'pt']]))
  const writer = await openAtomicWriter(join(folder, WEIGHTS_NAME))
  try {
    await writer.write(prefix)
    for (const entry of header.entries) await writeValues(writer, await values.get(entry.name)?.())
    await writer.commit()
  } finally {
    await writer.abort()
  }
  await writeJson(join(folder, ADAPTER_CONFIG_NAME), adapterConfigJson(modules, options))
}

/** Values of a piece: 1 MiB. */
const PIECE_VALUE_COUNT = 1 << 18

/** Appends values as f32, those that lie elsewhere a piece at a time. */
export async function writeValues(
  writer: Pick<AtomicWriter, 'write'>,
  values: Float32Array | ValueSource | undefined,
): Promise<void> {
  if (values === undefined || values instanceof Float32Array) return writer.write(littleEndian(values))
  const buffer = new Float32Array(Math.min(PIECE_VALUE_COUNT, values.length))
  for (let first = 0; first < values.length; first += buffer.length) {
    const piece = buffer.subarray(0, Math.min(buffer.length, values.length - first))
    await values.readInto(piece, first)
    await writer.write(littleEndian(piece))
  }
}

/** The fields of `adapter_config.json` that say something; PEFT fills the others with its defaults. */
export function adapterConfigJson(
  modules: readonly { readonly name: string; readonly rank: number; readonly scale: number }[],
  options: AdapterWriting = {},
): Record<string, unknown> {
  const rank = mostCommon(modules.map((module) => module.rank))
  const alpha = mostCommon(modules.map(alphaOf))
  const names = modules.map((module) => module.name).sort((a, b) => (a < b ? -1 : 1))
  const differing = (value: (m: (typeof modules)[number]) => number, usual: number): Record<string, number> =>
    Object.fromEntries(
      modules.filter((m) => value(m) !== usual).map((m) => [escapePattern(m.name), value(m)]),
    )
  const adapted = new Set(names)
  const whole = (options.whole ?? []).map(({ name }) => moduleOf(name))
  const saved = [...new Set(whole.filter((module) => !adapted.has(module)))].sort()
  return {
    alpha_pattern: differing(alphaOf, alpha),
    auto_mapping: null,
    base_model_name_or_path: options.baseModel ?? null,
    // A module cannot be both adapted and saved whole: then what was trained of it is its bias.
    bias: whole.some((module) => adapted.has(module)) ? 'lora_only' : 'none',
    fan_in_fan_out: options.isFanInFanOut ?? false,
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: null,
    layers_to_transform: null,
    lora_alpha: alpha,
    lora_bias: false,
    lora_dropout: options.dropout ?? 0,
    modules_to_save: saved.length === 0 ? null : saved,
    peft_type: 'LORA',
    r: rank,
    rank_pattern: differing((m) => m.rank, rank),
    revision: null,
    target_modules: options.targetModules ?? names,
    task_type: options.taskType ?? null,
    use_dora: false,
    use_rslora: false,
  }
}

/** PEFT matches pattern keys as regular expressions; a dot of a name shall match a dot only. */
const escapePattern = (name: string): string => name.replaceAll('.', '\\.')

/** The most frequent value; of equally frequent ones the smallest. */
function mostCommon(values: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const [first] = [...counts].sort(([a, m], [b, n]) => n - m || a - b)
  return first?.[0] ?? 1
}

function pairOf(
  name: string,
  { A, B }: { readonly A?: StoredTensor; readonly B?: StoredTensor },
  config: AdapterConfig,
  path: string,
): AdapterModuleFile {
  if (A === undefined || B === undefined)
    throw invalid(path, `module ${quote(name)} lacks lora_${A ? 'B' : 'A'}`)
  const [rank = 0, channels = 0, ...kernel] = A.shape
  const [out = 0, rankOfB = 0, ...kernelOfB] = B.shape
  if (A.shape.length < 2 || B.shape.length < 2 || [...A.shape, out].includes(0)) {
    throw invalid(
      path,
      `module ${quote(name)} has factors of shapes [${A.shape.join()}] and [${B.shape.join()}]`,
    )
  }
  if (rank !== rankOfB)
    throw invalid(path, `module ${quote(name)}: A has rank ${rank}, B has rank ${rankOfB}`)
  if (kernelOfB.some((extent) => extent !== 1) || kernel.length !== kernelOfB.length) {
    const shapes = `[${A.shape.join()}] and [${B.shape.join()}]`
    throw invalid(
      path,
      `module ${quote(name)}: ${shapes} are not a convolution and a pointwise one behind it`,
    )
  }
  const expected = rankOf(config, name)
  if (rank !== expected) {
    throw invalid(path, `module ${quote(name)} has rank ${rank}, but its config says ${expected}`)
  }
  const width = kernel.reduce((size, extent) => size * extent, channels)
  return { name, rank, scale: scaleOf(config, name), in: width, out, kernel, a: A, b: B }
}

function foreignTensor(path: string, name: string): Error {
  const feature = `tensor ${quote(name)}`
  return modelError(
    { code: 'ADAPTER_UNSUPPORTED', file: path, feature },
    `${feature} is no LoRA factor (expected base_model.model.<module>.lora_A.weight or lora_B.weight)`,
    'Tensors beside the factors are read where the config’s modules_to_save or bias names them; DoRA magnitudes are not.',
  )
}

const quote = (text: string): string => JSON.stringify(text.slice(0, 200))

function invalid(file: string, reason: string): Error {
  return modelError({ code: 'ADAPTER_INVALID', file, reason }, reason)
}

/** Safetensors are little-endian whatever the machine is. A view of the values where it is too. */
export function littleEndian(values: Float32Array | undefined): Uint8Array {
  if (values === undefined) return new Uint8Array(0)
  if (IS_LITTLE_ENDIAN) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  const bytes = new Uint8Array(values.length * 4)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i] ?? 0, true)
  return bytes
}
