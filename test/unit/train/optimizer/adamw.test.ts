// Protects: the optimiser follows AdamW's formula as an independent float64 program computes it, and clipping keeps direction.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createAdamW, type AdamWOptions } from '../../../../src/train/optimizer/adamw.ts'
import { clipByNorm, euclideanNorm } from '../../../../src/train/optimizer/clipping.ts'

interface Vectors {
  readonly start: readonly number[]
  readonly gradients: readonly (readonly number[])[]
  readonly rates: readonly number[]
  readonly cases: readonly {
    readonly setting: AdamWOptions
    readonly parameters: readonly (readonly number[])[]
  }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/gradient-adamw.json', import.meta.url), 'utf8'),
) as Vectors

function trajectory(setting: Partial<AdamWOptions>): number[][] {
  const parameters = Float32Array.from(vectors.start)
  const optimizer = createAdamW(parameters.length, setting)
  return vectors.gradients.map((gradient, i) => {
    const at = { learningRate: vectors.rates[i] ?? 0, step: i + 1 }
    optimizer.step(parameters, Float32Array.from(gradient), at)
    return Array.from(parameters)
  })
}

const distanceOf = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number =>
  Math.max(...a.flatMap((row, i) => row.map((x, k) => Math.abs(x - (b[i]?.[k] ?? Number.NaN)))))

describe('AdamW', () => {
  it('follows the formula step by step', () => {
    for (const { setting, parameters } of vectors.cases) {
      expect(distanceOf(trajectory(setting), parameters)).toBeLessThan(2e-6)
    }
  })

  it('follows another trajectory for every other setting', () => {
    vectors.cases.forEach(({ setting }, i) => {
      vectors.cases.forEach(({ parameters }, k) => {
        if (i !== k) expect(distanceOf(trajectory(setting), parameters)).toBeGreaterThan(1e-4)
      })
    })
  })

  it('decays only what it is told to', () => {
    const parameters = Float32Array.of(1, 1)
    const optimizer = createAdamW(2, { weightDecay: 0.5 })
    optimizer.step(parameters, new Float32Array(2), {
      learningRate: 0.1,
      step: 1,
      decays: Uint8Array.of(1, 0),
    })
    expect(Array.from(parameters)).toEqual([Math.fround(0.95), 1])
  })

  it('goes on from its means as if it had not stopped', () => {
    const whole = trajectory({})
    const parameters = Float32Array.from(vectors.start)
    let optimizer = createAdamW(parameters.length)
    vectors.gradients.forEach((gradient, i) => {
      const next = createAdamW(parameters.length)
      for (const [name, vector] of Object.entries(next.vectors))
        vector.set(optimizer.vectors[name] ?? new Float32Array())
      optimizer = next
      const at = { learningRate: vectors.rates[i] ?? 0, step: i + 1 }
      optimizer.step(parameters, Float32Array.from(gradient), at)
      expect(Array.from(parameters)).toEqual(whole[i])
    })
  })

  it('refuses vectors of another length', () => {
    const optimizer = createAdamW(3)
    const at = { learningRate: 1, step: 1 }
    expect(() => optimizer.step(new Float32Array(2), new Float32Array(3), at)).toThrow(/vector/)
    expect(() => optimizer.step(new Float32Array(3), new Float32Array(2), at)).toThrow(/gradient/)
    expect(() =>
      optimizer.step(new Float32Array(3), new Float32Array(3), { learningRate: 1, step: 0 }),
    ).toThrow(/count from 1/)
  })
})

describe('clipping', () => {
  it('shortens what is longer and keeps its direction', () => {
    const gradient = Float32Array.of(3, 4)
    expect(clipByNorm(gradient, 1)).toBe(5)
    expect(euclideanNorm(gradient)).toBeCloseTo(1, 6)
    expect((gradient[0] ?? 0) / (gradient[1] ?? 1)).toBeCloseTo(0.75, 6)
  })

  it('leaves what is short, and everything when switched off', () => {
    expect(clipByNorm(Float32Array.of(3, 4), 6)).toBe(5)
    const gradient = Float32Array.of(30, 40)
    clipByNorm(gradient, 0)
    expect(Array.from(gradient)).toEqual([30, 40])
  })

  it('does not hide what is not finite', () => {
    expect(euclideanNorm(Float32Array.of(1, Number.NaN))).toBeNaN()
    expect(euclideanNorm(Float32Array.of(1, Number.POSITIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY)
  })
})
