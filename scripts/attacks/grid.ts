/**
 * The grid: every rule against every attack for every f, on each split. What was measured before is not measured again.
 * In: sites, rules, attacks. Out: cells, one at a time.
 */
import { join } from 'node:path'
import { type KernelClient, RULES } from '../../src/aggregate/index.ts'
import { whyInvalid } from '../../src/aggregate/rule-book.ts'
import { parseRuleChoice } from '../../src/aggregate/rule-choice.ts'
import { optimiseStrength } from '../../src/attack/poisons/optimise.ts'
import { attackNamed, ATTACKS } from '../../src/attack/poisons/registry.ts'
import type { Modules } from '../../src/attack/poisons/dense.ts'
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { readAdapter } from '../../src/model/peft.ts'
import { type Arena, CLAIMED_SAMPLES, HONEST_SAMPLES, openArena, type Stage } from './arena.ts'
import { type Cell, keyOf } from './cell.ts'
import { openScorer, type Scorer } from './scorer.ts'
import type { SiteSet } from './sites.ts'

/** What an attacker with knowledge of the rule does: the strength that moves this rule's result the farthest. */
const OPTIMISED = ['alie', 'ipm'] as const
const OPTIMISED_SUFFIX = '-optimised'

/** Every rule alone, and steps before some of them. */
export const RULE_TEXTS: readonly string[] = [
  ...RULES.map(({ id }) => id),
  'nnm+multi-krum',
  'nnm+trimmed-mean',
  'clip+mean',
  'bucketing+median',
]

/** Attacks in the order of the tables. `none`: everybody is honest, and the rule still bears b = f. */
export const ATTACK_IDS: readonly string[] = [
  'none',
  ...ATTACKS.map(({ id }) => id),
  ...OPTIMISED.map((id) => `${id}${OPTIMISED_SUFFIX}`),
  'label-flip',
  'false-count',
]

export interface GridPlan {
  readonly sets: readonly SiteSet[]
  readonly model: string
  readonly folder: string
  readonly kernel: KernelClient
  readonly rules: readonly string[]
  readonly attacks: readonly string[]
  readonly fs: readonly number[]
  readonly isKnown: (key: string) => boolean
  readonly onCell: (cell: Cell, baseLoss: number) => Promise<void>
}

export async function runGrid(plan: GridPlan): Promise<void> {
  for (const set of plan.sets) {
    const arena = await openArena(set, plan.kernel, join(plan.folder, `arena-${set.split}`))
    const scorer = await openScorer(plan.model, arena.members[0] ?? [], set.tests)
    try {
      const baseLoss = await scorer.loss(null)
      for (const f of plan.fs) {
        for (const attack of plan.attacks) await runRow({ plan, set, arena, scorer, baseLoss, f, attack })
      }
    } finally {
      await scorer.close()
    }
  }
}

interface Row {
  readonly plan: GridPlan
  readonly set: SiteSet
  readonly arena: Arena
  readonly scorer: Scorer
  readonly baseLoss: number
  readonly f: number
  readonly attack: string
}

/** One attack against all rules: the attackers' updates are made once, unless they depend on the rule. */
async function runRow(row: Row): Promise<void> {
  const { plan, set, arena, f, attack } = row
  const members = arena.members.length
  const isDone = (rule: string) => plan.isKnown(keyOf({ split: set.split, members, f, rule, attack }))
  const rules = plan.rules.filter((rule) => !isDone(rule))
  if (rules.length === 0) return
  const isOptimised = attack.endsWith(OPTIMISED_SUFFIX)
  const shared = isOptimised ? null : await arena.stage(f, await sentBy(row), claimFactorOf(attack))
  for (const rule of rules) {
    const empty = { split: set.split, members, f, rule, attack, ...NOTHING }
    if (whyInvalid(parseRuleChoice(rule), members, f) !== null) {
      await plan.onCell({ ...empty, refused: 'RULE_PRECONDITION' }, row.baseLoss)
      continue
    }
    const { stage, strength } =
      shared === null ? await worst(row, rule) : { stage: shared, strength: strengthOf(attack) }
    const cell =
      stage.refusal === null
        ? { ...empty, strength, ...(await play(row, stage, rule)) }
        : { ...empty, strength, refused: stage.refusal }
    await plan.onCell(cell, row.baseLoss)
  }
}

const NOTHING = {
  strength: null,
  refused: null,
  loss: null,
  damage: null,
  attackersKept: null,
  honestLeftOut: null,
  digest: null,
} as const

/** A member that claims a false number of samples claims to know as much more of every parameter. */
const claimFactorOf = (attack: string): number =>
  attack === 'false-count' ? CLAIMED_SAMPLES / HONEST_SAMPLES : 1

const strengthOf = (attack: string): number | null =>
  ATTACKS.find(({ id }) => id === attack)?.strength ?? null

/** What the attackers send, or null when there are none. */
async function sentBy({ set, arena, f, attack }: Row, strength?: number): Promise<readonly Modules[] | null> {
  if (attack === 'none') return null
  const { members } = arena
  const attackerPlaces = members.map((_, place) => place).slice(members.length - f)
  if (attack === 'label-flip') {
    const sent: Modules[] = []
    for (const place of attackerPlaces) {
      const adapter = set.flipped.get(place)
      if (adapter !== undefined) sent.push((await readAdapter(adapter)).modules)
    }
    return sent
  }
  const named = attackNamed(attack === 'false-count' ? 'sign-flip' : attack.replace(OPTIMISED_SUFFIX, ''))
  return named.poison(
    {
      own: members.at(-1) ?? [],
      honest: members.slice(0, members.length - f),
      attackers: f,
      rng: new SeededRng(`oneround/attacks/${set.split}/${f}/${attack}`),
    },
    strength ?? named.strength ?? 1,
  )
}

async function worst(row: Row, rule: string): Promise<{ readonly stage: Stage; readonly strength: number }> {
  const { arena, f, attack } = row
  const start = strengthOf(attack.replace(OPTIMISED_SUFFIX, '')) ?? 1
  const stageAt = async (strength: number) => arena.stage(f, await sentBy(row, strength))
  const { strength } = await optimiseStrength(start, async (candidate) => {
    const stage = await stageAt(candidate)
    return stage.refusal === null ? (await stage.run(rule, 'uniform')).damage : 0
  })
  return { stage: await stageAt(strength), strength }
}

async function play(
  { scorer, arena, f, attack }: Row,
  stage: Stage,
  rule: string,
): Promise<Pick<Cell, 'loss' | 'damage' | 'attackersKept' | 'honestLeftOut' | 'digest'>> {
  const { outcome, point, damage } = await stage.run(rule, attack === 'false-count' ? 'samples' : 'uniform')
  const honestCount = attack === 'none' ? arena.members.length : arena.members.length - f
  const isWeighed = outcome.form === 'stacked'
  const left = outcome.members.filter(({ leftOut }) => leftOut)
  const isHonest = ({ member }: { readonly member: number }) => member < honestCount
  const dropped = left.filter((each) => !isHonest(each)).length
  return {
    loss: await scorer.loss(point),
    damage,
    attackersKept: isWeighed && attack !== 'none' ? f - dropped : null,
    honestLeftOut: isWeighed ? left.filter(isHonest).length : null,
    digest: Buffer.from(outcome.digest).toString('hex'),
  }
}
