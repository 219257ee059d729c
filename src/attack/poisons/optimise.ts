/**
 * The strength at which an attack does the most damage to one particular rule: what an attacker who knows the rule would
 * choose. In: damage as a function of strength. Out: the worst strength found. Deterministic.
 * A scan over doublings first, since damage is not monotonous (a rule drops what goes too far), then halving steps around
 * the best. Source: the idea is that of the tailored attacks of Shejwalkar and Houmansadr 2021, NDSS; the search is ours.
 */
export interface Optimum {
  readonly strength: number
  readonly damage: number
}

const DOUBLINGS = [-4, -3, -2, -1, 0, 1, 2, 3, 4] as const
const REFINEMENT_COUNT = 3

/** @param start — the attack's usual strength, > 0 @param damageOf — larger is worse; may be asked the same twice */
export async function optimiseStrength(
  start: number,
  damageOf: (strength: number) => Promise<number>,
): Promise<Optimum> {
  let best: Optimum = { strength: start, damage: Number.NEGATIVE_INFINITY }
  const attempt = async (strength: number): Promise<void> => {
    const damage = await damageOf(strength)
    if (damage > best.damage) best = { strength, damage }
  }
  for (const doubling of DOUBLINGS) await attempt(start * 2 ** doubling)
  for (let i = 1; i <= REFINEMENT_COUNT; i++) {
    const ratio = 2 ** (2 ** -i)
    const { strength } = best
    await attempt(strength * ratio)
    await attempt(strength / ratio)
  }
  return best
}
