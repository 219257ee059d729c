/** One `oneround run` in a namespace: its events as they come, and its document at the end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import * as v from 'valibot'
import { entryArgs } from '../../src/core/entry.ts'
import type { NamespaceNetwork } from './network.ts'

const CLI = new URL('../../src/cli/main.ts', import.meta.url)
/** Last lines of a node that are shown when it fails. */
const TAIL_LINE_COUNT = 5

const eventSchema = v.looseObject({
  type: v.string(),
  atMs: v.number(),
  object: v.optional(v.string()),
  aggregate: v.optional(v.string()),
  member: v.optional(v.string()),
})
export type SeenEvent = v.InferOutput<typeof eventSchema>
const endSchema = v.object({
  status: v.object({ aggregate: v.nullable(v.string()) }),
  usage: v.object({ sentBytes: v.number(), uploadedBytes: v.record(v.string(), v.number()) }),
})
export type NodeEnd = v.InferOutput<typeof endSchema>

export interface Watch {
  readonly children: ChildProcess[]
  readonly onEvent: (event: SeenEvent) => void
  /** Whether it was told to stop after all went well: then how it ends is not worth a word. By default never. */
  readonly wasStopped?: () => boolean
}

/** @returns its document at the end; null when it ended without one */
export function startNode(
  network: NamespaceNetwork,
  member: number,
  args: readonly string[],
  { children, onEvent, wasStopped = () => false }: Watch,
): Promise<NodeEnd | null> {
  const [program = '', ...prefix] = network.prefixOf(member)
  const words = [...prefix, process.execPath, ...entryArgs(CLI), ...args, '--json']
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  const stdout: Buffer[] = []
  child.stdout.on('data', (data: Buffer) => stdout.push(data))
  const tail: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    tail.push(line)
    if (tail.length > TAIL_LINE_COUNT) tail.shift()
    const event = line.startsWith('{') ? v.safeParse(eventSchema, JSON.parse(line)) : null
    if (event?.success === true) onEvent(event.output)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => {
      if (status !== 0 && !wasStopped())
        process.stderr.write(`member ${member} ended with ${status}: ${tail.join(' / ')}\n`)
      const text = Buffer.concat(stdout).toString('utf8')
      const end = text.trim() === '' ? null : v.safeParse(endSchema, JSON.parse(text))
      resolve(end?.success === true ? end.output : null)
    })
  })
}
