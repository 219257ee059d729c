/**
 * A pretrained encoder and names of classes → a folder with a classifier's head, from which classification starts. In: a
 * Hugging Face folder of an encoder, with or without other heads. Out: a folder that `transformers` loads as its family's
 * sequence or image classifier: the encoder's tensors as they are stored, and a head drawn from a seed.
 *
 * The same base, classes and seed give the same bytes, so the members of a consortium make one and the same base of it.
 * Source: `_init_weights` of `transformers` (weights of normal deviation `initializer_range`, biases 0).
 */
import { join } from 'node:path'
import { RoundError } from '../../core/errors.ts'
import { encodeHeader } from '../../core/safetensors.ts'
import { SeededRng } from '../../core/seeded-rng.ts'
import {
  ensureFolder,
  hasFile,
  listFiles,
  openAtomicWriter,
  openReader,
  readFileBounded,
  readText,
  writeFileAtomic,
  writeJson,
} from '../../files/index.ts'
import { modelError } from '../errors.ts'
import { littleEndian } from '../peft.ts'
import { locateFolderTensors, type StoredTensor } from '../weights.ts'

export interface AddHeadOptions {
  /** A Hugging Face folder of an encoder. */
  readonly folder: string
  /** Names of the classes, at least two, each once. */
  readonly labels: readonly string[]
  readonly seed: string
  /** Made where it is missing; must not hold a model. */
  readonly out: string
}

export interface AddedHead {
  /** Shapes of the head's parameters by their names. */
  readonly parameters: ReadonlyMap<string, readonly number[]>
  /** PEFT's `modules_to_save` for it: without them the head stays as it was drawn. */
  readonly modulesToSave: readonly string[]
}

export type AddHeadFault =
  | { readonly code: 'HEAD_LABELS'; readonly reason: string }
  | { readonly code: 'HEAD_EXISTS'; readonly folder: string }

interface Family {
  /** The encoder's name in the whole model. */
  readonly root: string
  readonly architecture: string
  /** Below the root; not every checkpoint has it. Drawn where it is missing. */
  readonly pooler: string | null
  /** Modules of the head in front of the classes' own, [hidden, hidden]. */
  readonly dense: readonly string[]
  /** From hidden to the classes. */
  readonly last: string
  readonly modulesToSave: readonly string[]
}

const bertLike = (root: string, name: string): Family => ({
  root,
  architecture: `${name}ForSequenceClassification`,
  pooler: null,
  dense: ['classifier.dense'],
  last: 'classifier.out_proj',
  modulesToSave: ['classifier'],
})

const FAMILIES: ReadonlyMap<string, Family> = new Map([
  [
    'bert',
    {
      root: 'bert',
      architecture: 'BertForSequenceClassification',
      pooler: 'pooler.dense',
      dense: [],
      last: 'classifier',
      modulesToSave: ['classifier'],
    },
  ],
  ['roberta', bertLike('roberta', 'Roberta')],
  ['xlm-roberta', bertLike('roberta', 'XLMRoberta')],
  [
    'distilbert',
    {
      root: 'distilbert',
      architecture: 'DistilBertForSequenceClassification',
      pooler: null,
      dense: ['pre_classifier'],
      last: 'classifier',
      modulesToSave: ['pre_classifier', 'classifier'],
    },
  ],
  [
    'vit',
    {
      root: 'vit',
      architecture: 'ViTForImageClassification',
      pooler: null,
      dense: [],
      last: 'classifier',
      modulesToSave: ['classifier'],
    },
  ],
])

const CONFIG_SIZE_BYTES_MAX = 4 << 20
const COPIED_SIZE_BYTES_MAX = 256 << 20
const BLOCK_BYTES = 1 << 20
const WEIGHTS_NAME = 'model.safetensors'
const INITIALIZER_RANGE = 0.02
/** Beside the weights: everything but other forms of the weights and the model's own card. */
const NOT_COPIED =
  /\.(bin|pt|pth|ckpt|pkl|h5|msgpack|onnx|onnx_data|safetensors|index\.json)$|^config\.json$|^README\.md$|^\./
