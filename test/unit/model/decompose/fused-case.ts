/**
 * One case of a decomposition: ONNX Runtime's own kernel of the fused operator is the oracle. The same random inputs go
 * through the operator and through what it is decomposed into.
 */
import { expect } from 'vitest'
import { DataType, type Attribute, type Dimension, type OnnxModel } from '../../../../src/model/graph.ts'
import { decomposeWithReport } from '../../../../src/model/decompose/index.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { elementCount } from '../../../../src/model/onnx-tensor.ts'
import { openSession } from '../../../../src/model/session.ts'
import type { HostTensor } from '../../../../src/model/session-tensor.ts'
import { inferShapes } from '../../../../src/model/shapes.ts'

export interface CaseInput {
  readonly dims: readonly number[]
  readonly dataType: 'float' | 'int32' | 'int64' | 'bool'
  /** Random where left out. */
  readonly values?: readonly number[]
  /** A weight of the graph; an input otherwise. */
  readonly isWeight?: boolean
}

export interface FusedCase {
  readonly op: string
  readonly domain: string
  readonly title: string
  readonly inputs: readonly (CaseInput | null)[]
  readonly attributes?: Readonly<Record<string, Attribute>>
  /** Which outputs exist; the first alone where left out. */
  readonly outputs?: readonly number[]
  readonly opset?: number
  /** Rows of the first output that mean nothing, such as those of padding: [batch, sequence] with 1 where compared. */
  readonly compared?: readonly (readonly number[])[]
  /** Outputs that the node makes, where it must have more than are read. */
  readonly outputCount?: number
  /** Types of outputs that are not float. */
  readonly outputTypes?: Readonly<Record<number, 'int32'>>
  /** ONNX Runtime has no double kernel for what it becomes. */
  readonly isSingle?: boolean
  /** Its form follows from fixed sizes only. */
  readonly isFixedOnly?: boolean
  /** The first output by other operators, where ONNX Runtime has no kernel for this one on the processor. */
  readonly equivalent?: (builder: GraphBuilder, inputs: readonly string[]) => string
}

export const f = (...dims: readonly number[]): CaseInput => ({ dims, dataType: 'float' })
export const w = (...dims: readonly number[]): CaseInput => ({ dims, dataType: 'float', isWeight: true })
export const i64 = (dims: readonly number[], values: readonly number[]): CaseInput => ({
  dims,
  dataType: 'int64',
  values,
})
export const i32 = (dims: readonly number[], values: readonly number[]): CaseInput => ({
  dims,
  dataType: 'int32',
  values,
})
export const bool = (dims: readonly number[], values: readonly number[]): CaseInput => ({
  dims,
  dataType: 'bool',
  values,
})

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

const TOLERANCE = 1e-5

interface Built {
  readonly model: OnnxModel
  readonly feeds: Readonly<Record<string, HostTensor>>
  readonly outputs: readonly string[]
}

/** Of tensors of each rank. */
const OPEN_AXES: Readonly<Record<number, readonly number[]>> = { 1: [0], 2: [], 3: [0, 1], 4: [0, 2] }
const OUTPUTS = ['y0', 'y1', 'y2', 'y3']

export interface BuildOptions {
  /** Of the float values. */
  readonly type: DataType
  readonly isSymbolic: boolean
  /** Instead of the operator, the graph that stands for it. */
  readonly isEquivalent?: boolean
}

/** The case's graph. */
export function buildCase(fused: FusedCase, { type, isSymbolic, isEquivalent = false }: BuildOptions): Built {
  const random = seeded(fused.title.length * 31 + fused.op.length)
  const builder = new GraphBuilder({ opset: fused.opset ?? 21, name: 'case', irVersion: 10 })
  builder.useDomain('com.microsoft', 1)
  const feeds: Record<string, HostTensor> = {}
  const symbols = (dims: readonly number[]): readonly Dimension[] =>
    // Batch and sequence are open, heads and features fixed; equal sizes are one symbol.
    isSymbolic
      ? dims.map((dim, i) => (dim > 1 && (OPEN_AXES[dims.length] ?? []).includes(i) ? `n${dim}` : dim))
      : dims
  const names = fused.inputs.map((input, i) => {
    if (input === null) return ''
    const values = input.values ?? Array.from({ length: elementCount(input.dims) }, () => 2 * random() - 1)
    const dataType = input.dataType === 'float' ? type : DataType[input.dataType]
    if (input.isWeight === true)
      return builder.constant(
        dataType,
        input.dims,
        values.map((v) => (type === DataType.float ? Math.fround(v) : v)),
      )
    feeds[`x${i}`] = hostTensor(dataType, input.dims, values)
    return builder.input(`x${i}`, dataType, symbols(input.dims))
  })
  const wanted = fused.outputs ?? [0]
  const count = fused.outputCount ?? Math.max(...wanted) + 1
  const spare = fused.outputCount === undefined ? '' : 'unread'
  const outputs = OUTPUTS.slice(0, count).map((name, i) => (wanted.includes(i) ? name : spare))
  const made = isEquivalent
    ? [fused.equivalent?.(builder, names) ?? '']
    : builder.addMulti(fused.op, names, count, fused.attributes ?? {}, {
        domain: fused.domain,
        name: '/model/layers.0/part/Fused',
      })
  made.forEach((name, i) => {
    const of = fused.outputTypes?.[i]
    if (wanted.includes(i)) builder.output(name, of === undefined ? type : DataType[of])
  })
  const model = renamed(builder.build(), new Map(made.map((name, i) => [name, outputs[i] ?? ''])))
  return { model, feeds, outputs: OUTPUTS.filter((_, i) => wanted.includes(i)) }
}

