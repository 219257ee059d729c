// Protects: a site that comes late is added by a late cut, marked as late, the same at everyone; the first result stays as it was.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, test } from 'vitest'
import { entryArgs } from '../../src/core/entry.ts'
import { type CliEnd, oneround } from '../support/cli.ts'
import { type Consortium, makeConsortium } from '../support/consortium.ts'

const children: ChildProcess[] = []
let consortium: Consortium | null = null
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  if (consortium !== null) rmSync(consortium.root, { recursive: true, force: true })
})

/** Starts a member that stays until late cut 1 is over. */
function start({ folderOf, adapterOf }: Consortium, name: string) {
  const main = new URL('../../src/cli/main.ts', import.meta.url)
  const args = [
    'run',
    folderOf(name),
    '--adapter',
    adapterOf(name),
    '--until-cut',
    '1',
    '--linger',
    '20',
    '--json',
  ]
  const child = spawn(process.execPath, [...entryArgs(main), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  const out: string[] = []
  child.stdout.on('data', (data: Buffer) => out.push(data.toString('utf8')))
  const end = new Promise<{ readonly status: number | null; readonly stdout: string }>((resolve) => {
    child.once('close', (status) => resolve({ status, stdout: out.join('') }))
  })
  const firstCertificate = new Promise<void>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.includes('"type":"certificate"') && line.includes('"cut":0')) resolve()
    })
  })
  return { end, firstCertificate }
}

const claimsOf = (end: CliEnd) => end.document?.['claims'] as { readonly aggregate: string } | undefined

describe('a site that arrives late', { timeout: 240_000 }, () => {
  test('is added by a late cut', async () => {
    const now = Date.now()
    const seconds = (count: number): number => now + 1000 * count
    const made = await makeConsortium({
      n: 4,
      changes: {
        rules: [{ id: 'trimmed-mean', version: 1 }],
        latecomers: true,
        rounds: [
          {
            commitAtMs: seconds(1),
            cutAtMs: seconds(2),
            lateCutsAtMs: [seconds(3)],
            finalAtMs: seconds(1200),
          },
        ],
      },
    })
    consortium = made
    const inTime = made.names.slice(0, 3).map((name) => start(made, name))
    await Promise.all(inTime.map(({ firstCertificate }) => firstCertificate))
    const early = await oneround(['verify', made.folderOf('site-a'), '--json'])
    expect(early.document, early.stderr).toMatchObject({ holds: true, claims: { cut: 0, late: [] } })

    // Three have their result. The fourth comes home.
    const late = start(made, 'site-d')
    const ends = await Promise.all([...inTime, late].map(({ end }) => end))
    expect(ends.map(({ status }) => status)).toEqual([0, 0, 0, 0])
    const verified = await Promise.all(
      made.names.map((name) => oneround(['verify', made.folderOf(name), '--recompute', '--json'])),
    )
    for (const end of verified) {
      expect(end.document, end.stderr).toMatchObject({
        holds: true,
        claims: { cut: 1, received: made.names, late: ['site-d'] },
      })
    }
    expect(new Set(verified.map((end) => claimsOf(end)?.aggregate)).size).toBe(1)
    expect(claimsOf(verified[0] ?? early)?.aggregate).not.toBe(claimsOf(early)?.aggregate)

    // The first result is what it was, at the late site too.
    const first = await oneround(['verify', made.folderOf('site-d'), '--cut', '0', '--recompute', '--json'])
    expect(first.document, first.stderr).toMatchObject({
      holds: true,
      claims: { ...(early.document?.['claims'] as object), attestedBy: expect.anything() },
    })
    const status = await oneround(['status', made.folderOf('site-b')])
    expect(status.stdout).toMatch(/round 1, late cut 1: certified/)
    expect(status.stdout).toMatch(/Decided on site-a, site-b, site-c, site-d; added late: site-d/)
    // Each cut has its own adapter.
    const [zero, one] = ['', 'cut-1'].map((cut) =>
      readFileSync(join(made.folderOf('site-c'), 'rounds', '1', cut, 'adapter', 'adapter_model.safetensors')),
    )
    expect(one?.equals(zero ?? Buffer.alloc(0))).toBe(false)
    const out = join(made.root, 'exported')
    const exported = await oneround(['export', made.folderOf('site-a'), '--cut', '0', '-o', out, '--json'])
    expect(exported.document, exported.stderr).toMatchObject({ claims: { cut: 0 } })
  })
})
