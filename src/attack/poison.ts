/**
 * Poisoned updates for the local consortium: one attacker, its own adapter and those of all honest sites in, the adapter to
 * publish instead out. The attacks themselves are in poisons/. Nothing in src/node/ can reach this.
 */
import { SeededRng } from '../core/seeded-rng.ts'
import { assert } from '../core/errors.ts'
import type { Modules } from './poisons/dense.ts'
import { attackNamed } from './poisons/registry.ts'

export { normOf, type Modules } from './poisons/dense.ts'

export const POISONS = ['sign-flip', 'scale', 'alie'] as const
export type Poison = (typeof POISONS)[number]

export interface PoisonKnowledge {
  /** What the poisoner trained itself. */
  readonly own: Modules
  /** What the honest members will send. */
  readonly honest: readonly Modules[]
}

export function poison(kind: Poison, { own, honest }: PoisonKnowledge): Modules {
  const attack = attackNamed(kind)
  const rng = new SeededRng(`oneround/poison/${kind}`)
  const [sent] = attack.poison({ own, honest, attackers: 1, rng }, attack.strength ?? 1)
  assert(sent !== undefined, 'one attacker sends one update')
  return sent
}
