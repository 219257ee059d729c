// Protects: the next charter is decided by the old members, without the one who lost its key; rounds under it verify from the first charter.
import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import { findFreePorts } from '../../src/demo/free-ports.ts'
import { type CliEnd, errorOf, oneround } from '../support/cli.ts'
import { type Consortium, makeConsortium, writeTestAdapter } from '../support/consortium.ts'

let consortium: Consortium
const file = (name: string): string => join(consortium.root, name)
const json = (...args: readonly string[]): Promise<CliEnd> => oneround([...args, '--json'])
const old = ['site-a', 'site-b', 'site-c']
const next = [...old, 'site-e']

beforeAll(async () => {
  // Four members of whom three decide. site-d has lost its key and its machine.
  consortium = await makeConsortium({ n: 4, changes: { rules: [{ id: 'trimmed-mean', version: 1 }] } })
  rmSync(consortium.folderOf('site-d'), { recursive: true })
})
afterAll(() => rmSync(consortium.root, { recursive: true, force: true }))

describe('a succession', { timeout: 300_000 }, () => {
  test('replaces a member that is lost by a new one, by decision of the others', async () => {
    copyFileSync(join(consortium.folderOf('site-a'), 'charter.json'), file('first.json'))
    const [port] = await findFreePorts(1)
    const made = await json(
      'init',
      file('site-e'),
      '--name',
      'site-e',
      '--listen',
      `/ip4/127.0.0.1/tcp/${port}`,
    )
    const invite = String(made.document?.['invite'])
    const drawn = await json(
      'charter',
      'succeed',
      file('first.json'),
      '--join',
      invite,
      '--leave',
      'site-d',
      '--out',
      file('next.json'),
    )
    expect(drawn.document, drawn.stderr).toMatchObject({ epoch: 1 })
    const unsigned = await json(
      'charter',
      'approve',
      file('next.json'),
      '--node',
      consortium.folderOf('site-a'),
    )
    expect(errorOf(unsigned)).toMatchObject({ code: 'SUCCESSOR_INVALID' })
    for (const name of next) {
      const signed = await json('charter', 'sign', file('next.json'), '--node', consortium.folderOf(name))
      expect(signed.status, signed.stderr).toBe(0)
    }
    // Signed by all its members it is, but nobody has decided on it.
    const early = await json('run', consortium.folderOf('site-e'), '--charter', file('next.json'), '--pass')
    expect(errorOf(early)).toMatchObject({ code: 'SUCCESSION_MISSING' })

    const ends = await Promise.all(
      old.map((name) =>
        json('charter', 'approve', file('next.json'), '--node', consortium.folderOf(name), '--linger', '15'),
      ),
    )
    for (const end of ends) {
      expect(end.document, end.stderr).toMatchObject({ outcome: 'decided', isApproved: true, epoch: 1 })
      expect(end.document?.['digest']).toBe(drawn.document?.['digest'])
    }
    const proof = String(ends[0]?.document?.['proof'])
    const adopted = await json('charter', 'adopt', proof, '--node', file('site-e'))
    expect(adopted.document, adopted.stderr).toMatchObject({ epoch: 1, digest: drawn.document?.['digest'] })
    // A proof with one vote less proves nothing.
    const less = JSON.parse(readFileSync(proof, 'utf8')) as { finalizes: unknown[] }
    less.finalizes.splice(2)
    writeFileSync(file('less.json'), JSON.stringify(less))
    const refused = await json('charter', 'adopt', file('less.json'), '--node', file('site-e'))
    expect(errorOf(refused)).toMatchObject({ code: 'SUCCESSION_INVALID' })
  })

  test('§11.7 leads to rounds that verify from the charter that one knew before', async () => {
    const ends = await Promise.all(
      next.map(async (name, i) => {
        const adapter = file(`${name}-next-adapter`)
        await writeTestAdapter(adapter, consortium.signed.charter.layout, 20 + i)
        const run = ['run', consortium.folderOf(name), '--adapter', adapter, '--until-certificate']
        return json(...run, '--linger', '15')
      }),
    )
    for (const end of ends) expect(end.status, end.stderr).toBe(0)
    const chained = await json(
      'verify',
      consortium.folderOf('site-b'),
      '--charter',
      file('first.json'),
      '--recompute',
    )
    expect(chained.document, chained.stderr).toMatchObject({
      holds: true,
      claims: { members: next, received: next },
    })
    const checks = chained.document?.['checks'] as { id: string; text: string }[] | undefined
    expect(checks?.[0]).toMatchObject({
      id: 'succession',
      text: expect.stringMatching(
        /follows from the one that was named.*epoch 0 to 1, decided by 3 of 4 members/,
      ),
    })
    // Without the proof the chain is broken.
    rmSync(join(consortium.folderOf('site-b'), 'successions'), { recursive: true })
    const broken = await json('verify', consortium.folderOf('site-b'), '--charter', file('first.json'))
    expect(broken.document).toMatchObject({ holds: false })
  })
})
