// Protects: each attack does what its paper says, measured on ΔW, so that the robustness figures mean what they say.
import { describe, expect, it } from 'vitest'
import { flipLabels } from '../../../src/attack/label-flip.ts'
import type { Knowledge } from '../../../src/attack/poisons/attack.ts'
import {
  adapterOf,
  deviationOf,
  dot,
  length,
  meanOf,
  medianOf,
  type Modules,
  normOf,
  plus,
  type Point,
  pointOf,
  squaredDistance,
} from '../../../src/attack/poisons/dense.ts'
import { optimiseStrength } from '../../../src/attack/poisons/optimise.ts'
import { attackNamed, ATTACKS } from '../../../src/attack/poisons/registry.ts'
import { isRoundError } from '../../../src/core/errors.ts'
import { SeededRng } from '../../../src/core/seeded-rng.ts'

const SHAPES = [
  { name: 'first', in: 6, out: 5, rank: 5 },
  { name: 'second', in: 4, out: 7, rank: 4 },
] as const

/** Factors of full rank: what an attack asks for then fits into an adapter, and can be checked exactly. */
function modulesOf(seed: string): Modules {
  const rng = new SeededRng(seed)
  const values = (count: number) => Float32Array.from({ length: count }, () => rng.below(2001) / 1000 - 1)
  return SHAPES.map((shape) => ({
    ...shape,
    scale: 2,
    kernel: [],
    a: values(shape.rank * shape.in),
    b: values(shape.out * shape.rank),
  }))
}

/** Honest members share something: their mean is not 0. */
const common = pointOf(modulesOf('common'))
const honest = ['a', 'b', 'c', 'd', 'e'].map((seed) => {
  const modules = modulesOf(seed)
  return adapterOf(plus(common, 0.3, pointOf(modules)), modules)
})
const points = honest.map(pointOf)
const mean = meanOf(points)
const knowledge = (attackers: number): Knowledge => ({
  own: honest[0] ?? [],
  honest: honest.slice(1),
  attackers,
  rng: new SeededRng('attack'),
})
const others = points.slice(1)
const othersMean = meanOf(others)

const sent = (id: string, attackers = 2, strength?: number): readonly Point[] => {
  const attack = attackNamed(id)
  return attack.poison(knowledge(attackers), strength ?? attack.strength ?? 1).map(pointOf)
}
const only = (all: readonly Point[]): Point => all[0] ?? new Float64Array()
const cosine = (x: Point, y: Point): number => dot(x, y) / (length(x) * length(y))
const closeTo = (x: Point, y: Point): void => {
  expect(Math.sqrt(squaredDistance(x, y)) / length(y)).toBeLessThan(1e-5)
}

describe('points', () => {
  it('know norms, means and deviations', () => {
    expect(length(points[0] ?? new Float64Array())).toBeCloseTo(normOf(honest[0] ?? []), 4)
    const deviation = deviationOf(points, mean)
    const third = points.map((point) => point[3] ?? 0)
    const thirdMean = third.reduce((sum, value) => sum + value, 0) / 5
    expect(mean[3]).toBeCloseTo(thirdMean, 12)
    const variance = third.reduce((sum, value) => sum + (value - thirdMean) ** 2, 0) / 5
    expect(deviation[3]).toBeCloseTo(Math.sqrt(variance), 12)
  })

  it('become adapters again, exactly where the rank suffices', () => {
    closeTo(pointOf(adapterOf(mean, honest[0] ?? [])), mean)
  })

  it('lose no more than a best approximation where it does not', () => {
    const narrow = (honest[0] ?? []).map((module) => ({ ...module, rank: 1 }))
    const kept = pointOf(adapterOf(mean, narrow))
    // The projection is orthogonal: what is lost is orthogonal to what is kept.
    expect(Math.abs(dot(kept, plus(mean, -1, kept)))).toBeLessThan(1e-4 * dot(mean, mean))
    expect(length(kept)).toBeGreaterThan(0.4 * length(mean))
  })
})

