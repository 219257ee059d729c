/** `oneround charter new`: draws up a charter from invites, a base model and the rules that were agreed on. */
import { kernelDigest, parseRuleChoice, RULE_BOOK } from '../../aggregate/index.ts'
import {
  buildCharter,
  type Charter,
  type CharterDraft,
  type DensePart,
  charterError,
  checkCharter,
  decodeInvite,
  type Invite,
  reportCharter,
  unsigned,
} from '../../charter/index.ts'
import { toHex } from '../../core/bytes.ts'
import { parseRational } from '../../core/rational.ts'
import { findLinearModules } from '../../model/linear-modules.ts'
import { chooseModules } from '../../model/lora.ts'
import { writeCharterFile } from '../../node/charter-store.ts'
import { type BaseGraph, openBaseGraph } from '../../train/base.ts'
import { trainingOfRecipe } from '../../train/charter-recipe.ts'
import { readRecipe } from '../../train/recipe-file.ts'
import { sharedFactorDigest } from '../../train/trainable.ts'
import { refuseFullExport } from '../../train/run-training.ts'
import { allSites, type WholeSite, wholeSites } from '../../train/whole.ts'
import {
  choice,
  count,
  defineCommand,
  flag,
  list,
  type OptionValues,
  required,
  text,
  usageError,
  withDefault,
} from '../command.ts'
import { jsonOf } from '../output.ts'
import { systemClock, systemRng } from '../system.ts'
import { parseInstant } from '../words.ts'
import { charterText, reportText } from './charter-text.ts'

const CONSORTIUM_BYTES = 16

const options = {
  member: list('--member <invite>', 'the line that a member’s `oneround init` printed; once for each member'),
  model: required(text('--model <folder>', 'Hugging Face folder of the base model')),
  targets: list(
    '--targets <names>',
    'modules to adapt: names or last parts of names, or all-linear (default: those that PEFT adapts in the family)',
  ),
  modulesToSave: list(
    '--modules-to-save <names>',
    'modules that are trained whole beside the adapters; updates carry their change',
  ),
  full: flag(
    '--full',
    'no adapters: every parameter is trained, and updates carry the change of the whole model',
  ),
  dtype: withDefault(
    choice('--dtype <type>', 'of the numbers in updates; bf16 halves their size and rounds them', [
      'f32',
      'bf16',
    ]),
    'f32',
  ),
  rank: withDefault(count('--rank <r>', 'largest rank of an update', { min: 1, max: 1024 }), 8),
  alpha: withDefault(text('--alpha <a>', 'scale = alpha / rank, the same for all members'), '16'),
  freezeA: text(
    '--freeze-a <seed>',
    'fix A for all: the one that `train --freeze-a --seed <seed>` draws; rules then work on B',
  ),
  training: text(
    '--training <file>',
    'recipe that members agree on (JSON, as `train --recipe` reads it); `train --charter` takes it as defaults',
  ),
  rule: withDefault(
    list(
      '--rule <ids>',
      'aggregation rules in order of preference, with steps and parameters: nnm+multi-krum, ties:density=0.3',
    ),
    ['multi-krum', 'trimmed-mean'],
  ),
  f: count('--f <n>', 'lying members to bear (default: as many as the number of members allows)'),
  q: count('--quorum <n>', 'quorum (default: the smallest safe one)'),
  b: count('--b <n>', 'poisoned updates that the rule must bear (default: f)'),
  minUpdates: count('--min-updates <n>', 'fewer leave the round undecided (default: members − f)'),
  weights: withDefault(
    choice('--weights <kind>', 'weights of updates', [
      'uniform',
      'charter',
      'samples',
      'inverse-norm',
      'rank',
      'fisher',
    ]),
    'uniform',
  ),
  lambda: withDefault(text('--lambda <x>', 'multiplies the merged update'), '1'),
  resultRank: count(
    '--result-rank <r>',
    'recompress the result to this rank, with what is lost reported (default: exact)',
    { min: 1, max: 1024 },
  ),
  commit: withDefault(text('--commit <time>', 'headers are due: +1h from now, or 2026-11-23T03:00Z'), '+1h'),
  cut: withDefault(text('--cut <time>', 'updates that are certified by then count'), '+2h'),
  lateCut: list('--late-cut <times>', 'times at which updates that came too late for the cut are added'),
  latecomers: flag('--latecomers', 'let late cuts add updates that nobody sealed in time, marked as such'),
  final: withDefault(text('--final <time>', 'members that are silent by then are given up on'), '+1d'),
  rounds: withDefault(
    count('--rounds <n>', 'rounds one after the other, each from the result of the one before', {
      min: 1,
      max: 64,
    }),
    1,
  ),
  every: text(
    '--every <duration>',
    'from one round’s deadlines to the next’s, such as +7d (default: --final)',
  ),
  fromBase: flag('--from-base', 'let every round start from the base model'),
  immediate: flag('--immediate', 'reveal updates at once, without sealing all headers first'),
  out: withDefault(text('--out <file>', 'the charter file to write'), 'charter.json'),
}

