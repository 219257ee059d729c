/**
 * The process that lives through all rounds of a soak: it is told a node folder, takes part with a node of its own, and
 * says what it holds when that node is gone. Started by scripts/soak.ts with `--expose-gc`.
 */
import '../../src/compat.ts'
import { readdirSync } from 'node:fs'
import { openNode } from '../../src/node/index.ts'

export interface ResidentTask {
  readonly folder: string
  readonly adapter: string
  /** The round is given up after this long. */
  readonly timeoutMs: number
  /** How long its node stays for the others after its own certificate. */
  readonly lingerMs: number
}

export interface ResidentState {
  readonly aggregate: string | null
  readonly heapBytes: number
  readonly externalBytes: number
  readonly rssBytes: number
  /** Open files and sockets; null where the system does not tell. */
  readonly files: number | null
  /** What keeps the event loop alive. */
  readonly resources: number
}

const silent = (): void => undefined
const log = { debug: silent, info: silent, warn: silent, error: silent }
const wait = (ms: number): Promise<null> => new Promise((resolve) => setTimeout(() => resolve(null), ms))

const openFiles = (): number | null =>
  process.platform === 'linux' ? readdirSync('/proc/self/fd').length : null

async function takePart({ folder, adapter, timeoutMs, lingerMs }: ResidentTask): Promise<string | null> {
  const node = await openNode({ folder, adapter }, log)
  try {
    await node.start()
    const outcome = await Promise.race([node.outcome, wait(timeoutMs)])
    const untilMs = Date.now() + lingerMs
    const isBehind = (): boolean => node.status().members.some(({ hasAttested }) => !hasAttested)
    while (isBehind() && Date.now() < untilMs) await wait(200)
    return outcome?.kind === 'certified' ? outcome.aggregate : null
  } finally {
    await node.stop()
  }
}

process.on('message', (task: ResidentTask) => {
  void takePart(task).then(
    async (aggregate) => {
      // Sockets and timers end a turn later; what was left by then is left.
      await wait(500)
      globalThis.gc?.()
      // What finalisers let go is collected by a second one.
      await wait(100)
      globalThis.gc?.()
      const { heapUsed, external, rss } = process.memoryUsage()
      const state: ResidentState = {
        aggregate,
        heapBytes: heapUsed,
        externalBytes: external,
        rssBytes: rss,
        files: openFiles(),
        resources: process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length,
      }
      return process.send?.(state)
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
      process.exit(1)
    },
  )
})
