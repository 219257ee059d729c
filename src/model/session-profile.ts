/**
 * Where nodes really ran, from the profile that ONNX Runtime writes: JSON events, of which those of category "Node"
 * carry an operator and the execution provider that ran it.
 */
import { join } from 'node:path'
import * as v from 'valibot'
import { assert } from '../core/errors.ts'
import { listFiles, readText } from '../files/index.ts'

/** Provider, such as `WebGpuExecutionProvider` → operator → how many different nodes of it ran there. */
export type Placement = ReadonlyMap<string, ReadonlyMap<string, number>>

/** One node of a graph, as it ran. */
export interface NodeRun {
  readonly name: string
  readonly op: string
  readonly provider: string
  /** Floats in and floats out: arithmetic, as against shapes, indices and masks. */
  readonly isFloatWork: boolean
}

/** A profile has about 1 KB an event; more than this is no test run. */
const PROFILE_SIZE_BYTES_MAX = 1 << 30
const FLOAT_TYPES = new Set(['float', 'float16', 'bfloat16', 'double'])

/** Of each input or output: its type, and its dims. */
const TYPES = v.optional(v.array(v.record(v.string(), v.unknown())), [])
const EVENTS = v.array(
  v.object({
    cat: v.optional(v.string()),
    name: v.optional(v.string()),
    args: v.optional(
      v.object({
        provider: v.optional(v.string()),
        op_name: v.optional(v.string()),
        input_type_shape: TYPES,
        output_type_shape: TYPES,
      }),
    ),
  }),
)

/** Each node that ran, once. */
export async function readNodeRuns(folder: string, prefix: string): Promise<readonly NodeRun[]> {
  const file = (await listFiles(folder)).find((name) => name.startsWith(`${prefix}_`))
  assert(file !== undefined, 'ONNX Runtime writes a profile when profiling ends')
  const events = v.parse(EVENTS, JSON.parse(await readText(join(folder, file), PROFILE_SIZE_BYTES_MAX)))
  const runs = new Map<string, NodeRun>()
  for (const { cat, name: event = '', args } of events) {
    const {
      provider,
      op_name: op,
      input_type_shape: inputs = [],
      output_type_shape: outputs = [],
    } = args ?? {}
    // A node's event repeats with every run.
    if (cat !== 'Node' || !provider || !op || runs.has(event)) continue
    const isFloatWork = [inputs, outputs].every(hasFloats)
    runs.set(event, { name: event.replace(/_kernel_time$/, ''), op, provider, isFloatWork })
  }
  return [...runs.values()]
}

const hasFloats = (values: readonly Readonly<Record<string, unknown>>[]): boolean =>
  values.some((value) => Object.keys(value).some((type) => FLOAT_TYPES.has(type)))

export function placementOf(runs: readonly NodeRun[]): Placement {
  const placement = new Map<string, Map<string, number>>()
  for (const { provider, op } of runs) {
    const ops = placement.get(provider) ?? new Map<string, number>()
    ops.set(op, (ops.get(op) ?? 0) + 1)
    placement.set(provider, ops)
  }
  return placement
}