/** What releases of 2018 called a norm's weight and bias. */
const OLD_NORMS: readonly (readonly [old: RegExp, today: string])[] = [
  [/\.LayerNorm\.gamma$/, '.LayerNorm.weight'],
  [/\.LayerNorm\.beta$/, '.LayerNorm.bias'],
]

/** A tensor of the new file: one that is stored, or one that is drawn. */
interface Part {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly stored: StoredTensor | null
}

/**
 * @throws HEAD_LABELS | HEAD_EXISTS | MODEL_CONFIG_INVALID | MODEL_UNSUPPORTED | WEIGHTS_MISMATCH | WEIGHTS_PICKLED |
 * FILE_MISSING | NO_SPACE
 */
export async function addHead({ folder, labels, seed, out }: AddHeadOptions): Promise<AddedHead> {
  checkLabels(labels)
  const config = await readConfig(folder)
  const family = familyOf(config, folder)
  if (await hasFile(join(out, WEIGHTS_NAME)))
    throw new RoundError<AddHeadFault>(
      { code: 'HEAD_EXISTS', folder: out },
      `${out}: holds a model already`,
      { hint: 'Name a new folder with --out.' },
    )
  const kept = await encoderParts(folder, family)
  const hidden = hiddenOf(config, folder)
  const drawn = headParts(family, { hidden, classCount: labels.length, kept })
  await ensureFolder(out)
  await writeWeights(join(out, WEIGHTS_NAME), [...kept, ...drawn], { seed, deviation: rangeOf(config) })
  for (const name of (await listFiles(folder)).filter((each) => !NOT_COPIED.test(each)))
    await writeFileAtomic(join(out, name), await readFileBounded(join(folder, name), COPIED_SIZE_BYTES_MAX))
  await writeJson(join(out, 'config.json'), {
    ...config,
    architectures: [family.architecture],
    id2label: Object.fromEntries(labels.map((label, i) => [String(i), label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
    problem_type: 'single_label_classification',
  })
  return {
    parameters: new Map(drawn.map(({ name, shape }) => [name, shape])),
    modulesToSave: family.modulesToSave,
  }
}

const LABEL_COUNT_MAX = 1 << 16

function checkLabels(labels: readonly string[]): void {
  const [twice] = labels.filter((label, i) => labels.indexOf(label) !== i)
  const reason =
    labels.length < 2 || labels.length > LABEL_COUNT_MAX
      ? `${labels.length} classes, expected 2 to ${LABEL_COUNT_MAX}`
      : labels.includes('')
        ? 'a class without a name'
        : twice === undefined
          ? null
          : `${JSON.stringify(twice)} twice`
  if (reason === null) return
  throw new RoundError<AddHeadFault>({ code: 'HEAD_LABELS', reason }, `--labels: ${reason}`, {
    hint: 'Name each class once, as the data’s labels name them: --labels no,yes.',
  })
}

async function readConfig(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const file = join(folder, 'config.json')
  const text = await readText(file, CONFIG_SIZE_BYTES_MAX)
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Said below, by the file's name.
  }
  throw modelError({ code: 'MODEL_CONFIG_INVALID', file, field: '' }, 'no JSON object')
}

function familyOf(config: Readonly<Record<string, unknown>>, folder: string): Family {
  const file = join(folder, 'config.json')
  const family = FAMILIES.get(String(config['model_type']))
  if (family !== undefined) return family
  const feature = `a head for model_type ${JSON.stringify(config['model_type'])}`
  throw modelError(
    { code: 'MODEL_UNSUPPORTED', file, feature },
    `${feature} is not made; known are ${[...FAMILIES.keys()].join(', ')}`,
  )
}

function hiddenOf(config: Readonly<Record<string, unknown>>, folder: string): number {
  const field = config['dim'] === undefined ? 'hidden_size' : 'dim'
  const value = config[field]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value
  const file = join(folder, 'config.json')
  throw modelError(
    { code: 'MODEL_CONFIG_INVALID', file, field },
    `${field} is ${JSON.stringify(value)}, expected a positive whole number`,
  )
}

function rangeOf(config: Readonly<Record<string, unknown>>): number {
  const value = config['initializer_range']
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : INITIALIZER_RANGE
}

/** The encoder's own tensors under their names in the whole model; heads of other tasks stay behind. */
async function encoderParts(folder: string, { root, pooler }: Family): Promise<readonly Part[]> {
  const tensors = [...(await locateFolderTensors(folder)).values()]
  const prefix = `${root}.`
  const isWhole = tensors.some(({ name }) => name.startsWith(prefix))
  if (!tensors.some(({ name }) => name.includes('embeddings.')))
    throw modelError(
      { code: 'WEIGHTS_MISMATCH', file: folder, tensor: `${prefix}embeddings` },
      'holds no embeddings of an encoder',
    )
  const own = isWhole ? tensors.filter(({ name }) => name.startsWith(prefix)) : tensors.filter(isOfEncoder)
  return own.flatMap((stored) => {
    const name = OLD_NORMS.reduce(
      (text, [old, today]) => text.replace(old, today),
      isWhole ? stored.name : prefix + stored.name,
    )
    const isForeignPooler = name.startsWith(`${prefix}pooler.`) && pooler === null
    // Numbers of positions, which old checkpoints hold: the graph counts itself.
    const isTable = name.endsWith('position_ids')
    return isForeignPooler || isTable ? [] : [{ name, dtype: stored.dtype, shape: stored.shape, stored }]
  })
}

/** Saved as an encoder alone: its tensors have no root. */
const isOfEncoder = ({ name }: StoredTensor): boolean =>
  /^(?:embeddings|encoder|transformer|layers|layernorm|pooler)\./.test(name)

interface HeadSizes {
  readonly hidden: number
  readonly classCount: number
  readonly kept: readonly Part[]
}

function headParts(family: Family, { hidden, classCount, kept }: HeadSizes): readonly Part[] {
  const names = new Set(kept.map(({ name }) => name))
  const { pooler, dense, last, root } = family
  const missing = pooler !== null && !names.has(`${root}.${pooler}.weight`) ? [`${root}.${pooler}`] : []
  const modules = [
    ...[...missing, ...dense].map((name) => ({ name, out: hidden })),
    { name: last, out: classCount },
  ]
  return modules.flatMap(({ name, out }): readonly Part[] => [
    { name: `${name}.weight`, dtype: 'F32', shape: [out, hidden], stored: null },
    { name: `${name}.bias`, dtype: 'F32', shape: [out], stored: null },
  ])
}

async function writeWeights(
  path: string,
  parts: readonly Part[],
  { seed, deviation }: { readonly seed: string; readonly deviation: number },
): Promise<void> {
  const byName = new Map(parts.map((part) => [part.name, part]))
  const { prefix, header } = encodeHeader(
    parts.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] })),
    new Map([['format', 'pt']]),
  )
  const writer = await openAtomicWriter(path)
  try {
    await writer.write(prefix)
    for (const { name } of header.entries) {
      const part = byName.get(name)
      if (part?.stored != null) await copyTensor(part.stored, writer)
      else if (part !== undefined) await writer.write(littleEndian(draw(part, seed, deviation)))
    }
    await writer.commit()
  } finally {
    await writer.abort()
  }
}

async function copyTensor(
  { path, offset, sizeBytes }: StoredTensor,
  writer: { readonly write: (bytes: Uint8Array) => Promise<void> },
): Promise<void> {
  const reader = await openReader(path)
  try {
    for (let done = 0; done < sizeBytes; done += BLOCK_BYTES)
      await writer.write(await reader.read(offset + done, Math.min(BLOCK_BYTES, sizeBytes - done)))
  } finally {
    await reader.close()
  }
}

function draw({ name, shape }: Part, seed: string, deviation: number): Float32Array {
  const values = new Float32Array(shape.reduce((size, extent) => size * extent, 1))
  if (name.endsWith('.bias')) return values
  const rng = new SeededRng(`${seed}/head/${name}`)
  return values.map(() => rng.normal() * deviation)
}
