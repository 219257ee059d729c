/** One cell of the grid, as it is kept: what was attacked how, and what came of it. */
import * as v from 'valibot'

export const cellSchema = v.object({
  split: v.picklist(['even', 'skewed']),
  /** Members whose updates there are; f of them are attackers, and the rule bears b = f. */
  members: v.number(),
  f: v.number(),
  rule: v.string(),
  attack: v.string(),
  /** The strength that was used, where the attack has one. */
  strength: v.nullable(v.number()),
  /** Why there is no result: the rule's precondition, or a refusal at admission. */
  refused: v.nullable(v.string()),
  /** Mean cross-entropy on all sites' held-out lines, nats a token. */
  loss: v.nullable(v.number()),
  /** ‖result − mean of the honest‖ / ‖mean of the honest‖ */
  damage: v.nullable(v.number()),
  /** How many of the attackers' updates have a share in the result; null for coordinate rules, which do not say. */
  attackersKept: v.nullable(v.number()),
  honestLeftOut: v.nullable(v.number()),
  digest: v.nullable(v.string()),
})
export type Cell = v.InferOutput<typeof cellSchema>

export const lineSchema = v.object({
  command: v.string(),
  cpu: v.string(),
  node: v.string(),
  /** Losses of the base and of the honest members' plain mean, for comparison. */
  base: v.number(),
  cell: cellSchema,
})
export type Line = v.InferOutput<typeof lineSchema>

export const keyOf = ({
  split,
  members,
  f,
  rule,
  attack,
}: Pick<Cell, 'split' | 'members' | 'f' | 'rule' | 'attack'>): string =>
  [split, members, f, rule, attack].join('/')
