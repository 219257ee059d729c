/** Reads the reference side of a folder: `reference.json` and `reference.safetensors`, as PyTorch + PEFT wrote them. */
import { join } from 'node:path'
import * as v from 'valibot'
import { messageOf, RoundError } from '../../core/errors.ts'
import { openReader, readText } from '../../files/index.ts'
import { DataType } from '../../model/graph.ts'
import type { HostTensor } from '../../model/session-tensor.ts'
import { locateTensors } from '../../model/weights.ts'
import type { LossKind } from './loss.ts'

export type ReferenceFault = {
  readonly code: 'REFERENCE_INVALID'
  readonly file: string
  readonly reason: string
}

export interface Reference {
  readonly model: string
  readonly loss: LossKind
  readonly lossValue: number
  readonly inputs: Readonly<Record<string, HostTensor>>
  readonly labels: HostTensor
  /** By PEFT name, without the `grad.` in front. */
  readonly gradients: ReadonlyMap<string, Float32Array>
  readonly adamw: {
    readonly learningRate: number
    readonly beta1: number
    readonly beta2: number
    readonly epsilon: number
    readonly weightDecay: number
    readonly losses: readonly number[]
  }
}

const TEXT_SIZE_BYTES_MAX = 1 << 20
const INPUT_PREFIX = 'input.'
const GRADIENT_PREFIX = 'grad.'
const LABELS_NAME = 'labels'

const LOSSES = { lm: 'causal-lm', cls: 'classification', img: 'classification', diffusion: 'mse' } as const

const schema = v.object({
  model: v.string(),
  kind: v.picklist(['lm', 'cls', 'img', 'diffusion']),
  loss: v.pipe(v.number(), v.finite()),
  adamw: v.object({
    lr: v.number(),
    betas: v.strictTuple([v.number(), v.number()]),
    eps: v.number(),
    weight_decay: v.number(),
    losses: v.pipe(v.array(v.pipe(v.number(), v.finite())), v.minLength(1)),
  }),
})

/** @throws FILE_MISSING | REFERENCE_INVALID | SAFETENSORS_INVALID */
export async function readReference(folder: string): Promise<Reference> {
  const file = join(folder, 'reference.json')
  const { adamw, kind, loss, model } = parseReference(await readText(file, TEXT_SIZE_BYTES_MAX), file)
  const path = join(folder, 'reference.safetensors')
  const reader = await openReader(path)
  const inputs: Record<string, HostTensor> = {}
  const gradients = new Map<string, Float32Array>()
  let labels: HostTensor | null = null
  try {
    for (const { name, dtype, shape, offset, sizeBytes } of (await locateTensors(path)).values()) {
      const read = async (): Promise<HostTensor> =>
        toTensor(await reader.read(offset, sizeBytes), { dtype, dims: shape, file: path, name })
      if (name === LABELS_NAME) labels = await read()
      else if (name.startsWith(INPUT_PREFIX)) inputs[name.slice(INPUT_PREFIX.length)] = await read()
      else if (name.startsWith(GRADIENT_PREFIX)) {
        const { data } = await read()
        if (!(data instanceof Float32Array)) throw invalid(path, `${name} is ${dtype}, expected F32`)
        gradients.set(name.slice(GRADIENT_PREFIX.length), data)
      }
    }
  } finally {
    await reader.close()
  }
  if (labels === null) throw invalid(path, 'no tensor is called labels')
  const [beta1, beta2] = adamw.betas
  return {
    model,
    loss: LOSSES[kind],
    lossValue: loss,
    inputs,
    labels,
    gradients,
    adamw: {
      learningRate: adamw.lr,
      beta1,
      beta2,
      epsilon: adamw.eps,
      weightDecay: adamw.weight_decay,
      losses: adamw.losses,
    },
  }
}

function parseReference(text: string, file: string): v.InferOutput<typeof schema> {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (error) {
    throw invalid(file, `no JSON (${messageOf(error)})`)
  }
  const parsed = v.safeParse(schema, raw)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  throw invalid(file, `${v.getDotPath(issue) ?? 'document'}: ${issue.message}`)
}

function invalid(file: string, reason: string): RoundError<ReferenceFault> {
  return new RoundError({ code: 'REFERENCE_INVALID', file, reason }, `${file}: ${reason}`)
}

interface Described {
  readonly dtype: string
  readonly dims: readonly number[]
  readonly file: string
  readonly name: string
}

function toTensor(bytes: Uint8Array, { dtype, dims, file, name }: Described): HostTensor {
  // A copy of its own starts at a multiple of eight bytes, as typed arrays need.
  const { buffer } = bytes.slice()
  switch (dtype) {
    case 'F32':
      return { dataType: DataType.float, dims, data: new Float32Array(buffer) }
    case 'I64':
      return { dataType: DataType.int64, dims, data: new BigInt64Array(buffer) }
    case 'I32':
      return { dataType: DataType.int32, dims, data: new Int32Array(buffer) }
    case 'BOOL':
      return { dataType: DataType.bool, dims, data: new Uint8Array(buffer) }
    default:
      throw invalid(file, `tensor ${JSON.stringify(name)} is ${dtype}, expected F32, I64, I32 or BOOL`)
  }
}
