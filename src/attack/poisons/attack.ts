/**
 * What an attack on the values of updates is: from everything there is to know to what the attackers publish. One attack a
 * file; the list is in registry.ts.
 *
 * Attackers know all: what each honest member will send, the rule and b, and they act together. A real one knows less
 * (members commit before anything is revealed), so damage measured with these is an upper bound.
 */
import type { SeededRng } from '../../core/seeded-rng.ts'
import type { Modules } from './dense.ts'

export interface Knowledge {
  /** What an attacker trained itself: the template of shapes, ranks and scales for what it sends. */
  readonly own: Modules
  /** What the honest members will send. At least one. */
  readonly honest: readonly Modules[]
  /** How many attackers act together; at least 1. */
  readonly attackers: number
  readonly rng: SeededRng
}

export interface Attack {
  readonly id: string
  /** One sentence for people. */
  readonly does: string
  readonly source: string
  /** The strength that is used when none is asked for; null: the attack has no such dial or sets it by itself. */
  readonly strength: number | null
  /**
   * What each attacker sends, `attackers` entries. Pure but for the generator.
   * @param strength — multiplies how far it goes; ignored where `strength` is null
   */
  readonly poison: (knowledge: Knowledge, strength: number) => readonly Modules[]
}

/** All attackers send the same. */
export const together = (modules: Modules, { attackers }: Knowledge): readonly Modules[] =>
  Array.from({ length: attackers }, () => modules)
