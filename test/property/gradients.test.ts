// Protects: rules compose: gradients of any chain of operators, values read several times, agree with finite differences.
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { float, int, ints } from '../../src/model/attributes.ts'
import type { GraphBuilder } from '../../src/model/graph-builder.ts'
import { checkRule, variable, type RuleCase } from '../unit/train/gradient/rule-case.ts'

interface Value {
  readonly name: string
  readonly dims: readonly number[]
}

/** Makes a value of others, or null where the chosen ones do not fit. @param pick — a number below its argument */
type Step = (b: GraphBuilder, values: readonly Value[], pick: (count: number) => number) => Value | null

const chosen = (values: readonly Value[], pick: (count: number) => number): Value =>
  values[pick(values.length)] ?? { name: '', dims: [] }

const unary =
  (op: string, make: (b: GraphBuilder, x: string) => string = (b, x) => b.add(op, [x])): Step =>
  (b, values, pick) => {
    const x = chosen(values, pick)
    return { name: make(b, x.name), dims: x.dims }
  }

/** Shapes that broadcast, or null. */
function broadcast(a: readonly number[], b: readonly number[]): readonly number[] | null {
  const rank = Math.max(a.length, b.length)
  const dims = Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1]
    return x === y || y === 1 ? x : x === 1 ? y : 0
  })
  return dims.includes(0) ? null : dims
}

const binary =
  (op: string): Step =>
  (b, values, pick) => {
    const [x, y] = [chosen(values, pick), chosen(values, pick)]
    const dims = broadcast(x.dims, y.dims)
    return dims === null ? null : { name: b.add(op, [x.name, y.name]), dims }
  }

const product: Step = (b, values, pick) => {
  const [x, y] = [chosen(values, pick), chosen(values, pick)]
  const [rows, inner] = x.dims.slice(-2)
  const other = y.dims.at(-1)
  if (x.dims.length < 2 || y.dims.length < 2 || inner !== other || rows === undefined) return null
  const last = y.dims.length - 1
  const order = [...y.dims.keys()].map((i) => (i === last ? last - 1 : i === last - 1 ? last : i))
  const batch = broadcast(x.dims.slice(0, -2), y.dims.slice(0, -2))
  if (batch === null) return null
  const turned = b.add('Transpose', [y.name], { perm: ints(order) })
  const scaled = b.add('Mul', [b.add('MatMul', [x.name, turned]), b.add('CastLike', [b.scalar(0.3), x.name])])
  return { name: scaled, dims: [...batch, rows, y.dims.at(-2) ?? 1] }
}

const turned: Step = (b, values, pick) => {
  const x = chosen(values, pick)
  const shift = pick(Math.max(1, x.dims.length))
  const perm = x.dims.map((_, i) => (i + shift) % x.dims.length)
  return { name: b.add('Transpose', [x.name], { perm: ints(perm) }), dims: perm.map((i) => x.dims[i] ?? 1) }
}

const cut: Step = (b, values, pick) => {
  const x = chosen(values, pick)
  const axis = pick(Math.max(1, x.dims.length))
  const size = x.dims[axis] ?? 0
  if (size < 2) return null
  const start = pick(size)
  const stop = start + 1 + pick(size - start)
  const name = b.add('Slice', [x.name, b.int64s(start), b.int64s(stop), b.int64s(axis)])
  return { name, dims: x.dims.with(axis, stop - start) }
}

const joined: Step = (b, values, pick) => {
  const [x, y] = [chosen(values, pick), chosen(values, pick)]
  const axis = pick(Math.max(1, x.dims.length))
  const isFit = x.dims.length === y.dims.length && x.dims.every((dim, i) => i === axis || dim === y.dims[i])
  if (!isFit || x.dims.length === 0) return null
  const size = (x.dims[axis] ?? 0) + (y.dims[axis] ?? 0)
  return { name: b.add('Concat', [x.name, y.name], { axis: int(axis) }), dims: x.dims.with(axis, size) }
}

const merged: Step = (b, values, pick) => {
  const x = chosen(values, pick)
  if (x.dims.length < 2) return null
  const kept = x.dims.slice(0, -2)
  const name = b.add('Reshape', [x.name, b.int64s(...kept.map(() => 0), -1)])
  return { name, dims: [...kept, (x.dims.at(-1) ?? 1) * (x.dims.at(-2) ?? 1)] }
}

