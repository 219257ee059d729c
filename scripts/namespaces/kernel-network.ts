/**
 * Sites behind routers that are Linux itself: a namespace each for hosts and routers, joined by veth and bridges, with the kernel's own
 * masquerading (nftables). What `emulator.py` says of routers is then said by somebody else's, too.
 *
 * In: a topology. Out: the same network as `network.ts` gives, without loss, delay or ports that are opened from outside.
 * Linux, root and the command `nft`. `same` is masquerading as Linux does it: the port inside is kept where it is free, for every
 * destination; `each` is `fully-random`. What nobody inside asked for is dropped, as by most firewalls.
 */
import { spawnSync } from 'node:child_process'
import * as v from 'valibot'
import type { NamespaceNetwork, Passed, Router, Topology } from './network.ts'

const INTERNET = 'internet'

/** Why the kernel's routers cannot be had here; null when they can. */
export function whyNoKernelRouters(): string | null {
  if (spawnSync('nft', ['--version']).status !== 0) return 'the command `nft` of nftables is missing'
  const name = `oneround-try-${process.pid}`
  try {
    run('ip', 'netns', 'add', name)
    run('ip', 'netns', 'exec', name, 'nft', 'add', 'table', 'ip', 'nat')
    run('ip', '-n', name, 'link', 'add', 'try', 'type', 'bridge')
    run('ip', '-n', name, 'link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far')
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    spawnSync('ip', ['netns', 'del', name])
  }
}

function run(program: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${stderr.trim()}`)
  return stdout
}

export async function openKernelNetwork(topology: Topology): Promise<NamespaceNetwork> {
  const prefix = `oneround-k${process.pid}`
  const spaces: string[] = []
  const space = (name: string): string => {
    const full = `${prefix}-${name}`
    run('ip', 'netns', 'add', full)
    spaces.push(full)
    run('ip', '-n', full, 'link', 'set', 'lo', 'up')
    return full
  }
  const removeAll = (): void => spaces.forEach((each) => void spawnSync('ip', ['netns', 'del', each]))
  const hostOf = (i: number): string => `${prefix}-host${i}`
  const routers = new Map<string, string>()
  try {
    const internet = space(INTERNET)
    addBridge(internet)
    for (const router of topology.routers) {
      const name = space(`router-${router.segment}`)
      routers.set(router.segment, name)
      join(internet, `to-${router.segment}`, name, 'wan', `${router.external}/8`)
      addBridge(name)
      run('ip', '-n', name, 'addr', 'add', `${gatewayOf(topology, router.segment)}/24`, 'dev', 'bridge')
      masquerade(name, router.mapping)
    }
    for (const [i, { address, segment }] of topology.hosts.entries()) {
      const name = space(`host${i}`)
      const isPublic = segment === INTERNET
      const hub = isPublic ? internet : routers.get(segment)
      if (hub === undefined) throw new Error(`segment ${segment} has no router`)
      join(hub, `host${i}`, name, 'lan', `${address}/${isPublic ? 8 : 24}`)
      if (!isPublic) run('ip', '-n', name, 'route', 'add', 'default', 'via', gatewayOf(topology, segment))
    }
  } catch (error) {
    removeAll()
    throw error
  }
  return {
    addressOf: (i) => topology.hosts[i]?.address ?? '',
    prefixOf: (i) => ['ip', 'netns', 'exec', hostOf(i)],
    set: ({ loss, delayMs, groups }) => {
      if (loss > 0 || delayMs > 0 || groups.length > 1) throw new Error("the kernel's links are good ones")
    },
    openPort: () => {
      throw new Error("the kernel's routers open no ports from outside")
    },
    retransmissions: () => 0,
    close: async () => {
      const passed = countersOf(`${prefix}-${INTERNET}`, [...routers.values()])
      removeAll()
      return passed
    },
  }
}

/** The last address of the segment's /24. */
function gatewayOf({ hosts }: Topology, segment: string): string {
  const address = hosts.find((host) => host.segment === segment)?.address ?? '0.0.0.0'
  return address.replace(/\d+$/, '254')
}

function addBridge(space: string): void {
  run('ip', '-n', space, 'link', 'add', 'bridge', 'type', 'bridge')
  run('ip', '-n', space, 'link', 'set', 'bridge', 'up')
}

/** A cable from a bridge to a device with an address. */
function join(hub: string, port: string, space: string, device: string, address: string): void {
  run('ip', '-n', hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', device, 'netns', space)
  run('ip', '-n', hub, 'link', 'set', port, 'master', 'bridge', 'up')
  run('ip', '-n', space, 'addr', 'add', address, 'dev', device)
  run('ip', '-n', space, 'link', 'set', device, 'up')
}

function masquerade(space: string, mapping: Router['mapping']): void {
  const how = mapping === 'same' ? 'masquerade' : 'masquerade fully-random'
  const nft = (text: string): string => run('ip', 'netns', 'exec', space, 'nft', text)
  run('ip', 'netns', 'exec', space, 'sysctl', '-qw', 'net.ipv4.ip_forward=1')
  nft('add table ip router')
  nft('add counter ip router dropped')
  nft('add chain ip router out { type nat hook postrouting priority srcnat ; }')
  nft(`add rule ip router out oifname "wan" ${how}`)
  for (const hook of ['input', 'forward']) {
    nft(`add chain ip router ${hook} { type filter hook ${hook} priority filter ; }`)
    nft(`add rule ip router ${hook} ct state established,related accept`)
    nft(`add rule ip router ${hook} iifname "wan" counter name "dropped" drop`)
  }
}

const linkSchema = v.array(
  v.object({ stats64: v.object({ rx: v.object({ packets: v.number(), bytes: v.number() }) }) }),
)

/** What came into the internet's bridge from anybody, and what routers dropped. */
function countersOf(internet: string, routers: readonly string[]): Passed {
  const links = v.parse(
    linkSchema,
    JSON.parse(run('ip', '-n', internet, '-s', '-j', 'link', 'show', 'master', 'bridge')),
  )
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const dropped = routers.map((router) => {
    const text = run('ip', 'netns', 'exec', router, 'nft', 'list', 'counter', 'ip', 'router', 'dropped')
    return Number(/packets (\d+)/.exec(text)?.[1] ?? 0)
  })
  return {
    packets: sum(links.map(({ stats64 }) => stats64.rx.packets)),
    bytes: sum(links.map(({ stats64 }) => stats64.rx.bytes)),
    lost: 0,
    cut: 0,
    dropped: sum(dropped),
  }
}
