/**
 * Network namespaces of one machine, a member each, joined by links whose loss, delay and partitions are ours to set.
 *
 * In: how many. Out: how to start a process in one of them, how to change the links, what passed.
 * Linux and root only. Packets go through `emulator.py` over TUN devices, so that nothing is asked of the kernel but TUN and
 * namespaces (`tc netem` is missing from many), and real TCP meets real loss. Nothing leaves the machine: the namespaces
 * have no other device.
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'

const EMULATOR = fileURLToPath(new URL('emulator.py', import.meta.url))
const PYTHON = '/usr/bin/python3'

export interface Host {
  readonly address: string
  /** Hosts of one segment share a LAN with multicast. `internet` is public, and has none. */
  readonly segment: string
}

export interface Router {
  readonly segment: string
  readonly external: string
  /** `same`: one public port for a port inside, whoever it talks to. `each`: another for every destination (symmetric). */
  readonly mapping: 'same' | 'each'
}

export interface Topology {
  readonly hosts: readonly Host[]
  /** Segments without one reach only themselves and the internet's hosts. */
  readonly routers: readonly Router[]
}

/** All in one LAN: 10.77.0.1, 10.77.0.2, … */
export const oneLan = (count: number): Topology => ({
  hosts: Array.from({ length: count }, (_, i) => ({ address: `10.77.0.${i + 1}`, segment: 'lan' })),
  routers: [],
})

/** A port that a router opens for a host inside; port 0 closes it. */
export interface OpenedPort {
  readonly segment: string
  readonly external: number
  readonly address: string
  readonly port: number
}

export interface Links {
  /** Share of packets that are lost, each way. */
  readonly loss: number
  /** One way. */
  readonly delayMs: number
  /** Packets pass within a group only. */
  readonly groups: readonly (readonly number[])[]
}

const passedSchema = v.object({
  packets: v.number(),
  bytes: v.number(),
  lost: v.number(),
  cut: v.number(),
  dropped: v.number(),
})
export type Passed = v.InferOutput<typeof passedSchema>

export interface NamespaceNetwork {
  readonly addressOf: (member: number) => string
  /** Words that start a command in the member's namespace. */
  readonly prefixOf: (member: number) => readonly string[]
  readonly set: (links: Links) => void
  readonly openPort: (opened: OpenedPort) => void
  /** Segments that TCP sent again, over all members so far. */
  readonly retransmissions: () => number
  /** Ends the links and removes the namespaces. */
  readonly close: () => Promise<Passed>
}

/** Why namespaces cannot be made here; null when they can. */
export function whyNoNamespaces(): string | null {
  if (process.platform !== 'linux') return 'namespaces are Linux'
  if (process.getuid?.() !== 0) return 'only root may make network namespaces'
  if (spawnSync('ip', ['-V']).status !== 0) return 'the command `ip` of iproute2 is missing'
  if (!existsSync('/dev/net/tun')) return 'the kernel has no TUN devices'
  if (!existsSync(PYTHON)) return `${PYTHON} is missing: it passes the packets`
  const name = `oneround-try-${process.pid}`
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' })
  if (made.status !== 0) return `ip netns add: ${made.stderr.trim()}`
  spawnSync('ip', ['netns', 'del', name])
  return null
}

function ip(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('ip', words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr.trim()}`)
  return stdout
}

export async function openNamespaces(topology: Topology, seed: string): Promise<NamespaceNetwork> {
  const device = (i: number): string => `or${process.pid % 100_000}x${i}`
  const namespaceOf = (i: number): string => `oneround-${process.pid}-${i}`
  const members = topology.hosts.map((_, i) => i)
  const addressOf = (i: number): string => topology.hosts[i]?.address ?? ''
  // No compiled copies beside the sources.
  const words = ['-B', EMULATOR, device(0).slice(0, -1), seed, JSON.stringify(topology)]
  const emulator = spawn(PYTHON, words)
  const lines = linesOf(emulator)
  const removeAll = (): void => {
    for (const i of members) spawnSync('ip', ['netns', 'del', namespaceOf(i)])
  }
  try {
    if ((await lines.next()).value !== 'ready') throw new Error('the emulator does not start')
    for (const i of members) {
      ip('netns', 'add', namespaceOf(i))
      ip('link', 'set', device(i), 'netns', namespaceOf(i))
      ip('-n', namespaceOf(i), 'addr', 'add', `${addressOf(i)}/32`, 'dev', device(i))
      ip('-n', namespaceOf(i), 'link', 'set', device(i), 'up', 'mtu', '1500', 'txqueuelen', '2000')
      ip('-n', namespaceOf(i), 'link', 'set', 'lo', 'up')
      ip('-n', namespaceOf(i), 'route', 'add', 'default', 'dev', device(i))
    }
  } catch (error) {
    emulator.kill('SIGKILL')
    removeAll()
    throw error
  }
  return {
    addressOf,
    prefixOf: (i) => ['ip', 'netns', 'exec', namespaceOf(i)],
    set: (links) => void emulator.stdin.write(`${JSON.stringify(links)}\n`),
    openPort: (opened) => void emulator.stdin.write(`${JSON.stringify(opened)}\n`),
    retransmissions: () => members.reduce((sum, i) => sum + retransmissionsIn(namespaceOf(i)), 0),
    close: async () => {
      emulator.stdin.end()
      const { value } = await lines.next()
      removeAll()
      return v.parse(passedSchema, JSON.parse(String(value)))
    },
  }
}

async function* linesOf({ stdout, stderr }: ChildProcessWithoutNullStreams): AsyncGenerator<string> {
  stderr.pipe(process.stderr)
  yield* createInterface({ input: stdout })
}

/** Source: RFC 2012, tcpRetransSegs, as /proc/net/snmp names it: a line of names, then one of values. */
function retransmissionsIn(namespace: string): number {
  const text = ip('netns', 'exec', namespace, 'cat', '/proc/net/snmp')
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '))
  return Number(values[names.indexOf('RetransSegs')] ?? 0)
}

/** The load average of a minute, for the raw lines. */
export const loadAverage = (): number => Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0])
