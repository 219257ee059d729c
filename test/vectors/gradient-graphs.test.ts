// Protects: architectures that nobody looked at while writing the rules are differentiated as PyTorch does, in any batch, length and naming.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { isRoundError } from '../../src/core/errors.ts'
import { DataType, type OnnxModel } from '../../src/model/graph.ts'
import { findLinearModules, type LocatedModule } from '../../src/model/linear-modules.ts'
import { decodeModel } from '../../src/model/onnx.ts'
import { GraphBuilder } from '../../src/model/graph-builder.ts'
import { inferShapes, isUnknown } from '../../src/model/shapes.ts'
import { unpackBytes } from '../../src/model/onnx-tensor.ts'
import { openSession } from '../../src/model/session.ts'
import { floatsOf, floatTensor, type HostTensor } from '../../src/model/session-tensor.ts'
import type { LossKind } from '../../src/train/gradient/loss.ts'
import { packParameters, unpackParameters } from '../../src/train/gradient/parameters.ts'
import {
  buildTrainingGraph,
  type Trainable,
  type TrainingGraph,
} from '../../src/train/gradient/training-graph.ts'
import { rewritten } from '../unit/train/gradient/rewritten.ts'
import { seeded } from '../unit/train/gradient/rule-case.ts'
import index from './graphs/index.json' with { type: 'json' }

/** The project's bar: max |ours − PyTorch's| / max |PyTorch's| of a tensor. */
const BAR = 1e-5

type Entry = (typeof index.graphs)[number]

const pathOf = (file: string): string => fileURLToPath(new URL(`graphs/${file}`, import.meta.url))
const modelOf = (name: string): OnnxModel =>
  decodeModel(new Uint8Array(gunzipSync(readFileSync(pathOf(`${name}.onnx.gz`)))), name)

/** The tensors of a safetensors file: 8 bytes of header length, the header, the data. */
function tensorsOf(name: string): ReadonlyMap<string, HostTensor> {
  const file = readFileSync(pathOf(`${name}.safetensors`))
  const start = 8 + Number(file.readBigUInt64LE(0))
  const header = JSON.parse(file.subarray(8, start).toString()) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >
  return new Map(
    Object.entries(header).map(([key, { dtype, shape: dims, data_offsets }]): [string, HostTensor] => {
      const [from, to] = data_offsets
      const { buffer } = new Uint8Array(file.subarray(start + from, start + to))
      if (dtype === 'I64') return [key, { dataType: DataType.int64, dims, data: new BigInt64Array(buffer) }]
      return [key, { dataType: DataType.float, dims, data: new Float32Array(buffer) }]
    }),
  )
}

function tensorIn(tensors: ReadonlyMap<string, HostTensor>, name: string): HostTensor {
  const tensor = tensors.get(name)
  if (tensor === undefined) throw new Error(`no tensor ${name}`)
  return tensor
}

interface Run {
  readonly lossSum: number
  readonly gradients: ReadonlyMap<string, Float32Array>
  /** Of a graph that makes them. */
  readonly margins: ReadonlyMap<string, Float32Array>
}

async function run(
  graph: TrainingGraph,
  reference: ReadonlyMap<string, HostTensor>,
  parameters: ReadonlyMap<string, Float32Array>,
): Promise<Run> {
  const session = await openSession({ model: graph.model, device: 'cpu', threads: 1 })
  const names = new Set(graph.feeds.map(({ name }) => name))
  const inputs = [...reference].flatMap(([key, tensor]): [string, HostTensor][] => {
    const name = key.replace(/^input\./, '')
    return names.has(name) ? [[name, tensor]] : []
  })
  const flat = packParameters(graph.parameters, parameters)
  const feeds = { ...Object.fromEntries(inputs), parameters: floatTensor([flat.length], flat) }
  const results = await session.run(feeds, ['loss_sum', 'gradients'])
  const sums = graph.fisher.length === 0 ? null : await session.run(feeds, ['fisher_sums'])
  await session.close()
  const gradients = unpackParameters(graph.parameters, floatsOf(results.gradients))
  const margins = sums === null ? new Map() : unpackParameters(graph.fisher, floatsOf(sums.fisher_sums))
  return { lossSum: floatsOf(results.loss_sum)[0] ?? 0, gradients, margins }
}

const transposed = (values: Float32Array, [rows = 1, columns = 1]: readonly number[]): Float32Array =>
  values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? 0)

function distance(ours: Float32Array, wanted: Float32Array): number {
  expect(ours.length).toBe(wanted.length)
  const largest = wanted.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  return ours.reduce((most, x, i) => Math.max(most, Math.abs(x - (wanted[i] ?? 0))), 0) / largest
}

