// Protects: docs/PROTOCOL.md §10.10: a member without any network takes part in a round by files, behind the same gate and checks, and ends with the same digest.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { entryArgs } from '../../src/core/entry.ts'
import { openAtomicWriter } from '../../src/files/index.ts'
import { openCarriedFile, writeCarried } from '../../src/node/carried-file.ts'
import { type CliEnd, errorOf, oneround } from '../support/cli.ts'
import { type Consortium, makeConsortium } from '../support/consortium.ts'

const TIMEOUT_MS = 480_000
let consortium: Consortium
const file = (name: string): string => join(consortium.root, name)

beforeAll(async () => {
  // Two of three members have a network; the third stays in its cellar. Deadlines are far: nobody is given up on.
  consortium = await makeConsortium({ n: 3, changes: { rules: [{ id: 'mean', version: 1 }], f: 0, b: 0 } })
})
afterAll(() => rmSync(consortium.root, { recursive: true, force: true }))

const own = (name: string) => ['--node', consortium.folderOf(name), '--adapter', consortium.adapterOf(name)]
const exported = (name: string, to: string, ...rest: readonly string[]) =>
  oneround(['objects', 'export', file(to), ...own(name), ...rest, '--json'])
const imported = (name: string, from: string) =>
  oneround(['objects', 'import', file(from), ...own(name), '--json'])

function expectDocument(end: CliEnd, expected: object): void {
  expect(end.document, end.stderr).toMatchObject(expected)
}

/** Two members over the network, until both say `sign` in an event, or until they end by themselves. */
async function runTogether(until: string | null): Promise<void> {
  await Promise.all(
    ['site-a', 'site-b'].map(async (name) => {
      const main = new URL('../../src/cli/main.ts', import.meta.url)
      const run = ['run', consortium.folderOf(name), '--adapter', consortium.adapterOf(name), '--json']
      const rest = until === null ? ['--until-certificate', '--linger', '20'] : []
      const child = spawn(process.execPath, [...entryArgs(main), ...run, ...rest], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const ended = once(child, 'exit')
      if (until !== null) await stopAt(child, until)
      await ended
    }),
  )
}

/** Interrupts a node once it has done both: what `until` says, and fetched the other one's update. */
async function stopAt(child: ChildProcess, until: string): Promise<void> {
  let text = ''
  for await (const data of child.stderr ?? []) {
    text += String(data)
    if (text.includes(until)) child.kill('SIGINT')
  }
}

describe('a round with a member that no network reaches', { timeout: TIMEOUT_MS }, () => {
  test('refuses an object that no correct member sends, and says so with its exit status', async () => {
    // The cellar publishes: its header goes out, its update does not.
    expectDocument(await exported('site-c', 'c1'), { objects: 1, updates: [], phase: 'commit' })
    const carried = await openCarriedFile(file('c1'))
    const forged = await carried.readObject(0)
    // The signature is the last field of an envelope.
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    const writer = await openAtomicWriter(file('forged'))
    await writeCarried(writer, { head: carried.head, objects: [forged], updates: [] })
    await writer.commit()
    await carried.close()
    const end = await imported('site-a', 'forged')
    expectDocument(end, { objects: { taken: 0, known: 0, ignored: 0, refused: 1 } })
    expect(end.status).toBe(1)
  })

  test('decides with equal digests, and no update leaves before a quorum has sealed it', async () => {
    expectDocument(await imported('site-a', 'c1'), { from: 'site-c', objects: { taken: 1, refused: 0 } })
    // The others meet. They hold all three headers, seal, and fetch from each other what is sealed.
    await runTogether('"signed","object":"receipt"')
    const first = await exported('site-a', 'a1', '--to', 'site-c')
    expectDocument(first, { phase: 'certify' })
    const { document: known } = await imported('site-a', 'a1')
    expect(known).toMatchObject({ objects: { taken: 0, ignored: 0, refused: 0 } })

    // In the cellar: a quorum has sealed my header, so my update may go out now; theirs have come.
    const copy = readFileSync(file('a1'))
    copy[copy.length - 200] = (copy[copy.length - 200] ?? 0) ^ 1
    writeFileSync(file('scratched'), copy)
    const scratched = await imported('site-c', 'scratched')
    expectDocument(scratched, { damaged: 1, objects: { refused: 0 } })
    expect(scratched.status).toBe(1)
    const cellar = await imported('site-c', 'a1')
    expectDocument(cellar, { from: 'site-a', damaged: 0, objects: { refused: 0 }, phase: 'certify' })
    const second = await exported('site-c', 'c2', '--to', 'site-a')
    expectDocument(second, { updates: ['site-c'] })

    expectDocument(await imported('site-a', 'c2'), { damaged: 0, objects: { refused: 0 } })
    await runTogether(null)
    const digest = (await oneround(['verify', consortium.folderOf('site-b'), '--json'])).document?.['claims']
    expect(digest).toMatchObject({ received: consortium.names })

    // Back to the cellar: it decides, computes and attests the same by itself.
    expectDocument(await exported('site-b', 'b1', '--to', 'site-c'), { phase: 'certified' })
    const last = await imported('site-c', 'b1')
    expectDocument(last, { phase: 'certified', outcome: { kind: 'certified' } })
    const aggregates = await Promise.all(
      consortium.names.map(async (name) => {
        const { document } = await oneround(['verify', consortium.folderOf(name), '--recompute', '--json'])
        expect(document).toMatchObject({ holds: true })
        return (document?.['claims'] as { aggregate: string } | undefined)?.aggregate
      }),
    )
    expect(aggregates[0]).toMatch(/^[0-9a-f]{64}$/)
    expect(new Set(aggregates).size).toBe(1)
    expect(last.document?.['outcome']).toMatchObject({ aggregate: aggregates[0] })
  })

  test('takes nothing from a file that was cut off, lengthened or is of something else', async () => {
    copyFileSync(file('b1'), file('cut'))
    truncateSync(file('cut'), readFileSync(file('cut')).length - 7)
    copyFileSync(file('b1'), file('long'))
    appendFileSync(file('long'), 'x')
    writeFileSync(file('other'), '{"not": "ours"}')
    for (const name of ['cut', 'long', 'other']) {
      expect(errorOf(await imported('site-a', name))).toMatchObject({ code: 'CARRIED_FILE_INVALID' })
    }
  })
})
