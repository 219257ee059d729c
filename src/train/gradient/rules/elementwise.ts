/**
 * Rules of elementwise operators. Gradients are answered in the output's (broadcast) shape; the walk sums them back.
 * Source: elementary calculus; the formula stands above each rule.
 */
import type { GradContext, GradRule, InputGradient, RuleCheck } from '../context.ts'
import { add, broadcast, div, gradientOf, indicator, inputOf, mul, neg, outputOf, sub } from '../emit.ts'

/** A gradient in the output's shape. */
const spread = (c: GradContext, value: string): InputGradient => broadcast(value, c.typeOf(outputOf(c)).dims)

/** d(a+b) = da + db */
export const addRule: GradRule = (c) => c.inputs.map(() => spread(c, gradientOf(c)))

/** d(a−b) = da − db */
export const subRule: GradRule = (c) => {
  const g = gradientOf(c)
  return [spread(c, g), c.wants(1) ? spread(c, neg(c, g)) : null]
}

/** d(a·b) = b·da + a·db; x·x is a square, and x·σ(x) is seen as one function. */
export const mulRule: GradRule = (c) => {
  const silu = siluInput(c)
  if (silu !== null) return siluRule(c, silu)
  const g = gradientOf(c)
  const [a, b] = [inputOf(c, 0), inputOf(c, 1)]
  if (a === b) return [mul(c, g, mul(c, a, c.scalar(2))), null]
  return [c.wants(0) ? spread(c, mul(c, g, b)) : null, c.wants(1) ? spread(c, mul(c, g, a)) : null]
}

/** Which input is x where the other is σ(x), or null. */
function siluInput(c: GradContext): 0 | 1 | null {
  for (const i of [0, 1] as const) {
    const other = c.producerOf(inputOf(c, 1 - i))
    if (other?.op === 'Sigmoid' && other.inputs[0] === inputOf(c, i)) return i
  }
  return null
}

/** y = x·σ(x): dx = σ + y·(1−σ). All of it goes to x, so nothing flows through the Sigmoid node from here. */
function siluRule(c: GradContext, i: 0 | 1): readonly InputGradient[] {
  const sigmoid = inputOf(c, 1 - i)
  const slope = add(c, sigmoid, mul(c, outputOf(c), sub(c, c.scalar(1), sigmoid)))
  const gradient = mul(c, gradientOf(c), slope)
  return i === 0 ? [gradient, null] : [null, gradient]
}

/** d(a/b) = da/b − (a/b)·db/b */
export const divRule: GradRule = (c) => {
  const scaled = div(c, gradientOf(c), inputOf(c, 1))
  return [
    c.wants(0) ? spread(c, scaled) : null,
    c.wants(1) ? spread(c, neg(c, mul(c, scaled, outputOf(c)))) : null,
  ]
}

/** d(aᵇ) = b·aᵇ⁻¹·da + aᵇ·ln(a)·db. Exponents 2 and 3, known in advance, need no power. */
export const powRule: GradRule = (c) => {
  const g = gradientOf(c)
  const [a, b] = [inputOf(c, 0), inputOf(c, 1)]
  const exponent = c.constantOf(b)
  const isScalar = c.typeOf(b).dims.every((dim) => dim.constant === 1)
  const base = (): string => {
    if (isScalar && exponent?.[0] === 2) return mul(c, mul(c, a, c.scalar(2)), g)
    if (isScalar && exponent?.[0] === 3) return mul(c, mul(c, mul(c, a, a), c.scalar(3)), g)
    const exact = c.typeOf(b).dataType === c.dataType ? b : c.emit('CastLike', [b, a])
    return mul(c, mul(c, g, exact), c.emit('Pow', [a, sub(c, exact, c.scalar(1))]))
  }
  const power = (): string => mul(c, g, mul(c, outputOf(c), c.emit('Log', [a])))
  return [c.wants(0) ? spread(c, base()) : null, c.wants(1) ? spread(c, power()) : null]
}

/** y = cond ? a : b: the gradient goes where the value came from. */
export const whereRule: GradRule = (c) => {
  const [condition, g, zero] = [inputOf(c, 0), gradientOf(c), c.scalar(0)]
  return [
    null,
    c.wants(1) ? spread(c, c.emit('Where', [condition, g, zero])) : null,
    c.wants(2) ? spread(c, c.emit('Where', [condition, zero, g])) : null,
  ]
}

/** y = max or min of any number: shared equally among those that equal it, as PyTorch has it for two. */
export const extremumRule: GradRule = (c) => {
  if (c.inputs.length === 1) return [gradientOf(c)]
  const y = outputOf(c)
  const chosen = c.inputs.map((input) => indicator(c, c.emit('Equal', [input, y])))
  const share = div(
    c,
    gradientOf(c),
    chosen.reduce((sum, part) => add(c, sum, part)),
  )
  return chosen.map((part, i) => (c.wants(i) ? spread(c, mul(c, share, part)) : null))
}

/** y = Σxᵢ/n */
export const meanRule: GradRule = (c) => {
  const share = mul(c, gradientOf(c), c.scalar(1 / c.inputs.length))
  return c.inputs.map(() => spread(c, share))
}

/** A rule of y = f(x) whose slope is made from x and y. */
const unary =
  (slope: (c: GradContext, x: string, y: string) => string): GradRule =>
  (c) => [mul(c, gradientOf(c), slope(c, inputOf(c, 0), outputOf(c)))]

