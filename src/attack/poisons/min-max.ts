/**
 * As far from the honest mean as possible while staying as close to the honest updates as they are to each other: the
 * strength is found by bisection, without knowing the rule.
 */
import { type Attack, type Knowledge, together } from './attack.ts'
import {
  adapterOf,
  deviationOf,
  length,
  meanOf,
  type Modules,
  plus,
  type Point,
  pointOf,
  squaredDistance,
} from './dense.ts'

/** What the honest mean is moved along. */
type Direction = 'unit' | 'deviation' | 'sign'
/** Whether a point at these squared distances from the honest updates passes for one of them. */
type Passes = (distances: readonly number[]) => boolean

const BISECTION_COUNT = 24
const SOURCE = 'Shejwalkar and Houmansadr 2021, "Manipulating the Byzantine", NDSS'

export const minMax: Attack = {
  id: 'min-max',
  does: 'goes as far as its largest distance to an honest update stays within the largest between two of them',
  source: SOURCE,
  strength: null,
  poison: (knowledge) =>
    farthest(knowledge, (points) => {
      const bound = Math.max(...spread(points).flat())
      return (distances) => Math.max(...distances) <= bound
    }),
}

export const minSum: Attack = {
  id: 'min-sum',
  does: 'goes as far as its sum of squared distances to honest updates stays within the largest such sum of one of them',
  source: SOURCE,
  strength: null,
  poison: (knowledge) =>
    farthest(knowledge, (points) => {
      const bound = Math.max(...spread(points).map(sum))
      return (distances) => sum(distances) <= bound
    }),
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const spread = (points: readonly Point[]): readonly (readonly number[])[] =>
  points.map((x) => points.map((y) => squaredDistance(x, y)))

/** Of the three directions that the paper tries, the one that gets farthest from the honest mean. */
function farthest(knowledge: Knowledge, passesFor: (points: readonly Point[]) => Passes): readonly Modules[] {
  const points = knowledge.honest.map(pointOf)
  const mean = meanOf(points)
  const passes = passesFor(points)
  const candidates = (['unit', 'deviation', 'sign'] as const).map((direction) => {
    const along = directionOf(direction, points, mean)
    const reach = largestStep(mean, along, points, passes)
    return { point: plus(mean, reach, along), distance: reach * length(along) }
  })
  const best = candidates.reduce((far, each) => (each.distance > far.distance ? each : far))
  return together(adapterOf(best.point, knowledge.own), knowledge)
}

function directionOf(direction: Direction, points: readonly Point[], mean: Point): Point {
  const norm = length(mean)
  switch (direction) {
    case 'unit':
      return mean.map((value) => (norm === 0 ? 0 : -value / norm))
    case 'deviation':
      return deviationOf(points, mean).map((value) => -value)
    case 'sign':
      return mean.map((value) => -Math.sign(value))
  }
}

/** The largest γ for which mean + γ·along passes, by doubling and bisection. */
function largestStep(mean: Point, along: Point, points: readonly Point[], passes: Passes): number {
  const isFine = (step: number): boolean => {
    const point = plus(mean, step, along)
    return passes(points.map((honest) => squaredDistance(point, honest)))
  }
  if (length(along) === 0 || !isFine(0)) return 0
  let high = 1
  // Distances grow without bound along a line, so some step fails; 60 doublings reach beyond any finite update.
  for (let i = 0; i < 60 && isFine(high); i++) high *= 2
  let low = 0
  for (let i = 0; i < BISECTION_COUNT; i++) {
    const middle = (low + high) / 2
    if (isFine(middle)) low = middle
    else high = middle
  }
  return low
}