export const charterNewCommand = defineCommand({
  name: 'charter new',
  description:
    'Draws up a charter: who takes part, from which base model, which modules are adapted, how updates are combined,\n' +
    'when they are due. Nothing in it is in force until every member has signed the file with `oneround charter sign`.',
  options,
  examples: [
    'oneround charter new --member oneround-invite:… --member oneround-invite:… --member oneround-invite:… --model base --rule trimmed-mean --f 0 --b 1',
  ],
  run: async ({ options: given }) => {
    const invites = given.member.map(decodeInvite)
    if (invites.length < 2) {
      throw charterError(
        { code: 'INVITE_INVALID', reason: `${invites.length} given` },
        `--member: expected at least two invites, got ${invites.length}`,
        'Every member runs `oneround init` and sends you the line it prints.',
      )
    }
    const charter = await draft(given, invites)
    const remarks = checkCharter(charter, RULE_BOOK, given.out)
    const addresses = new Map(invites.map((invite) => [invite.name, invite.addresses]))
    const signed = { ...unsigned(charter), addresses }
    await writeCharterFile(given.out, signed)
    const report = reportCharter(charter, RULE_BOOK)
    return {
      document: {
        schema: 'oneround/charter-new@1',
        file: given.out,
        digest: toHex(signed.digest),
        report: jsonOf(report),
        remarks,
      },
      text: `${charterText(signed)}\n\n${reportText(report, remarks)}\n\nWrote ${given.out}. Now every member signs it.`,
    }
  },
})

async function draft(given: OptionValues<typeof options>, invites: readonly Invite[]) {
  const nowMs = systemClock.now()
  const rules = given.rule.map(parseRuleChoice)
  const base = await openBaseGraph(given.model)
  const stated = {
    f: given.f,
    q: given.q,
    b: given.b,
    minUpdates: given.minUpdates,
    resultRank: given.resultRank,
  }
  const training =
    given.training === undefined
      ? undefined
      : trainingOfRecipe(await readRecipe(given.training), given.training, given.full)
  return buildCharter({
    ...(training === undefined ? {} : { training }),
    consortium: systemRng.bytes(CONSORTIUM_BYTES),
    members: invites,
    baseModel: await base.digest(),
    ...(given.full ? wholeLayout(given, base) : adapterLayout(given, base)),
    dtype: given.dtype,
    rules,
    fisher: rules.some(RULE_BOOK.usesFisher),
    kernelDigest: await kernelDigest(),
    weights: given.weights,
    lambda: parseRational(given.lambda, '--lambda'),
    ...(given.latecomers ? { latecomers: true } : {}),
    reveal: given.immediate ? 'immediate' : 'committed',
    rounds: roundsOf(given, nowMs),
    ...defined(stated),
  })
}

type LayoutDraft = Pick<CharterDraft, 'modules' | 'dense' | 'rankMax' | 'sharedA' | 'scale'>

const partOf = ({ name, dims }: WholeSite): DensePart => ({ name, shape: [...dims] })

/** Adapters, with what is trained whole beside them. */
function adapterLayout(
  given: OptionValues<typeof options>,
  { model, targetModules }: BaseGraph,
): LayoutDraft {
  const linear = findLinearModules(model)
  const chosen = distinct(chooseModules(linear, given.targets.length > 0 ? given.targets : targetModules))
  const modules = chosen.map(({ name, inSize, outSize, kernel }) => ({
    name,
    in: inSize,
    out: outSize,
    ...(kernel.length === 0 ? {} : { kernel: [...kernel] }),
  }))
  const saved = { modulesToSave: given.modulesToSave, bias: 'none' } as const
  const [numerator, denominator] = parseRational(given.alpha, '--alpha')
  return {
    modules,
    dense: wholeSites(model, linear, chosen, saved).map(partOf),
    rankMax: given.rank,
    ...(given.freezeA === undefined
      ? {}
      : { sharedA: sharedFactorDigest(modules, given.rank, given.freezeA) }),
    scale: [numerator, denominator * given.rank],
  }
}

/** Every parameter. Rank and scale are of adapters; a charter has them all the same. */
function wholeLayout(given: OptionValues<typeof options>, base: BaseGraph): LayoutDraft {
  const ofAdapters = {
    '--targets': given.targets.length > 0,
    '--modules-to-save': given.modulesToSave.length > 0,
    '--freeze-a': given.freezeA !== undefined,
    '--result-rank': given.resultRank !== undefined,
  }
  const [wrong] = Object.entries(ofAdapters).find(([, isGiven]) => isGiven) ?? []
  if (wrong !== undefined) throw usageError(`${wrong} is for adapters, and --full trains none`)
  refuseFullExport(base, { mode: { kind: 'full' } })
  return { modules: [], dense: allSites(base.model).map(partOf), rankMax: 1, scale: [1, 1] }
}

/** The rounds' deadlines: the first as given, each further one as much later as --every says. */
function roundsOf(given: OptionValues<typeof options>, nowMs: number): Charter['rounds'] {
  const first = {
    commitAtMs: parseInstant(given.commit, '--commit', nowMs),
    cutAtMs: parseInstant(given.cut, '--cut', nowMs),
    finalAtMs: parseInstant(given.final, '--final', nowMs),
  }
  const lateCutsAtMs = given.lateCut.map((time) => parseInstant(time, '--late-cut', nowMs))
  const everyMs = parseInstant(given.every ?? given.final, '--every', nowMs) - nowMs
  return Array.from({ length: given.rounds }, (_, i) => ({
    commitAtMs: first.commitAtMs + i * everyMs,
    cutAtMs: first.cutAtMs + i * everyMs,
    lateCutsAtMs: lateCutsAtMs.map((atMs) => atMs + i * everyMs),
    finalAtMs: first.finalAtMs + i * everyMs,
    ...(i === 0 || given.fromBase ? {} : { basis: 'previous' as const }),
  }))
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

/** The entries that were given: an absent one leaves the charter's default. */
function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>
}

/** A module that runs twice in the graph is one module of the layout. */
function distinct<T extends { readonly name: string }>(modules: readonly T[]): readonly T[] {
  return [...new Map(modules.map((module) => [module.name, module])).values()]
}