export const identityRule: GradRule = (c) => [gradientOf(c), ...c.inputs.slice(1).map(() => null)]
export const negRule: GradRule = (c) => [neg(c, gradientOf(c))]
/** y = 1/x: −y² */
export const reciprocalRule: GradRule = unary((c, _x, y) => neg(c, mul(c, y, y)))
/** y = √x: 1/(2y) */
export const sqrtRule: GradRule = unary((c, _x, y) => div(c, c.scalar(0.5), y))
export const expRule: GradRule = unary((_c, _x, y) => y)
export const logRule: GradRule = unary((c, x) => c.emit('Reciprocal', [x]))
export const sinRule: GradRule = unary((c, x) => c.emit('Cos', [x]))
export const cosRule: GradRule = unary((c, x) => neg(c, c.emit('Sin', [x])))
export const absRule: GradRule = unary((c, x) => c.emit('Sign', [x]))
/** y = tanh x: 1 − y² */
export const tanhRule: GradRule = unary((c, _x, y) => sub(c, c.scalar(1), mul(c, y, y)))
/** y = σ(x): y·(1−y) */
export const sigmoidRule: GradRule = unary((c, _x, y) => mul(c, y, sub(c, c.scalar(1), y)))
/** y = ln(1+eˣ): σ(x) */
export const softplusRule: GradRule = unary((c, x) => c.emit('Sigmoid', [x]))
/** y = erf x: 2/√π·e^(−x²) */
export const erfRule: GradRule = unary((c, x) =>
  mul(c, c.emit('Exp', [neg(c, mul(c, x, x))]), c.scalar(2 / Math.sqrt(Math.PI))),
)

/** y = max(x, 0) */
export const reluRule: GradRule = (c) => {
  const isOn = c.emit('Greater', [inputOf(c, 0), c.scalar(0)])
  return [c.emit('Where', [isOn, gradientOf(c), c.scalar(0)])]
}

/** y = x or α·x below zero */
export const leakyReluRule: GradRule = (c) => {
  const isOn = c.emit('Greater', [inputOf(c, 0), c.scalar(0)])
  const slope = c.scalar(c.float('alpha', 0.01))
  return [c.emit('Where', [isOn, gradientOf(c), mul(c, gradientOf(c), slope)])]
}

/** y = x inside the bounds and on them; a bound gets what was cut off at it. */
export const clipRule: GradRule = (c) => {
  const [x, g, zero] = [inputOf(c, 0), gradientOf(c), c.scalar(0)]
  const cut = (comparison: 'Less' | 'Greater', i: number): InputGradient =>
    spread(c, c.emit('Where', [c.emit(comparison, [x, inputOf(c, i)]), g, zero]))
  return [
    c.wants(0) ? c.emit('Where', [c.emit('Equal', [x, outputOf(c)]), g, zero]) : null,
    c.wants(1) ? cut('Less', 1) : null,
    c.wants(2) ? cut('Greater', 2) : null,
  ]
}

/** The gradient takes the way back to the input's element type. */
export const castRule: GradRule = (c) => {
  const to = c.typeOf(inputOf(c, 0)).dataType
  return [c.emit('Cast', [gradientOf(c)], { to: { kind: 'int', value: to } })]
}

/**
 * y = x·Φ(x), Φ by erf or by the tanh formula (Hendrycks & Gimpel 2016, arXiv:1606.08415):
 * Φ + x·φ, or ½(1+t) + ½x(1−t²)·k(1+3c·x²) with t = tanh(k(x + c·x³)).
 */
export const geluRule: GradRule = (c) => {
  const x = inputOf(c, 0)
  const half = c.scalar(0.5)
  const square = mul(c, x, x)
  if (c.text('approximate', 'none') === 'tanh') {
    const k = c.scalar(Math.sqrt(2 / Math.PI))
    const cubic = mul(c, c.scalar(0.044715), square)
    const t = c.emit('Tanh', [mul(c, k, mul(c, x, add(c, c.scalar(1), cubic)))])
    const inner = mul(c, k, add(c, c.scalar(1), mul(c, c.scalar(3), cubic)))
    const steep = mul(c, mul(c, x, sub(c, c.scalar(1), mul(c, t, t))), inner)
    return [mul(c, gradientOf(c), mul(c, half, add(c, add(c, c.scalar(1), t), steep)))]
  }
  const cdf = mul(c, half, add(c, c.scalar(1), c.emit('Erf', [mul(c, x, c.scalar(Math.SQRT1_2))])))
  const density = mul(
    c,
    c.emit('Exp', [mul(c, square, c.scalar(-0.5))]),
    c.scalar(1 / Math.sqrt(2 * Math.PI)),
  )
  return [mul(c, gradientOf(c), add(c, cdf, mul(c, x, density)))]
}

/** y = x above zero, α(eˣ−1) below, where the slope is y + α */
export const eluRule: GradRule = (c) => {
  const [x, y] = [inputOf(c, 0), outputOf(c)]
  const alpha = c.float('alpha', 1)
  const isOn = c.emit('Greater', [x, c.scalar(0)])
  const slope = c.emit('Where', [isOn, c.scalar(1), add(c, y, c.scalar(alpha))])
  return [mul(c, gradientOf(c), slope)]
}

/** As Cast; the second input only names a type. */
export const castLikeRule: GradRule = (c) => [...castRule(c), null]

/** In inference mode a dropout passes everything; in training mode the mask of the forward pass would be needed. */
export const dropoutCheck: RuleCheck = (c) => {
  const mode = c.inputs[2] ?? ''
  return mode === '' || c.constantOf(mode)?.[0] === 0 ? null : 'only the inference form has a rule'
}
