/**
 * The attack that is built against Krum: against the honest direction as far as Krum still picks it, with all attackers
 * standing close together so that they are each other's nearest neighbours.
 */
import type { Attack } from './attack.ts'
import { adapterOf, length, meanOf, type Point, pointOf, plus, squaredDistance, times } from './dense.ts'

/** Halvings of λ before giving up, as the paper's threshold 1e-5 of its start. */
const HALVING_COUNT = 17
/** How far the helpers stand from the first attacker, as a share of its length: the paper's small ε. */
const HELPER_SHARE = 1e-3

export const fangKrum: Attack = {
  id: 'fang-krum',
  does: 'goes against the sign of the honest mean as far as Krum still chooses it',
  source: 'Fang et al. 2020, arXiv:1911.11815 (full knowledge)',
  strength: null,
  poison: ({ own, honest, attackers, rng }) => {
    const points = honest.map(pointOf)
    const sign = meanOf(points).map(Math.sign)
    const start = Math.max(...points.map(length)) / Math.max(1, length(sign))
    let lambda = start
    for (let i = 0; i < HALVING_COUNT && !isChosen(sign, lambda, points, attackers); i++) lambda /= 2
    const first = adapterOf(
      sign.map((value) => -lambda * value),
      own,
    )
    return Array.from({ length: attackers }, (_, i) =>
      i === 0 ? first : times(first, 1 + HELPER_SHARE * (rng.float() - 0.5)),
    )
  },
}

/** Whether Krum with b = `attackers` picks the point among itself, its copies and the honest ones. */
function isChosen(sign: Point, lambda: number, honest: readonly Point[], attackers: number): boolean {
  const poisoned = plus(new Float64Array(sign.length), -lambda, sign)
  const all = [...Array.from({ length: attackers }, () => poisoned), ...honest]
  const neighbours = Math.max(1, all.length - attackers - 2)
  const scores = all.map((x, i) => {
    const distances = all.flatMap((y, j) => (i === j ? [] : [squaredDistance(x, y)]))
    return distances
      .sort((p, q) => p - q)
      .slice(0, neighbours)
      .reduce((sum, value) => sum + value, 0)
  })
  return scores.indexOf(Math.min(...scores)) < attackers
}
