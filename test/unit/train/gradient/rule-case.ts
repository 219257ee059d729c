/**
 * One case of a gradient rule, and the check that fits any shape: for a random tangent t and cotangent c,
 * ⟨c, (f(x+εt) − f(x−εt))/2ε⟩ = ⟨VJP(c), t⟩. Runs through ONNX Runtime, in double where its kernels have double.
 * Source: the check of JAX's `check_vjp`; central differences err by O(ε²).
 */
import { expect } from 'vitest'
import { DataType, type Attribute, type Dimension } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { elementCount } from '../../../../src/model/onnx-tensor.ts'
import { openSession } from '../../../../src/model/session.ts'
import type { HostTensor } from '../../../../src/model/session-tensor.ts'
import { inferGraphShapes } from '../../../../src/train/gradient/graph-shapes.ts'
import { raiseOpset } from '../../../../src/train/gradient/raise-opset.ts'
import { differentiate } from '../../../../src/train/gradient/walk.ts'

/** A differentiated float input. */
export interface Variable {
  readonly kind: 'variable'
  readonly dims: readonly number[]
  /** Elements lie in ±this range, away from kinks at 0; `positive` keeps the sign. */
  readonly from: number
  readonly to: number
  readonly isPositive: boolean
}

/** An input of the node that is the same in every run. */
export interface Fixed {
  readonly kind: 'fixed'
  readonly dataType: 'int64' | 'bool' | 'float' | 'single'
  readonly dims: readonly number[]
  readonly values: readonly number[]
  /** Whether it is an input of the graph, so that no rule can know it in advance. */
  readonly isFed: boolean
}

export interface RuleCase {
  /** The table's row; a name for a graph of several nodes. */
  readonly row: string
  /** Makes a graph of several nodes instead of the row's operator. @returns the output */
  readonly build?: (builder: GraphBuilder, inputs: readonly string[]) => string
  readonly title: string
  readonly inputs: readonly (Variable | Fixed | null)[]
  readonly attributes?: Readonly<Record<string, Attribute>>
  readonly outputCount?: number
  /** Which output the loss reads. */
  readonly output?: number
  /** Operator sets to check under; the newest that exporters write otherwise. */
  readonly opsets?: readonly number[]
  /** ONNX Runtime has no double kernel for the operator or for its gradient. */
  readonly isSingle?: boolean
  /** The rule needs sizes that are known in advance. */
  readonly isStatic?: boolean
  /** Inputs whose sizes are known in advance even where the others' are not, as a weight's are. */
  readonly fixedInputs?: readonly number[]
}

export const variable = (dims: readonly number[], from = 0.2, to = 1.5): Variable => ({
  kind: 'variable',
  dims,
  from,
  to,
  isPositive: false,
})
export const positive = (dims: readonly number[], from = 0.5, to = 1.5): Variable => ({
  ...variable(dims, from, to),
  isPositive: true,
})
export const int64s = (values: readonly number[], dims: readonly number[] = [values.length]): Fixed => ({
  kind: 'fixed',
  dataType: 'int64',
  dims,
  values,
  isFed: false,
})
export const bools = (values: readonly number[], dims: readonly number[] = [values.length]): Fixed => ({
  ...int64s(values, dims),
  dataType: 'bool',
})
export const floats = (values: readonly number[], dims: readonly number[] = []): Fixed => ({
  ...int64s(values, dims),
  dataType: 'float',
})
/** f32 whatever the case runs in, as scales are. */
export const singles = (values: readonly number[], dims: readonly number[] = [values.length]): Fixed => ({
  ...int64s(values, dims),
  dataType: 'single',
})
export const fed = (value: Fixed): Fixed => ({ ...value, isFed: true })

/** Numbers in [0, 1) from a seed. Source: mulberry32, a public-domain generator by Tommy Ettinger. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const EPSILON = { double: 1e-5, single: 2e-2 } as const
/** Of the sum of the magnitudes that were added: rounding and the ε² term. */
const TOLERANCE = { double: 1e-8, single: 2e-3 } as const

interface Built {
  readonly builder: GraphBuilder
  readonly variables: readonly { readonly name: string; readonly of: Variable }[]
  readonly feeds: Record<string, HostTensor>
  readonly output: string
}

