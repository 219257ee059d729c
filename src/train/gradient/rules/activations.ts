/**
 * Rules of activations and of further functions of one element. The slope stands above each rule.
 * Where a slope jumps, the side is PyTorch's.
 */
import type { GradContext, GradRule, RuleCheck } from '../context.ts'
import { add, broadcast, div, gradientOf, inputOf, mul, neg, outputOf, sub } from '../emit.ts'

/** A rule of y = f(x) whose slope is made from x and y. */
const unary =
  (slope: (c: GradContext, x: string, y: string) => string): GradRule =>
  (c) => [mul(c, gradientOf(c), slope(c, inputOf(c, 0), outputOf(c)))]

/** A rule of a function whose slope is one where `isOn` and nothing elsewhere. */
const gated =
  (isOn: (c: GradContext, x: string, y: string) => string): GradRule =>
  (c) => [c.emit('Where', [isOn(c, inputOf(c, 0), outputOf(c)), gradientOf(c), c.scalar(0)])]

const square = (c: GradContext, x: string): string => mul(c, x, x)
const inverse = (c: GradContext, x: string): string => c.emit('Reciprocal', [x])
const one = (c: GradContext): string => c.scalar(1)
const isPositive = (c: GradContext, x: string): string => c.emit('Greater', [x, c.scalar(0)])

/** y = tan x: 1 + y² */
export const tanRule: GradRule = unary((c, _x, y) => add(c, one(c), square(c, y)))
const arcSlope = (c: GradContext, x: string): string =>
  inverse(c, c.emit('Sqrt', [sub(c, one(c), square(c, x))]))
/** 1/√(1−x²) */
export const asinRule: GradRule = unary(arcSlope)
/** −1/√(1−x²) */
export const acosRule: GradRule = unary((c, x) => neg(c, arcSlope(c, x)))
/** 1/(1+x²) */
export const atanRule: GradRule = unary((c, x) => inverse(c, add(c, one(c), square(c, x))))
export const sinhRule: GradRule = unary((c, x) => c.emit('Cosh', [x]))
export const coshRule: GradRule = unary((c, x) => c.emit('Sinh', [x]))
/** 1/√(x²+1) */
export const asinhRule: GradRule = unary((c, x) => inverse(c, c.emit('Sqrt', [add(c, square(c, x), one(c))])))
/** 1/√(x²−1) */
export const acoshRule: GradRule = unary((c, x) => inverse(c, c.emit('Sqrt', [sub(c, square(c, x), one(c))])))
/** 1/(1−x²) */
export const atanhRule: GradRule = unary((c, x) => inverse(c, sub(c, one(c), square(c, x))))

/** y = γ·x above zero, γα(eˣ−1) below, where the slope is y + γα. Source: Klambauer et al. 2017 (arXiv:1706.02515). */
export const seluRule: GradRule = unary((c, x, y) => {
  const alpha = c.float('alpha', 1.67326319217681884765625)
  const gamma = c.float('gamma', 1.05070102214813232421875)
  return c.emit('Where', [isPositive(c, x), c.scalar(gamma), add(c, y, c.scalar(gamma * alpha))])
})

/** y = x above zero, α(e^(x/α)−1) below, where the slope is y/α + 1 */
export const celuRule: GradRule = unary((c, x, y) => {
  const below = add(c, mul(c, y, c.scalar(1 / c.float('alpha', 1))), one(c))
  return c.emit('Where', [isPositive(c, x), one(c), below])
})

/** y = x above zero, s·x below: the slope s, and x where it is below zero for s. */
export const preluRule: GradRule = (c) => {
  const [x, slope, g] = [inputOf(c, 0), inputOf(c, 1), gradientOf(c)]
  const isOn = isPositive(c, x)
  const { dims } = c.typeOf(outputOf(c))
  return [
    c.wants(0) ? c.emit('Where', [isOn, g, mul(c, g, slope)]) : null,
    c.wants(1) ? broadcast(c.emit('Where', [isOn, c.scalar(0), mul(c, g, x)]), dims) : null,
  ]
}

/** y = α·x + β between 0 and 1, constant outside: α or nothing */
export const hardSigmoidRule: GradRule = (c) => {
  const y = outputOf(c)
  const isInside = c.emit('And', [isPositive(c, y), c.emit('Less', [y, one(c)])])
  const g = mul(c, gradientOf(c), c.scalar(c.float('alpha', 0.2)))
  return [c.emit('Where', [isInside, g, c.scalar(0)])]
}

/** y = x·max(0, min(1, x/6 + ½)): 0 below −3, 1 above 3, x/3 + ½ between. Source: Howard et al. 2019 (arXiv:1905.02244). */
export const hardSwishRule: GradRule = unary((c, x) => {
  const ramp = add(c, mul(c, x, c.scalar(1 / 3)), c.scalar(0.5))
  const upper = c.emit('Where', [c.emit('LessOrEqual', [x, c.scalar(3)]), ramp, one(c)])
  return c.emit('Where', [c.emit('Less', [x, c.scalar(-3)]), c.scalar(0), upper])
})

/** y = x·t, t = tanh(ln(1+eˣ)): t + x·(1−t²)·σ(x). Source: Misra 2019 (arXiv:1908.08681). */
export const mishRule: GradRule = unary((c, x) => {
  const t = c.emit('Tanh', [c.emit('Softplus', [x])])
  return add(c, t, mul(c, mul(c, x, sub(c, one(c), square(c, t))), c.emit('Sigmoid', [x])))
})

/** y = x/(1+|x|): 1/(1+|x|)² */
export const softsignRule: GradRule = unary((c, x) =>
  inverse(c, square(c, add(c, one(c), c.emit('Abs', [x])))),
)

/** y = x above α, else 0 */
export const thresholdedReluRule: GradRule = gated((c, x) =>
  c.emit('Greater', [x, c.scalar(c.float('alpha', 1))]),
)

/** y = x ∓ bias outside ±λ, 0 inside */
export const shrinkRule: GradRule = gated((c, x) =>
  c.emit('Greater', [c.emit('Abs', [x]), c.scalar(c.float('lambd', 0.5))]),
)

/** y = x·σ(αx): σ + α·y·(1−σ). Source: Ramachandran et al. 2017 (arXiv:1710.05941). */
export const swishRule: GradRule = unary((c, x, y) => {
  const alpha = c.scalar(c.float('alpha', 1))
  const sigmoid = c.emit('Sigmoid', [mul(c, alpha, x)])
  return add(c, sigmoid, mul(c, mul(c, alpha, y), sub(c, one(c), sigmoid)))
})

/** y = a − b·trunc(a/b), the remainder with the dividend's sign: 1, and −trunc(a/b) = (y−a)/b */
export const modRule: GradRule = (c) => {
  const [a, b, g] = [inputOf(c, 0), inputOf(c, 1), gradientOf(c)]
  const { dims } = c.typeOf(outputOf(c))
  const steps = (): string => div(c, sub(c, outputOf(c), a), b)
  return [c.wants(0) ? broadcast(g, dims) : null, c.wants(1) ? broadcast(mul(c, g, steps()), dims) : null]
}

export const modCheck: RuleCheck = (c) =>
  c.int('fmod', 0) === 1 ? null : 'of floating point numbers only fmod=1 is defined'
