// Protects: a member whose node speaks another version of the protocol is named with both versions, on both sides, and harms nobody.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import { entryArgs } from '../../src/core/entry.ts'
import { oneround } from '../support/cli.ts'
import { makeConsortium } from '../support/consortium.ts'

const children: ChildProcess[] = []
const roots: string[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true })
})

/** The first line that a process writes which fits. */
async function lineOf(stream: ChildProcess['stdout'], pattern: RegExp): Promise<string> {
  if (stream === null) throw new TypeError('a stream that is a pipe')
  for await (const line of createInterface({ input: stream })) if (pattern.test(line)) return line
  throw new Error(`ended without ${String(pattern)}`)
}

test('§10.11 a member of another version', { timeout: 120_000 }, async () => {
  const consortium = await makeConsortium({
    n: 3,
    changes: { rules: [{ id: 'mean', version: 1 }], f: 0, b: 0 },
  })
  roots.push(consortium.root)
  const start = (entry: URL, ...args: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [...entryArgs(entry), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.push(child)
    return child
  }
  const [folder, later] = [consortium.folderOf('site-a'), consortium.folderOf('site-b')]
  const adapter = consortium.adapterOf('site-a')
  const node = start(
    new URL('../../src/cli/main.ts', import.meta.url),
    'run',
    folder,
    '--adapter',
    adapter,
    '--json',
  )
  const told = lineOf(node.stderr, /"code":"VERSION_MISMATCH"/)
  const other = start(
    new URL('../support/version-two-member.ts', import.meta.url),
    later,
    join(later, 'charter.json'),
    'site-a',
  )
  expect(await lineOf(other.stdout, /speak/)).toBe(
    'member 0 does not speak /oneround/sync/2; it speaks /oneround/chunks/1, /oneround/punch/1, /oneround/sync/1',
  )
  expect(JSON.parse(await told)).toMatchObject({
    type: 'alarm',
    code: 'VERSION_MISMATCH',
    text: expect.stringMatching(/^site-b speaks version 2, this node version 1 of the round protocol/),
  })
  // The node goes on: in order it stops, and its status says the same.
  node.kill('SIGINT')
  await new Promise((resolve) => node.once('exit', resolve))
  const status = await oneround(['status', folder])
  expect(status.stdout).toMatch(/WARNING site-b speaks version 2, this node version 1/)
  expect(readFileSync(join(folder, 'rounds', '1', 'events.jsonl'), 'utf8')).toContain('VERSION_MISMATCH')
  // And so does the doctor, who dials anew; site-c's node does not run.
  const doctor = await oneround(['doctor', '--node', folder, '--json'])
  expect(doctor.document).toEqual({
    schema: 'oneround/reach@1',
    members: [
      { name: 'site-b', isConnected: true, relayedBy: null, path: 'direct', unreachable: 'other-version' },
      { name: 'site-c', isConnected: false, relayedBy: null, path: null, unreachable: 'refused' },
    ],
  })
  expect(doctor.status).toBe(1)
})