/** The outputs under their short names; those that do not exist are left out. */
function renamed(model: OnnxModel, names: ReadonlyMap<string, string>): OnnxModel {
  const rename = (name: string): string => names.get(name) ?? name
  const nodes = model.graph.nodes.map((node) => ({ ...node, outputs: node.outputs.map(rename) }))
  const outputs = model.graph.outputs.map((info) => ({ ...info, name: rename(info.name) }))
  return { ...model, graph: { ...model.graph, nodes, outputs } }
}

export function hostTensor(
  dataType: DataType,
  dims: readonly number[],
  values: readonly number[],
): HostTensor {
  switch (dataType) {
    case DataType.int64:
      return { dataType, dims, data: BigInt64Array.from(values.map(BigInt)) }
    case DataType.int32:
      return { dataType, dims, data: Int32Array.from(values) }
    case DataType.bool:
      return { dataType, dims, data: Uint8Array.from(values) }
    case DataType.double:
      return { dataType, dims, data: Float64Array.from(values) }
    default:
      return { dataType, dims, data: Float32Array.from(values) }
  }
}

export const numbers = (tensor: HostTensor | undefined): number[] => Array.from(tensor?.data ?? [], Number)

/** The fused operator and its decomposition give the same. */
export async function compareCase(fused: FusedCase, isSymbolic: boolean): Promise<void> {
  const options = { type: DataType.float, isSymbolic }
  const { model, feeds, outputs } = buildCase(fused, options)
  const oracle =
    fused.equivalent === undefined ? model : buildCase(fused, { ...options, isEquivalent: true }).model
  const { model: plain, rewritten, kept } = decomposeWithReport(model)
  expect(kept).toEqual([])
  expect([...rewritten.values()]).toEqual([1])
  expect(plain.graph.nodes.every((node) => node.domain === '')).toBe(true)
  expect(inferShapes(plain).problems).toEqual([])
  const original = await openSession({ model: oracle, device: 'cpu', threads: 1 })
  const rewrittenSession = await openSession({ model: plain, device: 'cpu', threads: 1 })
  const wanted = await original.run(feeds, outputs)
  const found = await rewrittenSession.run(feeds, outputs)
  await original.close()
  await rewrittenSession.close()
  const inferred = inferShapes(model)
  for (const name of outputs) {
    const sizes = inferred.typeOf(name).dims.map((dim) => dim.constant)
    if (!isSymbolic) expect(sizes, `inferred dims of ${name}`).toEqual(wanted[name]?.dims)
    expect(found[name]?.dims, `dims of ${name}`).toEqual(wanted[name]?.dims)
    const [a, b] = [numbers(found[name]), numbers(wanted[name])]
    const isCompared = rowFilter(fused, name, wanted[name]?.dims ?? [])
    const largest = Math.max(1, ...b.filter((_, i) => isCompared(i)).map(Math.abs))
    const worst = Math.max(
      ...a.map((value, i) => (isCompared(i) ? Math.abs(value - (b[i] ?? Number.NaN)) : 0)),
    )
    expect(worst / largest, `${name} of ${fused.op} ${fused.title}`).toBeLessThanOrEqual(TOLERANCE)
    expect(a.every((value) => Number.isFinite(value))).toBe(true)
  }
}

function rowFilter(
  { compared }: FusedCase,
  name: string,
  dims: readonly number[],
): (index: number) => boolean {
  if (compared === undefined || name !== 'y0') return () => true
  const [, length = 1, width = 1] = dims
  return (index) => compared[Math.floor(index / (length * width))]?.[Math.floor(index / width) % length] === 1
}
