/** `oneround doctor`: what this machine can train on, or which members it reaches, and what is missing for the rest. */
import { type ProbedMember, probeMembers } from '../../node/index.ts'
import { examine, type Findings } from '../../train/index.ts'
import {
  type CommandContext,
  type CommandResult,
  count,
  defineCommand,
  text,
  usageError,
  withDefault,
} from '../command.ts'
import { EXIT_STATUS } from '../exit-status.ts'
import { jsonOf } from '../output.ts'
import { PROXY_OPTION, proxyOf } from '../proxy-option.ts'
import { describeUnreachable } from './status.ts'

const PROBE_SECONDS = 20

export const doctorCommand = defineCommand({
  name: 'doctor',
  description:
    'Tries every device that training can run on, each in a process of its own, and names what is missing: a library, a\n' +
    'driver, and the command that installs it. Also Node, processors, memory, and the disk of this folder. Changes nothing.\n' +
    'With --node, dials every other member instead, as `run` would, and says how each is reached or why not (docs/NETWORK.md);\n' +
    'while the node runs, `oneround status` says it.',
  options: {
    node: text('--node <folder>', 'a node folder with its charter: which members can be reached from here'),
    charter: text('--charter <file>', 'with --node; by default charter.json in the node folder'),
    proxy: PROXY_OPTION,
    seconds: withDefault(
      count('--seconds <number>', 'with --node: how long to wait for answers', { min: 1, max: 600 }),
      PROBE_SECONDS,
    ),
  },
  examples: ['oneround doctor'],
  run: async ({ options }, context) => {
    if (options.node !== undefined) return probe(options.node, options, context)
    if (options.charter !== undefined || options.proxy !== undefined)
      throw usageError('--charter and --proxy go with --node')
    const findings = await examine(process.cwd())
    return {
      document: jsonOf(findings),
      text: describe(findings),
      exitStatus: EXIT_STATUS[findings.node.isSupported ? 'ok' : 'environment'],
    }
  },
})

async function probe(
  folder: string,
  options: {
    readonly charter: string | undefined
    readonly proxy: string | undefined
    readonly seconds: number
  },
  { log, signal }: CommandContext,
): Promise<CommandResult> {
  const proxy = proxyOf(options.proxy)
  const members = await probeMembers(
    {
      folder,
      ...(options.charter === undefined ? {} : { charter: options.charter }),
      ...(proxy === undefined ? {} : { proxy }),
      timeoutMs: options.seconds * 1_000,
      signal,
    },
    log,
  )
  const isWhole = members.every(({ unreachable }) => unreachable === null)
  return {
    document: jsonOf({ schema: 'oneround/reach@1', members }),
    text: members.map(describeMember).join('\n'),
    exitStatus: EXIT_STATUS[isWhole ? 'ok' : 'failed'],
  }
}

function describeMember({ name, relayedBy, unreachable }: ProbedMember): string {
  if (unreachable !== null) return `${name}: ${describeUnreachable(unreachable)}`
  return `${name}: ${relayedBy === null ? 'connected directly' : `connected through ${relayedBy}`}`
}

const gigabytes = (mb: number): string => `${(mb / 1000).toFixed(1)} GB`

function describe({ node, platform, processors, memoryMb, diskMb, devices }: Findings): string {
  const old = node.isSupported ? '' : ': too old, 20.19 or newer is needed'
  const lines = devices.flatMap(({ device, isAvailable, reason, missing, remedy }) => {
    if (isAvailable) return [`${device}: available`]
    const files = missing.length === 0 ? [] : [`  missing: ${missing.join(', ')}`]
    return [`${device}: ${reason ?? ''}`, ...files, ...(remedy === null ? [] : [`  ${remedy}`])]
  })
  return [
    `Node ${node.version}${old} on ${platform}, ${processors} processors`,
    `${gigabytes(memoryMb)} of memory available, ${gigabytes(diskMb)} free on this disk`,
    ...lines,
  ].join('\n')
}
