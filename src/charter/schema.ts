/**
 * The charter: the rules that all members share, signed by each of them. Everything agreed is a function of the charter
 * and of bytes that it bounds. No floats: fractions are `[numerator, denominator]` (core/rational.ts).
 * Source: docs/PROTOCOL.md §3.
 */
import * as v from 'valibot'
import { countSchema, digestSchema, publicKeySchema, textSchema } from '../core/canonical.ts'
import { rationalSchema } from '../core/rational.ts'

/** More has not been measured; `charter check` refuses above. */
export const MEMBER_COUNT_MAX = 64
export const CHARTER_SIZE_BYTES_MAX = 1 << 20
export const MODULE_COUNT_MAX = 4096
export const RANK_MAX = 1024

/** Names are shown to people and used in file names: lower case, digits, `-`, 1 to 32 characters. */
export const MEMBER_NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/

const memberSchema = v.strictObject({
  name: v.pipe(textSchema(32), v.regex(MEMBER_NAME, 'expected lower-case letters, digits and inner dashes')),
  publicKey: publicKeySchema,
  /** Claimed or agreed weight of the member, used by weighted rules only, capped by the robust cap. */
  weight: v.pipe(countSchema(2 ** 31), v.minValue(1)),
})

const fileDigestSchema = v.strictObject({ name: textSchema(256), sha256: digestSchema })

/**
 * One module whose weight W [out, in] is trained through LoRA: ΔW = s·B·A, A [r, in], B [out, r]. Of a convolution W is
 * taken as a matrix of so many rows: in = input channels × kernel.
 */
const moduleSchema = v.strictObject({
  name: textSchema(512),
  in: v.pipe(countSchema(2 ** 24), v.minValue(1)),
  out: v.pipe(countSchema(2 ** 24), v.minValue(1)),
  /** Of a convolution: its extents, such as [3, 3], so that results leave in the shape that it has; absent for a linear module. */
  kernel: v.optional(
    v.pipe(v.array(v.pipe(countSchema(2 ** 12), v.minValue(1))), v.minLength(1), v.maxLength(3)),
  ),
})

/** A parameter that is trained whole (a bias, a norm, a classifier head): updates hold its change. */
const densePartSchema = v.strictObject({
  name: textSchema(512),
  /** Of the parameter in the base model; [] is a single number. */
  shape: v.pipe(v.array(v.pipe(countSchema(2 ** 31), v.minValue(1))), v.maxLength(4)),
})

const layoutSchema = v.strictObject({
  /** In byte order of their names, each once; none where the whole model is trained (`dense` then holds all of it). */
  modules: v.pipe(v.array(moduleSchema), v.maxLength(MODULE_COUNT_MAX)),
  /** In byte order of their names, each once; absent when there are none. */
  dense: v.optional(v.pipe(v.array(densePartSchema), v.minLength(1), v.maxLength(MODULE_COUNT_MAX))),
  /**
   * Where A is nobody's to train: SHA-256 of all A of an update, stored as in it, in the modules' order. Every update has
   * these very bytes, and rules work on B.
   */
  sharedA: v.optional(digestSchema),
  /** Whether updates publish a Fisher diagonal beside what they change, for rules that weigh each coordinate by it. */
  fisher: v.optional(v.literal(true)),
  /** An update may use any rank from 1 to this one, in each module. */
  rankMax: v.pipe(countSchema(RANK_MAX), v.minValue(1)),
  /** s: alpha/r of PEFT, one for all members and modules. Never taken from an update. */
  scale: rationalSchema,
  dtype: v.picklist(['f32', 'bf16']),
})

const partEntries = {
  id: textSchema(64),
  version: v.pipe(countSchema(2 ** 16), v.minValue(1)),
  /** Those that are not the rule's defaults, by name. */
  parameters: v.optional(v.record(textSchema(32), rationalSchema)),
}

const ruleSchema = v.strictObject({
  ...partEntries,
  /** What is done to the updates before the rule sees them, in order. */
  steps: v.optional(v.pipe(v.array(v.strictObject(partEntries)), v.minLength(1), v.maxLength(4))),
})

const aggregationSchema = v.strictObject({
  /** In order of preference: the first whose precondition holds for the number of decided updates is used. */
  rules: v.pipe(v.array(ruleSchema), v.minLength(1), v.maxLength(8)),
  /** How many poisoned updates the rule must bear; at least f, since a poisoner may keep every rule of the protocol. */
  b: countSchema(MEMBER_COUNT_MAX),
  weights: v.picklist(['uniform', 'charter', 'samples', 'inverse-norm', 'rank', 'fisher']),
  /** Claimed sample counts are restricted to this range before the robust cap. */
  samplesRange: v.strictTuple([
    v.pipe(countSchema(), v.minValue(1)),
    v.pipe(countSchema(2 ** 40), v.minValue(1)),
  ]),
  /** The merge coefficient: multiplies the result, after the rule. */
  lambda: rationalSchema,
  /** The result is recompressed to this rank; absent: stacked factors of all kept updates, or a dense result. */
  resultRank: v.optional(v.pipe(countSchema(RANK_MAX), v.minValue(1))),
  /** SHA-256 of the WebAssembly module that does the arithmetic. */
  kernelDigest: digestSchema,
})

