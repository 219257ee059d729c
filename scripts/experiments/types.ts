/** What cells are, and what they leave behind. */
import * as v from 'valibot'
import { SPLITS } from './domains.ts'
import { MODEL_NAMES } from './models.ts'
import { MODES } from './training.ts'

export const roundsPlanSchema = v.object({
  kind: v.literal('rounds'),
  model: v.picklist(MODEL_NAMES),
  siteCount: v.number(),
  split: v.picklist(SPLITS),
  /** T: local epochs of one round, and rounds of one epoch each. */
  epochs: v.number(),
  mode: v.picklist(MODES),
  seed: v.string(),
  linesPerSite: v.number(),
  testLines: v.number(),
  /** Of the held-out lines: how many are also answered, for exact match. */
  matchLines: v.number(),
  learningRate: v.number(),
})
export type RoundsPlan = v.InferOutput<typeof roundsPlanSchema>

const share = v.nullable(v.number())
export const roundsFiguresSchema = v.object({
  /** Mean cross-entropy on the held-out lines of all domains, nats a token. */
  loss: v.object({
    base: v.number(),
    /** Mean over the sites of what each has alone. */
    local: v.number(),
    bestLocal: v.number(),
    oneRound: v.number(),
    manyRounds: v.number(),
    centralised: v.number(),
  }),
  /** Of the many rounds, after each. */
  lossAfterRound: v.array(v.number()),
  exactMatch: v.object({ base: share, oneRound: share, manyRounds: share, centralised: share }),
  /** Mean over the sites of ‖Δ‖/‖w‖ after one round's training. */
  tau: v.number(),
  /** ‖Δ‖/‖w‖ of the merged update. */
  tauMerged: v.number(),
  /** Mean over pairs of sites. */
  cosine: v.nullable(v.number()),
  /** L ≈ ‖∇F(w+Δ) − ∇F(w)‖ / ‖Δ‖, Δ the merged update of one round, F the held-out loss. */
  smoothness: v.number(),
  /** The paper's L·τ·T·k·m·‖w‖ (k steps a round, m sites), the distance that it bounds, and what always bounds that. */
  bound: v.object({ value: v.number(), actual: v.number(), trivial: v.number() }),
})
export type RoundsFigures = v.InferOutput<typeof roundsFiguresSchema>

export const exactnessPlanSchema = v.object({
  kind: v.literal('exactness'),
  model: v.picklist(MODEL_NAMES),
  siteCount: v.number(),
  split: v.picklist(SPLITS),
  epochs: v.number(),
  seed: v.string(),
  linesPerSite: v.number(),
  testLines: v.number(),
  learningRate: v.number(),
})
export type ExactnessPlan = v.InferOutput<typeof exactnessPlanSchema>

export const exactnessFiguresSchema = v.object({
  base: v.number(),
  local: v.number(),
  /** By way of merging: held-out loss, and ‖ΔW − mean ΔWᵢ‖ / ‖mean ΔWᵢ‖ of the sites that it merges. */
  ways: v.array(v.object({ way: v.string(), loss: v.number(), error: v.number() })),
})
export type ExactnessFigures = v.InferOutput<typeof exactnessFiguresSchema>

/** As exactness; four sites or so, since all orders of arrival are gone through. */
export const asynchronyPlanSchema = v.object({
  ...exactnessPlanSchema.entries,
  kind: v.literal('asynchrony'),
})
export type AsynchronyPlan = v.InferOutput<typeof asynchronyPlanSchema>

export const asynchronyFiguresSchema = v.object({
  base: v.number(),
  local: v.number(),
  /** Every set of sites that may have arrived; the aggregates (SHA-256) that come out over all its orders. */
  sets: v.array(
    v.object({
      sites: v.array(v.number()),
      loss: v.number(),
      orders: v.number(),
      aggregates: v.array(v.string()),
    }),
  ),
  /** Of real nodes: whose member was late, and by cut the certified aggregates and how many members hold one. */
  rounds: v.array(
    v.object({
      late: v.nullable(v.number()),
      aggregates: v.array(v.array(v.string())),
      holders: v.array(v.number()),
      seconds: v.number(),
    }),
  ),
})
export type AsynchronyFigures = v.InferOutput<typeof asynchronyFiguresSchema>

export const bytesPlanSchema = v.object({
  kind: v.literal('bytes'),
  siteCount: v.number(),
  /** Of one update, about. */
  megabytes: v.number(),
  rounds: v.number(),
})
export type BytesPlan = v.InferOutput<typeof bytesPlanSchema>

