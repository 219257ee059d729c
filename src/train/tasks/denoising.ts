/**
 * Denoising: what noise was added to a sample. In: JSONL lines `{"file", "row"?}` that name safetensors beside them, with
 * a tensor [rows, …] for each input of the graph (`sample`, `timestep`, `encoder_hidden_states`, …) and the target
 * `noise` in the output's shape. Without `row`, all rows of the file. Out: a dataset in the order of the lines.
 */
import { dirname, join } from 'node:path'
import { assert, RoundError } from '../../core/errors.ts'
import { DataType, type ValueInfo } from '../../model/graph.ts'
import { elementCount } from '../../model/onnx-tensor.ts'
import { floatTensor, type HostTensor, zeros } from '../../model/session-tensor.ts'
import { locateTensors, readFloat32, type StoredTensors } from '../../model/weights.ts'
import { openReader } from '../../files/index.ts'
import { type Batch, datasetOf } from '../dataset.ts'
import { badLine, type DataLine, readLines, textField } from './json-lines.ts'
import type { TaskData } from './task.ts'

const FORM = '{"file": "rows.safetensors", "row": 0}'
const TARGET = 'noise'

interface Rows {
  readonly dims: readonly number[]
  readonly values: Float32Array | BigInt64Array
}
type Tensors = ReadonlyMap<string, Rows>

interface Sample {
  readonly tensors: Tensors
  readonly row: number
}

/** @param inputs — of the graph, batch first @throws FILE_MISSING | DATA_INVALID | DATA_EMPTY | SAFETENSORS_INVALID */
export async function readNoisedRows(
  files: readonly string[],
  inputs: readonly ValueInfo[],
  output: ValueInfo,
): Promise<TaskData> {
  const wanted = [...inputs, { ...output, name: TARGET }]
  const samples: Sample[] = []
  for (const file of files) {
    const opened = new Map<string, Tensors>()
    for (const at of await readLines(file, FORM)) {
      const path = join(dirname(file), textField(at, 'file'))
      const tensors = opened.get(path) ?? (await readTensors(path, wanted, at))
      opened.set(path, tensors)
      for (const row of rowsOf(at, tensors)) samples.push({ tensors, row })
    }
  }
  const elements = ({ tensors }: Sample): number => rowSizeOf(tensors.get(TARGET))
  const dataset = datasetOf(samples, {
    lengthOf: () => 1,
    targetCountOf: elements,
    collate: (chosen): Batch => ({
      size: chosen.length,
      feeds: Object.fromEntries(inputs.map((input) => [input.name, stack(chosen, input)])),
      labels: stack(chosen, { ...output, name: TARGET, dataType: DataType.float }),
      targetCount: chosen.reduce((sum, sample) => sum + elements(sample), 0),
    }),
  })
  return { dataset, summary: { samplesCut: 0, samplesLeftOut: 0 } }
}

function rowsOf(at: DataLine, tensors: Tensors): readonly number[] {
  const count = tensors.get(TARGET)?.dims[0] ?? 0
  const { row } = at.fields
  if (row === undefined) return Array.from({ length: count }, (_, number) => number)
  if (typeof row === 'number' && Number.isInteger(row) && row >= 0 && row < count) return [row]
  throw badLine(at, `"row" is ${JSON.stringify(row)}, expected a whole number from 0 to ${count - 1}`)
}

async function readTensors(path: string, wanted: readonly ValueInfo[], at: DataLine): Promise<Tensors> {
  const stored = await located(path, at)
  const out = new Map<string, Rows>()
  let count: number | null = null
  for (const { name, dims } of wanted) {
    const tensor = stored.get(name)
    if (tensor === undefined) throw badLine(at, `"file": ${path} has no tensor ${name}`)
    const { shape, dtype } = tensor
    const fits =
      dims !== null &&
      shape.length === dims.length &&
      dims.every((dim, axis) => axis === 0 || typeof dim !== 'number' || dim === shape[axis])
    if (!fits) {
      throw badLine(
        at,
        `"file": tensor ${name} is [${shape.join(', ')}], the graph takes [${dims?.join(', ') ?? '?'}]`,
      )
    }
    count ??= shape[0] ?? 0
    if (shape[0] !== count) throw badLine(at, `"file": tensor ${name} has ${shape[0]} rows, others ${count}`)
    const values = dtype === 'I64' ? await readWhole(path, tensor) : await readFloat32(tensor)
    out.set(name, { dims: shape, values })
  }
  return out
}

/** A file that is not there is the fault of the line that names it. */
async function located(path: string, at: DataLine): Promise<StoredTensors> {
  try {
    return await locateTensors(path)
  } catch (error) {
    if (error instanceof RoundError) throw badLine(at, `"file": ${error.message}`, error)
    throw error
  }
}

async function readWhole(
  path: string,
  { offset, sizeBytes }: { readonly offset: number; readonly sizeBytes: number },
): Promise<BigInt64Array> {
  const reader = await openReader(path)
  try {
    const bytes = await reader.read(offset, sizeBytes)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return BigInt64Array.from({ length: sizeBytes / 8 }, (_, i) => view.getBigInt64(i * 8, true))
  } finally {
    await reader.close()
  }
}

const rowSizeOf = (rows: Rows | undefined): number => elementCount(rows?.dims.slice(1) ?? [])

function stack(samples: readonly Sample[], { name, dataType }: ValueInfo): HostTensor {
  const dims = samples[0]?.tensors.get(name)?.dims.slice(1) ?? []
  const size = elementCount(dims)
  const tensor: HostTensor =
    dataType === DataType.float
      ? floatTensor([samples.length, ...dims], new Float32Array(samples.length * size))
      : zeros(dataType, [samples.length, ...dims])
  const { data } = tensor
  samples.forEach(({ tensors, row }, place) => {
    const values = tensors.get(name)?.values
    assert(values !== undefined, 'tensors were checked when they were read')
    for (let i = 0; i < size; i++) {
      const value = Number(values[row * size + i] ?? 0)
      if (data instanceof BigInt64Array || data instanceof BigUint64Array)
        data[place * size + i] = BigInt(Math.trunc(value))
      else data[place * size + i] = value
    }
  })
  return tensor
}
