// Protects: the poisons do what they are named for, at ranks and norms that admission lets pass.
import { describe, expect, it } from 'vitest'
import { factorise } from '../../../src/attack/factorise.ts'
import { normOf, poison } from '../../../src/attack/poison.ts'
import { SeededRng } from '../../../src/core/seeded-rng.ts'
import type { AdapterModule } from '../../../src/model/peft.ts'

const [OUT, IN, RANK] = [6, 5, 2]

function moduleOf(seed: string): AdapterModule {
  const rng = new SeededRng(seed)
  const values = (count: number) => Float32Array.from({ length: count }, () => rng.below(2001) / 1000 - 1)
  return {
    name: 'm',
    rank: RANK,
    scale: 2,
    in: IN,
    out: OUT,
    kernel: [],
    a: values(RANK * IN),
    b: values(OUT * RANK),
  }
}

const deltaOf = ({ a, b, scale }: AdapterModule): readonly number[] =>
  Array.from({ length: OUT * IN }, (_, at) => {
    const [o, i] = [Math.floor(at / IN), at % IN]
    let sum = 0
    for (let k = 0; k < RANK; k++) sum += (b[o * RANK + k] ?? 0) * (a[k * IN + i] ?? 0)
    return scale * sum
  })
const norm = (values: readonly number[]) => Math.hypot(...values)
const own = [moduleOf('own')]
const honest = ['one', 'two', 'three'].map((seed) => [moduleOf(seed)])
const dense = (modules: readonly AdapterModule[]) => modules.flatMap(deltaOf)

describe('poison', () => {
  it('normOf is the norm of the dense ΔW', () => {
    expect(normOf(own)).toBeCloseTo(norm(dense(own)), 5)
  })

  it('sign-flip points the other way, at the honest median norm', () => {
    const poisoned = dense(poison('sign-flip', { own, honest }))
    const median = honest.map(normOf).sort((a, b) => a - b)[1] ?? 0
    expect(norm(poisoned)).toBeCloseTo(median, 4)
    const factor = -median / normOf(own)
    dense(own).forEach((value, i) => expect(poisoned[i]).toBeCloseTo(factor * value, 4))
  })

  it('scale keeps the direction and takes ten times the norm', () => {
    expect(normOf(poison('scale', { own, honest }))).toBeCloseTo(10 * normOf(own), 3)
  })

  it('alie is the best approximation, at its rank, of mean minus 1.5 standard deviations', () => {
    const poisoned = dense(poison('alie', { own, honest }))
    const deltas = honest.map(dense)
    const target = poisoned.map((_, at) => {
      const values = deltas.map((delta) => delta[at] ?? 0)
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      return (
        mean - 1.5 * Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
      )
    })
    const full = factorise(Float64Array.from(target), OUT, IN, IN)
    const energies = Array.from(
      { length: IN },
      (_, k) => norm([...full.a.subarray(k * IN, (k + 1) * IN)]) ** 2,
    )
    const lost = energies
      .sort((x, y) => y - x)
      .slice(RANK)
      .reduce((sum, energy) => sum + energy, 0)
    const residual = norm(target.map((value, i) => value - (poisoned[i] ?? 0))) ** 2
    expect(residual).toBeCloseTo(lost, 2)
    expect(residual).toBeLessThan(norm(target) ** 2)
  })
})
