/**
 * "A little is enough": each coordinate of ΔW a little off the honest mean, within what honest members differ by, so that
 * rules which look for outliers keep it.
 */
import { type Attack, together } from './attack.ts'
import { adapterOf, deviationOf, meanOf, plus, pointOf } from './dense.ts'

/**
 * z of ALIE for few members: Algorithm 3 has s = ⌊n/2+1⌋ − b supporters and z = Φ⁻¹((n−b−s)/(n−b)); for n = 5, b = 1 that
 * is Φ⁻¹(0.5) = 0, no attack at all, so a fixed 1.5 is used.
 */
const Z = 1.5

export const alie: Attack = {
  id: 'alie',
  does: `sends the honest mean minus ${Z} standard deviations in every coordinate`,
  source: 'Baruch et al. 2019, arXiv:1902.06156, Algorithm 3',
  strength: Z,
  poison: (knowledge, strength) => {
    const points = knowledge.honest.map(pointOf)
    const mean = meanOf(points)
    const target = plus(mean, -strength, deviationOf(points, mean))
    return together(adapterOf(target, knowledge.own), knowledge)
  },
}