describe('attacks', () => {
  it.each(ATTACKS.map(({ id }) => id))('%s sends one update for each attacker, of honest shapes', (id) => {
    const attack = attackNamed(id)
    const all = attack.poison(knowledge(3), attack.strength ?? 1)
    expect(all).toHaveLength(3)
    for (const modules of all) {
      expect(modules.map(({ name, rank, a, b }) => [name, rank, a.length, b.length])).toEqual(
        SHAPES.map((shape) => [shape.name, shape.rank, shape.rank * shape.in, shape.out * shape.rank]),
      )
    }
  })

  it('ipm is the negative honest mean, as strong as asked', () => {
    closeTo(
      only(sent('ipm', 1, 0.25)),
      othersMean.map((value) => -0.25 * value),
    )
  })

  it('alie is z deviations off the mean in each coordinate', () => {
    closeTo(only(sent('alie', 1, 2)), plus(othersMean, -2, deviationOf(others, othersMean)))
  })

  it('min-max stands no farther from any honest update than two of them from each other, and could go no farther', () => {
    const point = only(sent('min-max'))
    const bound = Math.max(...others.flatMap((x) => others.map((y) => squaredDistance(x, y))))
    const reach = Math.max(...others.map((x) => squaredDistance(point, x)))
    expect(reach / bound).toBeGreaterThan(0.9999)
    expect(reach / bound).toBeLessThan(1.0001)
  })

  it('min-sum keeps the sum of squared distances of the outermost honest update', () => {
    const sumOf = (x: Point) => others.reduce((sum, y) => sum + squaredDistance(x, y), 0)
    const ratio = sumOf(only(sent('min-sum'))) / Math.max(...others.map(sumOf))
    expect(ratio).toBeGreaterThan(0.9999)
    expect(ratio).toBeLessThan(1.0001)
  })

  it('fang-krum points against the honest mean’s signs, and Krum chooses it where honest members have little in common', () => {
    const strangers = ['p', 'q', 'r', 's', 't'].map(modulesOf)
    const strangerPoints = strangers.map(pointOf)
    const all = attackNamed('fang-krum')
      .poison({ ...knowledge(2), honest: strangers }, 1)
      .map(pointOf)
    expect(cosine(only(all), meanOf(strangerPoints).map(Math.sign))).toBeLessThan(-0.999)
    const everyone = [...all, ...strangerPoints]
    const neighbours = everyone.length - 2 - 2
    const scores = everyone.map((x, i) =>
      everyone
        .flatMap((y, j) => (i === j ? [] : [squaredDistance(x, y)]))
        .sort((p, q) => p - q)
        .slice(0, neighbours)
        .reduce((sum, value) => sum + value, 0),
    )
    expect(scores.indexOf(Math.min(...scores))).toBeLessThan(2)
  })

  it('mimic copies one honest member, the one farthest out', () => {
    const [first, second] = sent('mimic', 2)
    expect(first).toEqual(second)
    const copied = others.filter((point) => squaredDistance(point, first ?? new Float64Array()) === 0)
    expect(copied).toHaveLength(1)
  })

  it('gaussian attackers differ from each other, at the strength asked', () => {
    const [first, second] = sent('gaussian', 2, 3)
    expect(Math.abs(cosine(first ?? mean, second ?? mean))).toBeLessThan(0.9)
    expect(length(first ?? mean)).toBeCloseTo(3 * medianOf(honest.slice(1).map(normOf)), 2)
  })

  it('lopsided factors and other factors leave ΔW what it was', () => {
    const own = only(points)
    closeTo(
      only(sent('lopsided-factors')),
      own.map((value) => -value),
    )
    closeTo(only(sent('refactored')), own)
  })

  it('one-module has the honest median norm, all in one module', () => {
    const attack = attackNamed('one-module')
    const [modules = []] = attack.poison(knowledge(1), 1)
    const norms = modules.map((module) => normOf([module]))
    expect(norms[0]).toBe(0)
    const honestNorms = honest
      .slice(1)
      .map(normOf)
      .sort((x, y) => x - y)
    expect(norms[1]).toBeCloseTo(honestNorms[2] ?? 0, 3)
  })

  it('are named: another name is an error that lists them', () => {
    let caught: unknown
    try {
      attackNamed('nonsense')
    } catch (error) {
      caught = error
    }
    expect(isRoundError(caught, 'ATTACK_UNKNOWN')).toBe(true)
  })
})

describe('optimiseStrength', () => {
  it('finds the peak of a damage that falls off on both sides', async () => {
    const damage = (strength: number) => Promise.resolve(-((Math.log2(strength) - 1.3) ** 2))
    const { strength } = await optimiseStrength(1, damage)
    expect(Math.abs(Math.log2(strength) - 1.3)).toBeLessThan(0.2)
  })
})

describe('flipLabels', () => {
  it('keeps prompts, moves every completion', () => {
    const lines = Array.from({ length: 20 }, (_, i) => ({ prompt: `p${i}`, completion: `c${i}` }))
    const flipped = flipLabels(lines, new SeededRng('flip'))
    expect(flipped.map(({ prompt }) => prompt)).toEqual(lines.map(({ prompt }) => prompt))
    expect(flipped.every(({ completion }, i) => completion !== lines[i]?.completion)).toBe(true)
    expect(new Set(flipped.map(({ completion }) => completion)).size).toBe(20)
  })
})
