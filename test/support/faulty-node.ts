/**
 * A member's node as `oneround run` starts it, on a faulty disk and with a clock that jumps. Argument: `FaultyNodeOptions`
 * as JSON. Writes each event as a line of JSON to stdout; at the end `{"end": outcome, "writes": n}`, or
 * `{"error": code, "writes": n}` and status 5.
 */
import '../../src/compat.ts'
import type * as NodeDoor from '../../src/node/index.ts'
import type * as SystemModules from '../../src/node/system-modules.ts'
import { type DiskFault, installFaultyDisk } from './faulty-files.ts'

/** When an object of this type is signed, the clock is off by so much from then on. */
export interface ClockJump {
  readonly at: string
  readonly shiftMs: number
}

export interface FaultyNodeOptions {
  readonly folder: string
  readonly adapter: string
  readonly fault: DiskFault
  readonly jumps?: readonly ClockJump[]
}

const options = JSON.parse(process.argv[2] ?? '{}') as FaultyNodeOptions
const disk = installFaultyDisk(options.folder, options.fault)
// Only now: the program must meet the faulty disk.
const { openNode } = await load<typeof NodeDoor>('node/index')
const { systemModules } = await load<typeof SystemModules>('node/system-modules')

/** A module of the program: compiled where the suite tests what is compiled (src/core/entry.ts). */
function load<T>(name: string): Promise<T> {
  const isCompiled = process.env['ONEROUND_COMPILED'] === '1'
  return import(isCompiled ? `../../dist/${name}.js` : `../../src/${name}.ts`) as Promise<T>
}

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)
const nothing = (): void => undefined
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
let shiftMs = 0

async function main(): Promise<void> {
  const stopped = new Promise((resolve) => process.once('SIGTERM', resolve))
  const modules = { ...systemModules(log), clock: { now: () => Date.now() + shiftMs } }
  const node = await openNode(
    {
      folder: options.folder,
      adapter: options.adapter,
      onEvent: (event) => {
        const jump =
          event.type === 'signed' ? options.jumps?.find(({ at }) => at === event.object) : undefined
        if (jump !== undefined) shiftMs = jump.shiftMs
        say(event)
      },
    },
    log,
    modules,
  )
  try {
    await node.start()
    const outcome = await node.outcome
    await node.quiet()
    say({ end: outcome, mode: node.status().mode, writes: disk.writeCount() })
    // Serves the others until the test has seen enough.
    await stopped
  } finally {
    await node.stop()
  }
}

try {
  await main()
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  say({ error: code, writes: disk.writeCount() })
  process.exitCode = 5
}