/** Weights of a graph with their values, under the names that it has now. */
function valuesOf(model: OnnxModel, names: readonly string[]): ReadonlyMap<string, Float32Array> {
  return new Map(
    names.map((name) => {
      const tensor = model.graph.initializers.get(name)
      if (tensor?.data === undefined) throw new Error(`no initializer ${name}`)
      const count = tensor.dims.reduce((product, dim) => product * dim, 1)
      return [name, Float32Array.from(unpackBytes(tensor.dataType, tensor.data, count))]
    }),
  )
}

async function checkWeights(entry: Entry, model: OnnxModel, nameOf: (name: string) => string): Promise<void> {
  const reference = tensorsOf(entry.name)
  const names = entry.weights.flatMap(({ places }) => places.map(([name]) => nameOf(String(name))))
  const trained = new Set(names)
  const trainable: Trainable = { kind: 'full', isTrained: (name) => trained.has(name) }
  const graph = buildTrainingGraph(model, { trainable, loss: entry.loss as LossKind })
  expect(graph.parameters.map(({ name }) => name).sort()).toEqual([...trained].sort())
  const { lossSum, gradients } = await run(graph, reference, valuesOf(model, [...trained]))
  expect(Math.abs(lossSum / entry.lossSum - 1)).toBeLessThanOrEqual(BAR)
  for (const { name, places } of entry.weights) {
    const wanted = tensorIn(reference, `grad.${name}`)
    // A weight that the exporter stored several times is the sum of its copies.
    const ours = new Float32Array(floatsOf(wanted).length)
    for (const [place, isTransposed] of places) {
      const part = gradients.get(nameOf(String(place))) ?? new Float32Array(0)
      const own = isTransposed === true ? transposed(part, [...wanted.dims].reverse()) : part
      own.forEach((value, i) => (ours[i] = (ours[i] ?? 0) + value))
    }
    expect(distance(ours, floatsOf(wanted)), name).toBeLessThanOrEqual(BAR)
  }
}

/** As the generator makes them. */
const factor = (count: number, phase: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => 0.4 * Math.sin(0.7 * i + phase))

async function checkLora(entry: Entry): Promise<void> {
  const model = modelOf(entry.name)
  const reference = tensorsOf(entry.name)
  const modules = new Map<string, LocatedModule>()
  const all = findLinearModules(model).filter(({ name }) => entry.modules.includes(name))
  for (const module of all) modules.set(module.name, module)
  expect([...modules.keys()].sort()).toEqual([...entry.modules].sort())
  const sites = all.map((module) => ({ module, rank: index.rank, scale: index.scale }))
  const graph = buildTrainingGraph(model, {
    trainable: { kind: 'lora', sites },
    loss: entry.loss as LossKind,
  })
  const prefix = 'base_model.model.'
  const parameters = entry.modules.flatMap((name, place): [string, Float32Array][] => {
    const module = modules.get(name)
    const [inSize, outSize] = [module?.inSize ?? 0, module?.outSize ?? 0]
    return [
      [`${prefix}${name}.lora_A.weight`, factor(index.rank * inSize, place)],
      [`${prefix}${name}.lora_B.weight`, factor(outSize * index.rank, place + 0.5)],
    ]
  })
  const { lossSum, gradients } = await run(graph, reference, new Map(parameters))
  expect(Math.abs(lossSum / entry.loraLossSum - 1)).toBeLessThanOrEqual(BAR)
  for (const name of entry.modules) {
    for (const [side, letter] of [
      ['a', 'A'],
      ['b', 'B'],
    ]) {
      const ours = gradients.get(`${prefix}${name}.lora_${letter}.weight`) ?? new Float32Array(0)
      const wanted = floatsOf(tensorIn(reference, `lora.${name}.${side}`))
      expect(distance(ours, wanted), `${name} ${letter}`).toBeLessThanOrEqual(BAR)
    }
  }
}