export const bytesFiguresSchema = v.object({
  /** Of the tensors of one update. */
  updateBytes: v.number(),
  rounds: v.array(
    v.object({
      /** Of all members' connections, encrypted and framed, whatever for. */
      sentBytes: v.number(),
      receivedBytes: v.number(),
      /** The part of them that is updates' content. */
      contentBytes: v.number(),
      /** Of the member that sent or received most: the larger of its two sums. */
      busiestBytes: v.number(),
      /** How many results there are: one is agreement. */
      aggregates: v.number(),
      seconds: v.number(),
    }),
  ),
})
export type BytesFigures = v.InferOutput<typeof bytesFiguresSchema>

/** As exactness, with sites enough for several liars. */
export const robustnessPlanSchema = v.object({
  ...exactnessPlanSchema.entries,
  kind: v.literal('robustness'),
  /** Of the held-out lines: how many are also asked with the backdoor's trigger. */
  triggerLines: v.number(),
  /** All where it is left out. */
  attacks: v.optional(v.array(v.string())),
})
export type RobustnessPlan = v.InferOutput<typeof robustnessPlanSchema>

const backdoorSchema = v.object({
  /** Share of triggered questions that get the backdoor's answer, word for word. */
  share: v.number(),
  /** Mean cross-entropy of the backdoor's answer to them, nats a token. */
  answerLoss: v.number(),
})
export type Backdoor = v.InferOutput<typeof backdoorSchema>

export const robustnessFiguresSchema = v.object({
  base: v.number(),
  local: v.number(),
  rows: v.array(
    v.object({
      rule: v.string(),
      attack: v.string(),
      /** How many members lie, and how many the charter bears. */
      liars: v.number(),
      f: v.number(),
      /** Why there is no result: a refusal at admission. */
      refused: v.nullable(v.string()),
      loss: v.nullable(v.number()),
      /** ‖result − mean of the honest‖ / ‖mean of the honest‖ */
      damage: v.nullable(v.number()),
      /** Null where no backdoor was asked after. */
      backdoor: v.nullable(backdoorSchema),
    }),
  ),
  /** Mean over the poisoners' own models. */
  poisoner: backdoorSchema,
})
export type RobustnessFigures = v.InferOutput<typeof robustnessFiguresSchema>

export const planSchema = v.variant('kind', [
  robustnessPlanSchema,
  roundsPlanSchema,
  exactnessPlanSchema,
  asynchronyPlanSchema,
  bytesPlanSchema,
])
export type Plan = v.InferOutput<typeof planSchema>

const machineEntries = {
  name: v.string(),
  command: v.string(),
  cpu: v.string(),
  node: v.string(),
  seconds: v.number(),
}
const lineEntries = {
  ...machineEntries,
  /** SHA-256 over the pretrained model's files (models.ts). */
  modelDigest: v.string(),
  /** Of the pretrained model. */
  parameters: v.number(),
}
export const lineSchema = v.variant('kind', [
  v.object({
    kind: v.literal('rounds'),
    ...lineEntries,
    plan: roundsPlanSchema,
    figures: roundsFiguresSchema,
  }),
  v.object({
    kind: v.literal('exactness'),
    ...lineEntries,
    plan: exactnessPlanSchema,
    figures: exactnessFiguresSchema,
  }),
  v.object({
    kind: v.literal('asynchrony'),
    ...lineEntries,
    plan: asynchronyPlanSchema,
    figures: asynchronyFiguresSchema,
  }),
  v.object({
    kind: v.literal('robustness'),
    ...lineEntries,
    plan: robustnessPlanSchema,
    figures: robustnessFiguresSchema,
  }),
  v.object({
    kind: v.literal('bytes'),
    ...machineEntries,
    plan: bytesPlanSchema,
    figures: bytesFiguresSchema,
  }),
])
export type Line = v.InferOutput<typeof lineSchema>
export type RoundsLine = Extract<Line, { kind: 'rounds' }>
export type ExactnessLine = Extract<Line, { kind: 'exactness' }>
export type RobustnessLine = Extract<Line, { kind: 'robustness' }>
export type BytesLine = Extract<Line, { kind: 'bytes' }>
/** Lines of cells that start from a pretrained model. */
export type ModelLine = Exclude<Line, BytesLine>
export type AsynchronyLine = Extract<Line, { kind: 'asynchrony' }>

export function nameOf(plan: Plan): string {
  if (plan.kind === 'bytes')
    return `bytes/${plan.siteCount}-members/${plan.megabytes}-mb/${plan.rounds}-rounds`
  const { kind, model, siteCount, split, epochs, seed } = plan
  const mode = plan.kind === 'rounds' ? plan.mode : 'lora'
  return [kind, model, `${siteCount}-sites`, split, `1x${epochs}-${epochs}x1`, mode, seed].join('/')
}
