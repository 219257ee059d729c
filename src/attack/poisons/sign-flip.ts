/** The negative of what was learned, at the norm that honest updates have in the middle: no norm check can see it. */
import { type Attack, together } from './attack.ts'
import { medianOf, normOf, times } from './dense.ts'

export const signFlip: Attack = {
  id: 'sign-flip',
  does: 'sends the negative of its own update, at the honest median norm',
  source: 'Li et al. 2019 (RSA), arXiv:1811.03761',
  strength: 1,
  poison: (knowledge, strength) => {
    const { own, honest } = knowledge
    const norm = normOf(own)
    const factor = norm === 0 ? -1 : -medianOf(honest.map(normOf)) / norm
    return together(times(own, strength * factor), knowledge)
  },
}