const reduced =
  (op: string): Step =>
  (b, values, pick) => {
    const x = chosen(values, pick)
    if (x.dims.length === 0) return null
    const axis = pick(x.dims.length)
    return { name: b.add(op, [x.name, b.int64s(axis)], { keepdims: int(1) }), dims: x.dims.with(axis, 1) }
  }

const alongAxis =
  (op: string): Step =>
  (b, values, pick) => {
    const x = chosen(values, pick)
    if (x.dims.length === 0) return null
    return { name: b.add(op, [x.name], { axis: int(pick(x.dims.length)) }), dims: x.dims }
  }

const picked: Step = (b, values, pick) => {
  const x = chosen(values, pick)
  if (x.dims.length === 0) return null
  const axis = pick(x.dims.length)
  const size = x.dims[axis] ?? 1
  const places = [pick(size), pick(size), -1 - pick(size)]
  return {
    name: b.add('Gather', [x.name, b.int64s(...places)], { axis: int(axis) }),
    dims: x.dims.with(axis, 3),
  }
}

const padded: Step = (b, values, pick) => {
  const x = chosen(values, pick)
  if (x.dims.length === 0) return null
  const axis = pick(x.dims.length)
  const pads = [...x.dims, ...x.dims].map((_, i) => (i % x.dims.length === axis ? pick(3) : 0))
  const extra = pads.reduce((sum, pad) => sum + pad, 0)
  return {
    name: b.add('Pad', [x.name, b.int64s(...pads)]),
    dims: x.dims.with(axis, (x.dims[axis] ?? 0) + extra),
  }
}

/** No sigmoid: ONNX Runtime fuses x·σ(x) into a kernel that has no double. */
const STEPS: readonly Step[] = [
  ...['Tanh', 'Sin', 'Neg', 'Identity'].map((op) => unary(op)),
  unary('x/(1+x²)', (b, x) => {
    const one = b.add('CastLike', [b.scalar(1), x])
    return b.add('Div', [x, b.add('Add', [one, b.add('Mul', [x, x])])])
  }),
  ...['Add', 'Sub', 'Mul', 'Add', 'Mul'].map(binary),
  product,
  product,
  turned,
  cut,
  joined,
  merged,
  picked,
  padded,
  ...['ReduceMean', 'ReduceSum', 'ReduceLogSumExp'].map(reduced),
  ...['Softmax', 'LogSoftmax'].map(alongAxis),
  (b, values, pick) => {
    const x = chosen(values, pick)
    const size = x.dims.at(-1) ?? 1
    if (size < 2) return null
    const ones = b.add('CastLike', [
      b.constant(
        1,
        [size],
        Array.from({ length: size }, (_, i) => 1 + i / 9),
      ),
      x.name,
    ])
    const attributes = { axis: int(-1), epsilon: float(0.1) }
    return { name: b.add('LayerNormalization', [x.name, ones], attributes), dims: x.dims }
  },
]

/** Values grow by products and joins; more is only slower. */
const ELEMENT_COUNT_MAX = 400

function programOf(choices: readonly number[]): NonNullable<RuleCase['build']> {
  return (b, names) => {
    const dims = [[2, 3, 4], [4], [3, 1]]
    const values: Value[] = names.map((name, i) => ({ name, dims: dims[i] ?? [] }))
    let at = 0
    const pick = (count: number): number => (choices[at++ % choices.length] ?? 0) % count
    for (let i = 0; i < 9; i++) {
      const made = STEPS[pick(STEPS.length)]?.(b, values, pick) ?? null
      if (made !== null && made.dims.reduce((a, c) => a * c, 1) <= ELEMENT_COUNT_MAX) values.push(made)
    }
    // Every value is read, so that each of the three inputs has a gradient.
    const sums = values.map(({ name }) => b.add('ReduceMean', [b.add('Tanh', [name])], { keepdims: int(0) }))
    return b.add('Sum', sums)
  }
}

describe('any composition', () => {
  for (const isSymbolic of [false, true]) {
    it(
      `has the gradients of finite differences, ${isSymbolic ? 'symbolic' : 'known'} sizes`,
      { timeout: 120_000 },
      async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(fc.nat(9973), { minLength: 40, maxLength: 40 }), async (choices) => {
            const inputs = [variable([2, 3, 4]), variable([4]), variable([3, 1])]
            const ruleCase = { row: 'any', title: 'composition', inputs, build: programOf(choices) }
            await checkRule(ruleCase, { opset: 20, isSymbolic })
          }),
          { numRuns: 100, seed: 5 },
        )
      },
    )
  }
})