export async function checkRule(
  ruleCase: RuleCase,
  { opset, isSymbolic }: { readonly opset: number; readonly isSymbolic: boolean },
): Promise<void> {
  const precision = ruleCase.isSingle === true ? 'single' : 'double'
  const random = seeded(ruleCase.title.length * 31 + ruleCase.row.length)
  const { builder, variables, feeds, output } = build(ruleCase, { opset, isSymbolic, precision })
  const forward = raiseOpset(builder.build())
  const shapes = inferGraphShapes(forward)
  const type = precision === 'single' ? DataType.float : DataType.double
  const grown = new GraphBuilder(forward, { prefix: 'grad/' })
  grown.input('cotangent', type, null)
  const wanted = variables.map(({ name }) => name)
  const seeds = new Map([[output, 'cotangent']])
  const gradients = differentiate({ builder: grown, graph: forward.graph, shapes, seeds, wanted })
  wanted.forEach((name, i) => {
    const gradient = gradients.get(name) ?? null
    expect(gradient, `the gradient of ${name}`).not.toBeNull()
    grown.outputAs(`gradient${i}`, gradient ?? '', type)
  })
  const evaluator = await openSession({ model: forward, device: 'cpu', threads: 1 })
  const session = await openSession({ model: grown.build(), device: 'cpu', threads: 1 })
  const at = variables.map(({ of }) => sample(of, random))
  const along = variables.map(({ of }) => tangent(of, random))
  const point = (step: number): Record<string, HostTensor> => ({
    ...feeds,
    ...Object.fromEntries(
      variables.map(({ name, of }, i) => {
        const moved = (at[i] ?? []).map((x, k) => x + step * (along[i]?.[k] ?? 0))
        return [name, floatsAs(type, of.dims, moved)]
      }),
    ),
  })
  const epsilon = EPSILON[precision]
  const up = await evaluator.run(point(epsilon), [output])
  const down = await evaluator.run(point(-epsilon), [output])
  const dims = up[output]?.dims ?? []
  const inferred = shapes.typeOf(output)?.dims ?? []
  expect(inferred.map((dim, i) => dim.constant ?? dims[i])).toEqual(dims)
  const cotangent = Array.from({ length: elementCount(dims) }, () => 2 * random() - 1)
  const names = wanted.map((_, i) => `gradient${i}`)
  const results = await session.run({ ...point(0), cotangent: floatsAs(type, dims, cotangent) }, names)
  const [high, low] = [numbersOf(up[output]), numbersOf(down[output])]
  const left = cotangent.map((c, k) => (c * ((high[k] ?? 0) - (low[k] ?? 0))) / (2 * epsilon))
  const right = names.flatMap((name, i) => {
    expect(results[name]?.dims, `dims of ${name}`).toEqual(variables[i]?.of.dims)
    return numbersOf(results[name]).map((g, k) => g * (along[i]?.[k] ?? 0))
  })
  await evaluator.close()
  await session.close()
  const sum = (terms: readonly number[]): number => terms.reduce((total, term) => total + term, 0)
  const magnitude = Math.max(1, sum(left.map(Math.abs)), sum(right.map(Math.abs)))
  expect(Math.abs(sum(left) - sum(right)) / magnitude).toBeLessThan(TOLERANCE[precision])
}

function build(
  ruleCase: RuleCase,
  form: { readonly opset: number; readonly isSymbolic: boolean; readonly precision: 'single' | 'double' },
): Built {
  const builder = new GraphBuilder({ opset: form.opset, name: 'case', irVersion: 10 })
  const type = form.precision === 'single' ? DataType.float : DataType.double
  const feeds: Record<string, HostTensor> = {}
  const variables: { name: string; of: Variable }[] = []
  // Equal sizes are one symbol, as `batch` would be.
  const symbolic = (dims: readonly number[], i: number): readonly Dimension[] =>
    form.isSymbolic && ruleCase.fixedInputs?.includes(i) !== true
      ? dims.map((dim) => (dim === 1 ? 1 : `size${dim}`))
      : dims
  const names = ruleCase.inputs.map((input, i) => {
    if (input === null) return ''
    if (input.kind === 'variable') {
      const name = builder.input(`x${i}`, type, symbolic(input.dims, i))
      variables.push({ name, of: input })
      return name
    }
    const dataType =
      input.dataType === 'float' ? type : DataType[input.dataType === 'single' ? 'float' : input.dataType]
    if (!input.isFed) return builder.constant(dataType, input.dims, input.values)
    feeds[`x${i}`] = fixedTensor(dataType, input)
    return builder.input(`x${i}`, dataType, input.dims)
  })
  const output = ruleCase.build?.(builder, names) ?? addNode(builder, ruleCase, names)
  builder.output(output, type)
  return { builder, variables, feeds, output }
}

function addNode(builder: GraphBuilder, ruleCase: RuleCase, names: readonly string[]): string {
  const [op = ''] = ruleCase.row.split('@')
  const outputs = builder.addMulti(op, names, ruleCase.outputCount ?? 1, ruleCase.attributes ?? {})
  return outputs[ruleCase.output ?? 0] ?? ''
}

function fixedTensor(dataType: DataType, { dims, values }: Fixed): HostTensor {
  if (dataType === DataType.int64) return { dataType, dims, data: BigInt64Array.from(values.map(BigInt)) }
  if (dataType === DataType.bool) return { dataType, dims, data: Uint8Array.from(values) }
  return floatsAs(dataType, dims, values)
}

function floatsAs(dataType: DataType, dims: readonly number[], values: readonly number[]): HostTensor {
  return {
    dataType,
    dims,
    data: dataType === DataType.double ? Float64Array.from(values) : Float32Array.from(values),
  }
}

const numbersOf = (tensor: HostTensor | undefined): number[] => Array.from(tensor?.data ?? [], Number)

function sample({ dims, from, to, isPositive }: Variable, random: () => number): number[] {
  return Array.from({ length: elementCount(dims) }, () => {
    const magnitude = from + random() * (to - from)
    return isPositive || random() < 0.5 ? magnitude : -magnitude
  })
}

function tangent({ dims }: Variable, random: () => number): number[] {
  return Array.from({ length: elementCount(dims) }, () => 2 * random() - 1)
}
