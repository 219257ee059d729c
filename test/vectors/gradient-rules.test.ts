// Protects: each differentiable row computes what PyTorch has for the operator, forwards and backwards, zeros and ties included.
import { describe, expect, it } from 'vitest'
import { DataType, type Attribute } from '../../src/model/graph.ts'
import { GraphBuilder } from '../../src/model/graph-builder.ts'
import { openSession } from '../../src/model/session.ts'
import { floatsOf, floatTensor, type HostTensor } from '../../src/model/session-tensor.ts'
import { isRule } from '../../src/train/gradient/context.ts'
import { inferGraphShapes } from '../../src/train/gradient/graph-shapes.ts'
import { raiseOpset } from '../../src/train/gradient/raise-opset.ts'
import { GRADIENT_TABLE } from '../../src/train/gradient/table.ts'
import { differentiate } from '../../src/train/gradient/walk.ts'
import vectors from './gradient-rules.json' with { type: 'json' }

/** Of the largest element, in f32. */
const BAR = 1e-5

interface Vector {
  readonly row: string
  readonly opset: number
  readonly inputs: readonly (Input | null)[]
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly outputs: number
  readonly dims: readonly number[]
  readonly y: readonly number[]
  readonly gradients: readonly (readonly number[])[]
}

interface Input {
  readonly kind: 'variable' | 'float' | 'single' | 'int64' | 'bool'
  readonly dims: readonly number[]
  readonly values: readonly number[]
}

const CASES = vectors.cases as readonly Vector[]

const TYPES = {
  variable: DataType.float,
  float: DataType.float,
  single: DataType.float,
  int64: DataType.int64,
  bool: DataType.bool,
}

async function check(vector: Vector): Promise<void> {
  const b = new GraphBuilder({ opset: vector.opset, name: 'vector', irVersion: 10 })
  const feeds: Record<string, HostTensor> = {}
  const names = vector.inputs.map((input, i) => {
    if (input === null) return ''
    const { kind, dims, values } = input
    if (kind !== 'variable') return b.constant(TYPES[kind], dims, values)
    feeds[`x${i}`] = floatTensor(dims, Float32Array.from(values))
    return b.input(`x${i}`, DataType.float, dims)
  })
  const [op = ''] = vector.row.split('@')
  const [y = ''] = b.addMulti(op, names, vector.outputs, vector.attributes)
  b.output(y, DataType.float)
  const model = raiseOpset(b.build())
  const grown = new GraphBuilder(model, { prefix: 'grad/' })
  const seeds = new Map([[y, grown.input('cotangent', DataType.float, vector.dims)]])
  const wanted = Object.keys(feeds)
  const shapes = inferGraphShapes(model)
  const gradients = differentiate({ builder: grown, graph: model.graph, shapes, seeds, wanted })
  const outputs = wanted.map((name) => `gradient:${name}`)
  wanted.forEach((name, i) => grown.outputAs(outputs[i] ?? '', gradients.get(name) ?? '', DataType.float))
  feeds['cotangent'] = floatTensor(
    vector.dims,
    Float32Array.from(vector.y, (_, i) => Math.cos(1.3 * i + 0.4)),
  )
  const session = await openSession({ model: grown.build(), device: 'cpu', threads: 1 })
  const results = await session.run(feeds, [y, ...outputs])
  await session.close()
  expect(results[y]?.dims).toEqual(vector.dims)
  expect(distance(results[y], vector.y), 'result').toBeLessThanOrEqual(BAR)
  outputs.forEach((name, i) => {
    expect(results[name]?.dims).toEqual(feeds[wanted[i] ?? '']?.dims)
    expect(distance(results[name], vector.gradients[i] ?? []), name).toBeLessThanOrEqual(BAR)
  })
}

function distance(tensor: HostTensor | undefined, wanted: readonly number[]): number {
  const ours = tensor === undefined ? new Float32Array(0) : floatsOf(tensor)
  expect(ours.length).toBe(wanted.length)
  const largest = Math.max(...wanted.map(Math.abs))
  return Math.max(...wanted.map((value, i) => Math.abs((ours[i] ?? 0) - value))) / largest
}

describe('gradient rules against PyTorch', () => {
  it('have a vector for every differentiable row', () => {
    const rows = [...GRADIENT_TABLE].filter(([, entry]) => isRule(entry)).map(([key]) => key)
    expect(rows.filter((key) => !CASES.some(({ row }) => row === key))).toEqual([])
  })

  CASES.forEach((vector, i) => {
    it(`${vector.row}, opset ${vector.opset}, vector ${i}`, () => check(vector))
  })
})
