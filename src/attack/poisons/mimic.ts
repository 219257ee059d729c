/**
 * All attackers copy one honest member: nothing is wrong with any value, yet one site's data counts many times. It hurts
 * most where sites' data differ.
 */
import { type Attack, together } from './attack.ts'
import { dot, length, meanOf, plus, type Point, pointOf } from './dense.ts'

const ITERATION_COUNT = 20

export const mimic: Attack = {
  id: 'mimic',
  does: 'copies the honest member that lies farthest out along the direction in which honest members differ most',
  source: 'Karimireddy, He and Jaggi 2022, arXiv:2006.09365',
  strength: null,
  poison: (knowledge) => {
    const points = knowledge.honest.map(pointOf)
    const mean = meanOf(points)
    const centred = points.map((point) => plus(point, -1, mean))
    const along = principal(centred)
    const reach = centred.map((point) => Math.abs(dot(point, along)))
    const farthest = reach.indexOf(Math.max(...reach))
    return together(knowledge.honest[farthest] ?? knowledge.own, knowledge)
  },
}

/** First principal direction, by power iteration on Σ xᵢxᵢᵀ; started from the longest point. */
function principal(points: readonly Point[]): Point {
  let along = points.reduce((far, point) => (length(point) > length(far) ? point : far))
  for (let i = 0; i < ITERATION_COUNT; i++) {
    const next = new Float64Array(along.length)
    for (const point of points) {
      const share = dot(point, along)
      for (let at = 0; at < next.length; at++) next[at] = (next[at] ?? 0) + share * (point[at] ?? 0)
    }
    const norm = length(next)
    if (norm === 0) return along
    along = next.map((value) => value / norm)
  }
  return along
}