/** Squares of PyTorch's gradient of each adapted weight, summed over its columns and over its rows. */
async function checkFisher(entry: Entry): Promise<void> {
  const model = modelOf(entry.name)
  const reference = tensorsOf(entry.name)
  const modules = findLinearModules(model).filter(({ name }) => entry.modules.includes(name))
  const sites = modules.map((module) => ({ module, rank: 1, scale: 1 }))
  const graph = buildTrainingGraph(model, {
    trainable: { kind: 'lora', sites },
    loss: entry.loss as LossKind,
    hasFisherSums: true,
  })
  // Adapters of zeros: the gradient is that at the base's own weights.
  const zeros = new Map(graph.parameters.map(({ name, size }) => [name, new Float32Array(size)]))
  const { margins } = await run(graph, reference, zeros)
  let checked = 0
  for (const { name, inSize, outSize } of modules) {
    const gradient = reference.get(`grad.${name}.weight`)
    if (gradient === undefined) continue
    checked++
    const squares = Float64Array.from(floatsOf(gradient), (value) => value * value)
    const [rows, columns] = [new Float32Array(outSize), new Float32Array(inSize)]
    for (let o = 0; o < outSize; o++)
      rows[o] = squares.subarray(o * inSize, (o + 1) * inSize).reduce((sum, value) => sum + value, 0)
    for (let i = 0; i < inSize; i++)
      columns[i] = squares.reduce((sum, value, at) => (at % inSize === i ? sum + value : sum), 0)
    const found = [margins.get(`${name}.fisher_rows`), margins.get(`${name}.fisher_columns`)]
    expect(distance(found[0] ?? new Float32Array(), rows), `${name} rows`).toBeLessThanOrEqual(BAR)
    expect(distance(found[1] ?? new Float32Array(), columns), `${name} columns`).toBeLessThanOrEqual(BAR)
  }
  expect(checked).toBeGreaterThan(0)
}

/** Every value's inferred size, at the sizes of the reference, against those of a run. */
async function checkShapes(entry: Entry): Promise<void> {
  const original = modelOf(entry.name)
  const builder = new GraphBuilder(original)
  const inferred = inferShapes(original)
  const values = original.graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== '')
  const outputs = original.graph.outputs.map(({ name }) => name)
  for (const name of values) {
    if (!outputs.includes(name)) builder.output(name, inferred.typeOf(name).dataType)
  }
  const feeds: Record<string, HostTensor> = {}
  const symbols: Record<string, number> = {}
  const reference = tensorsOf(entry.name)
  for (const { name, dims } of original.graph.inputs) {
    const tensor = tensorIn(reference, `input.${name}`)
    feeds[name] = tensor
    dims?.forEach((dim, axis) => {
      if (typeof dim === 'string') symbols[dim] = tensor.dims[axis] ?? 0
    })
  }
  const session = await openSession({ model: builder.build(), device: 'cpu', threads: 1 })
  const results = await session.run(feeds, values)
  await session.close()
  let known = 0
  for (const name of values) {
    const { dims } = inferred.typeOf(name)
    const actual = results[name]?.dims ?? []
    expect(dims).toHaveLength(actual.length)
    dims.forEach((dim, axis) => {
      if (isUnknown(dim)) return
      known++
      expect(dim.evaluate(symbols), `axis ${axis} of ${name}: ${dim.key}`).toBe(actual[axis])
    })
  }
  expect(known).toBeGreaterThan(values.length / 2)
}

describe('graphs of architectures without a fixture', () => {
  for (const entry of index.graphs.filter(({ name }) => name !== 'lstm')) {
    it(`${entry.name}: every weight's gradient is PyTorch's`, () =>
      checkWeights(entry, modelOf(entry.name), (name) => name))

    it(`${entry.name}: every value has the size that was inferred`, () => checkShapes(entry))

    it(`${entry.name}: names and the order of nodes do not matter`, () => {
      const { model, nameOf } = rewritten(modelOf(entry.name), seeded(entry.name.length))
      return checkWeights(entry, model, nameOf)
    })

    if (entry.modules.length > 0) {
      it(`${entry.name}: adapters on all linear modules have PyTorch's gradients`, () => checkLora(entry))

      it(`${entry.name}: margins of the Fisher diagonal are those of PyTorch's gradients`, () =>
        checkFisher(entry))
    }
  }

  it('lstm: what lies behind the layer is trained, what lies before is refused by name', () => {
    const model = modelOf('lstm')
    const sites = findLinearModules(model).map((module) => ({ module, rank: 2, scale: 1 }))
    const build = (name: string) =>
      buildTrainingGraph(model, {
        trainable: { kind: 'lora', sites: sites.filter(({ module }) => module.name === name) },
        loss: 'classification',
      })
    expect(build('behind').parameters).toHaveLength(2)
    try {
      build('before')
      expect.unreachable('an LSTM layer was differentiated')
    } catch (error) {
      expect(isRoundError(error, 'GRADIENT_UNSUPPORTED')).toBe(true)
      expect(String(error)).toMatch(/LSTM \(node .*\): LSTM is a recurrent layer/)
    }
  })
})
