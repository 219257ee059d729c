/** Its own update, many times: one attacker outweighs everybody in a plain mean. */
import { type Attack, together } from './attack.ts'
import { times } from './dense.ts'

/** Ten times the own update: large enough to rule a plain mean of five, small enough for usual admission bounds. */
const FACTOR = 10

export const scale: Attack = {
  id: 'scale',
  does: `sends ${FACTOR} times its own update`,
  source: 'Bagdasaryan et al. 2020 (model replacement), arXiv:1807.00459',
  strength: FACTOR,
  poison: (knowledge, strength) => together(times(knowledge.own, strength), knowledge),
}
