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

/** A profile has about 1 KB an event; more than this is no test run. */
const PROFILE_SIZE_BYTES_MAX = 1 << 30

const EVENTS = v.array(
  v.object({
    cat: v.optional(v.string()),
    name: v.optional(v.string()),
    args: v.optional(v.object({ provider: v.optional(v.string()), op_name: v.optional(v.string()) })),
  }),
)

export async function readPlacement(folder: string, prefix: string): Promise<Placement> {
  const file = (await listFiles(folder)).find((name) => name.startsWith(`${prefix}_`))
  assert(file !== undefined, 'ONNX Runtime writes a profile when profiling ends')
  const events = v.parse(EVENTS, JSON.parse(await readText(join(folder, file), PROFILE_SIZE_BYTES_MAX)))
  const placement = new Map<string, Map<string, number>>()
  const seen = new Set<string>()
  for (const { cat, name = '', args } of events) {
    const { provider, op_name: op } = args ?? {}
    // A node's event repeats with every run.
    if (cat !== 'Node' || !provider || !op || seen.has(name)) continue
    seen.add(name)
    const ops = placement.get(provider) ?? new Map<string, number>()
    ops.set(op, (ops.get(op) ?? 0) + 1)
    placement.set(provider, ops)
  }
  return placement
}