const limitsSchema = v.strictObject({
  updateSizeBytes: v.pipe(countSchema(2 ** 40), v.minValue(1)),
  chunkSizeBytes: v.pipe(countSchema(1 << 22), v.minValue(1 << 12)),
  /** Largest s·‖A‖_F·‖B‖_F of one module. */
  moduleNorm: rationalSchema,
  /** Largest absolute value of a factor's entry. At most 2^15: finite factors then cannot overflow in f16 products. */
  entry: rationalSchema,
  /** Largest ‖ΔW‖ over all modules. */
  updateNorm: rationalSchema,
  memoryBytes: v.pipe(countSchema(2 ** 44), v.minValue(1 << 20)),
})

const instantSchema = countSchema(8_640_000_000_000_000)

/** Absolute deadlines, milliseconds since the Unix epoch. commitAtMs ≤ cutAtMs ≤ lateCutsAtMs… ≤ finalAtMs. */
const roundSchema = v.strictObject({
  commitAtMs: instantSchema,
  cutAtMs: instantSchema,
  lateCutsAtMs: v.pipe(v.array(instantSchema), v.maxLength(16)),
  finalAtMs: instantSchema,
  /** Absent: updates start from the base model. `previous`: from base plus the results of the rounds that this one builds on. */
  basis: v.optional(v.literal('previous')),
})

export const CONSORTIUM_BYTES = 16
const consortiumSchema: v.GenericSchema<Uint8Array, Uint8Array> = v.pipe(
  v.instance(Uint8Array),
  v.check((bytes) => bytes.length === CONSORTIUM_BYTES, `expected ${CONSORTIUM_BYTES} bytes`),
)

const smallCountSchema = v.pipe(countSchema(2 ** 31), v.minValue(1))

/**
 * How the members agreed to train: what `train` takes as its defaults, key by key. Nobody can check it; a header says where
 * its member did otherwise. Absent keys have the program's defaults. The keys are those of a recipe (docs/TRAINING.md).
 */
const trainingSchema = v.strictObject({
  epochs: v.optional(smallCountSchema),
  batchSize: v.optional(smallCountSchema),
  accumulation: v.optional(smallCountSchema),
  maxLength: v.optional(smallCountSchema),
  packing: v.optional(v.boolean()),
  patience: v.optional(countSchema(2 ** 31)),
  schedule: v.optional(textSchema(16)),
  optimizer: v.optional(textSchema(16)),
  fisher: v.optional(v.boolean()),
  learningRate: v.optional(rationalSchema),
  warmupShare: v.optional(rationalSchema),
  finalShare: v.optional(rationalSchema),
  weightDecay: v.optional(rationalSchema),
  pull: v.optional(rationalSchema),
  gradientNormMax: v.optional(rationalSchema),
  rank: v.optional(v.pipe(countSchema(RANK_MAX), v.minValue(1))),
  rsLora: v.optional(v.boolean()),
  dropout: v.optional(rationalSchema),
})

export const charterSchema = v.strictObject({
  schema: v.literal('oneround/charter@1'),
  /** 16 random bytes: a corrected draft is another consortium. */
  consortium: consortiumSchema,
  epoch: countSchema(2 ** 31),
  /** Digest of the charter that this one succeeds; absent in epoch 0. */
  predecessor: v.optional(digestSchema),
  members: v.pipe(v.array(memberSchema), v.minLength(2), v.maxLength(MEMBER_COUNT_MAX)),
  /** Byzantine members the protocol bears. */
  f: countSchema(MEMBER_COUNT_MAX),
  /** Quorum. */
  q: v.pipe(countSchema(MEMBER_COUNT_MAX), v.minValue(1)),
  /** The files of the pretrained model that everyone starts from, by digest, in byte order of their names. */
  baseModel: v.pipe(v.array(fileDigestSchema), v.minLength(1), v.maxLength(256)),
  layout: layoutSchema,
  training: v.optional(trainingSchema),
  aggregation: aggregationSchema,
  limits: limitsSchema,
  /** Round numbers start at 1: `rounds[0]` is round 1. */
  rounds: v.pipe(v.array(roundSchema), v.minLength(1), v.maxLength(64)),
  /** Fewer decided updates than this mean *undecided*. */
  minUpdates: v.pipe(countSchema(MEMBER_COUNT_MAX), v.minValue(1)),
  /** `committed`: nobody's update can be read before q members sealed it. `immediate`: no such promise. */
  reveal: v.picklist(['committed', 'immediate']),
  /** Whether uncommitted updates may join late cuts, marked as such in the certificate. */
  latecomers: v.boolean(),
  /** How long decided bytes are kept and served, from the final deadline. */
  retentionMs: countSchema(8_640_000_000_000),
  /** A difference between my clock and the members' median above this raises an alarm. */
  clockSkewMaxMs: countSchema(86_400_000),
})

export type Charter = Readonly<v.InferOutput<typeof charterSchema>>
export type CharterMember = Charter['members'][number]
export type Layout = Charter['layout']
export type LayoutModule = Layout['modules'][number]
export type DensePart = NonNullable<Layout['dense']>[number]
export type RoundSchedule = Charter['rounds'][number]
