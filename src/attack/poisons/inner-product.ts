/**
 * Inner-product manipulation: the negative honest mean, so that the aggregate's inner product with what honest members
 * learned becomes negative. Small strengths slip past medians and Krum, large ones turn a mean round.
 */
import { type Attack, together } from './attack.ts'
import { adapterOf, meanOf, pointOf } from './dense.ts'

/** The paper's attack on Krum and coordinate rules uses a small ε; 0.5 is between its two regimes. */
const EPSILON = 0.5

export const innerProduct: Attack = {
  id: 'ipm',
  does: `sends −${EPSILON} times the honest mean`,
  source: 'Xie et al. 2020 (inner-product manipulation), arXiv:1903.03936',
  strength: EPSILON,
  poison: (knowledge, strength) => {
    const mean = meanOf(knowledge.honest.map(pointOf))
    return together(
      adapterOf(
        mean.map((value) => -strength * value),
        knowledge.own,
      ),
      knowledge,
    )
  },
}
