// Protects: what goes wrong while a real node runs is called by its name, and nothing that was signed or received is lost.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { toHex } from '../../src/core/bytes.ts'
import { roundIdOf } from '../../src/charter/index.ts'
import { createSigner } from '../../src/core/signature.ts'
import { type RunningCommand, startCommand } from '../../src/demo/process.ts'
import { openExchange } from '../../src/exchange/index.ts'
import { journalPath } from '../../src/node/round-folder.ts'
import { type Consortium, makeConsortium, writeTestAdapter } from '../support/consortium.ts'
import { silentLog } from '../support/exchange-world.ts'

const running: RunningCommand[] = []
const cleanUps: (() => void)[] = []
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL')
  await Promise.all(running.splice(0).map(({ ended }) => ended))
  for (const clean of cleanUps.splice(0).reverse()) clean()
})

type Event = Readonly<Record<string, unknown>>

interface Site {
  readonly command: RunningCommand
  /** The first event of this type; fails when the process ends before. */
  readonly first: (type: string) => Promise<Event>
  readonly events: readonly Event[]
}

/** `oneround run` of a member with its adapter. */
function runSite(consortium: Consortium, name: string, more: readonly string[] = []): Site {
  const events: Event[] = []
  const waiting = new Map<string, (event: Event) => void>()
  const command = startCommand(
    ['run', consortium.folderOf(name), '--adapter', consortium.adapterOf(name), ...more],
    (line) => {
      if (!line.startsWith('{"')) return
      const event = JSON.parse(line) as Event
      events.push(event)
      waiting.get(String(event['type']))?.(event)
    },
  )
  running.push(command)
  const first = (type: string): Promise<Event> => {
    const found = events.find((event) => event['type'] === type)
    if (found) return Promise.resolve(found)
    const came = new Promise<Event>((resolve) => waiting.set(type, resolve))
    const ended = command.ended.then(({ status, stderrTail }): Event => {
      throw new Error(`${name} ended with ${status} before ${type}: ${stderrTail.join(' / ')}`)
    })
    return Promise.race([came, ended])
  }
  return { command, first, events }
}

describe('an outsider that dials', () => {
  it('is refused by its key, gets no object and delays nobody', async () => {
    const consortium = await makeConsortium({ n: 3 })
    cleanUps.push(() => rmSync(consortium.root, { recursive: true, force: true }))
    const { signed } = consortium
    const site = runSite(consortium, 'site-a')
    await site.first('listening')
    // It knows all that members know of each other but a member’s key.
    const seed = crypto.getRandomValues(new Uint8Array(32))
    const { publicKey } = createSigner(seed)
    const heard: unknown[] = []
    const outsider = openExchange(
      {
        seed,
        members: [...signed.charter.members.slice(0, 2).map((member) => member.publicKey), publicKey],
        me: 2,
        listen: ['/ip4/127.0.0.1/tcp/0'],
        peers: new Map([[0, signed.addresses.get('site-a') ?? []]]),
        roundId: roundIdOf(signed.digest, 1),
      },
      {
        onObject: (object) => (heard.push(object), 'accept'),
        listObjects: () => [],
        getObject: () => null,
        updateSource: () => null,
      },
      {
        log: silentLog,
        rng: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
        clock: Date,
      },
    )
    await outsider.start()
    const refused = await site.first('outsider-refused')
    expect(refused['publicKey']).toBe(toHex(publicKey))
    const sites = [site, runSite(consortium, 'site-b'), runSite(consortium, 'site-c')]
    await Promise.all(sites.map(({ first }) => first('certificate')))
    site.command.child.kill('SIGTERM')
    expect((await site.command.ended).document).toMatchObject({ outcome: 'certified' })
    await outsider.stop()
    // Its dial may look like a connection to it for a moment; no object ever comes over it.
    expect(heard).toEqual([])
  })
})

/** A small disk can be had where file systems may be mounted: as root. With CI=true a skipped test is a failure. */
function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'oneround-mount-'))
  try {
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status !== 0) return false
    return spawnSync('umount', [folder]).status === 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** One module of a quarter of a mebibyte an update: own and one other fit on the small disk, three do not. */
const MODULES = [{ name: 'model.layers.0.q_proj', in: 1024, out: 1024 }]
const RANK = 32
const UPDATE_BYTES = 4 * RANK * 2048
const SMALL_DISK_BYTES = Math.floor(2.8 * UPDATE_BYTES)

/** Puts the node's folder on a disk of its own. @returns how to give it another size */
function onOwnDisk(folder: string, sizeBytes: number): (sizeBytes: number) => void {
  const aside = `${folder}.aside`
  renameSync(folder, aside)
  cpSync(aside, folder, { recursive: true })
  rmSync(folder, { recursive: true })
  spawnSync('mkdir', ['-m', '700', folder])
  const mount = (option: string): void => {
    const end = spawnSync('mount', ['-t', 'tmpfs', '-o', option, 'tmpfs', folder], { encoding: 'utf8' })
    expect(end.status, end.stderr).toBe(0)
  }
  mount(`size=${sizeBytes},mode=700`)
  cleanUps.push(() => void spawnSync('umount', ['-l', folder]))
  cpSync(aside, folder, { recursive: true })
  return (size) => mount(`remount,size=${size}`)
}

describe('a disk that fills up while it receives', () => {
  it.skipIf(!canMount())(
    'ends the run by name; with space again the round goes on where it was',
    async () => {
      const consortium = await makeConsortium({ n: 3, changes: { modules: MODULES, rankMax: RANK } })
      cleanUps.push(() => rmSync(consortium.root, { recursive: true, force: true }))
      const { layout } = consortium.signed.charter
      for (const [i, name] of consortium.names.entries())
        await writeTestAdapter(consortium.adapterOf(name), layout, i, RANK)
      const folder = consortium.folderOf('site-c')
      const resize = onOwnDisk(folder, SMALL_DISK_BYTES)
      const others = ['site-a', 'site-b'].map((name) => runSite(consortium, name))
      const stopped = await runSite(consortium, 'site-c').command.ended
      expect(stopped.status, stopped.stderrTail.join('\n')).toBe(5)
      expect(stopped.document).toMatchObject({
        error: {
          code: 'NO_SPACE',
          file: expect.stringContaining(folder),
          message: expect.stringContaining(folder),
        },
      })
      const journal = readFileSync(journalPath(folder))
      resize(64 * UPDATE_BYTES)
      const sites = [...others, runSite(consortium, 'site-c')]
      const certified = await Promise.all(sites.map(({ first }) => first('certificate')))
      expect(certified[0]?.['aggregate']).toMatch(/^[0-9a-f]{64}$/)
      expect(new Set(certified.map(({ aggregate }) => aggregate)).size).toBe(1)
      // What was signed before stands at the head of the journal, byte for byte.
      expect(readFileSync(journalPath(folder)).subarray(0, journal.length).equals(journal)).toBe(true)
    },
  )
})
