/**
 * Updates as points of one Euclidean space: ΔW of all modules one behind the other, in f64, for poisoners who compute with
 * what everybody sent. In: adapters. Out: vectors, and adapters again at a rank that admission lets pass.
 * Never on the agreed path: host arithmetic, whole models in memory.
 */
import type { AdapterModule } from '../../model/peft.ts'
import { factorise } from '../factorise.ts'

/** One member's update, modules in the same order everywhere. */
export type Modules = readonly AdapterModule[]
/** ΔW of all modules, each [out, in] row-major, one behind the other. */
export type Point = Float64Array

export function pointOf(modules: Modules): Point {
  const point = new Float64Array(modules.reduce((sum, module) => sum + module.out * module.in, 0))
  let start = 0
  for (const { a, b, rank, scale, in: width, out } of modules) {
    for (let o = 0; o < out; o++) {
      const row = start + o * width
      for (let k = 0; k < rank; k++) {
        const weight = scale * (b[o * rank + k] ?? 0)
        for (let i = 0; i < width; i++)
          point[row + i] = (point[row + i] ?? 0) + weight * (a[k * width + i] ?? 0)
      }
    }
    start += out * width
  }
  return point
}

/**
 * The best approximation of a point by an adapter of the template's shapes, ranks and scales. A point whose modules have
 * a higher rank loses what does not fit: an adapter can only say so much, a poisoner's too.
 */
export function adapterOf(point: Point, template: Modules): Modules {
  let start = 0
  return template.map((module) => {
    const end = start + module.out * module.in
    const { a, b } = factorise(point.subarray(start, end), module.out, module.in, module.rank)
    start = end
    return { ...module, a, b: b.map((value) => value / module.scale) }
  })
}

/** Multiplies ΔW: B times `factor`. Exact but for the rounding to f32. */
export function times(modules: Modules, factor: number): Modules {
  return modules.map((module) => ({ ...module, b: module.b.map((value) => factor * value) }))
}

/** ‖ΔW‖ over all modules: √Σ s²·sum((BᵀB) ∘ (AAᵀ)). */
export function normOf(modules: Modules): number {
  let square = 0
  for (const { a, b, rank, scale, in: width, out } of modules) {
    for (let k = 0; k < rank; k++) {
      for (let l = 0; l < rank; l++) {
        let ab = 0
        let bb = 0
        for (let i = 0; i < width; i++) ab += (a[k * width + i] ?? 0) * (a[l * width + i] ?? 0)
        for (let o = 0; o < out; o++) bb += (b[o * rank + k] ?? 0) * (b[o * rank + l] ?? 0)
        square += scale * scale * ab * bb
      }
    }
  }
  return Math.sqrt(Math.max(0, square))
}

export function dot(x: Point, y: Point): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += (x[i] ?? 0) * (y[i] ?? 0)
  return sum
}

export const length = (x: Point): number => Math.sqrt(dot(x, x))

export function squaredDistance(x: Point, y: Point): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += ((x[i] ?? 0) - (y[i] ?? 0)) ** 2
  return sum
}

/** x + factor · y */
export const plus = (x: Point, factor: number, y: Point): Point =>
  x.map((value, i) => value + factor * (y[i] ?? 0))

export function meanOf(points: readonly Point[]): Point {
  const mean = new Float64Array(points[0]?.length ?? 0)
  for (const point of points) {
    for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) + (point[i] ?? 0) / points.length
  }
  return mean
}

/** Standard deviation of each coordinate, over n. */
export function deviationOf(points: readonly Point[], mean: Point): Point {
  const variance = new Float64Array(mean.length)
  for (const point of points) {
    for (let i = 0; i < mean.length; i++) {
      variance[i] = (variance[i] ?? 0) + ((point[i] ?? 0) - (mean[i] ?? 0)) ** 2 / points.length
    }
  }
  return variance.map(Math.sqrt)
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y)
  const upper = sorted[sorted.length >> 1] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] ?? 0) + upper) / 2
}
