// Protects: a fresh clone sets itself up from the registry alone, and two set-ups at once are safe.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const clone = mkdtempSync(join(tmpdir(), 'oneround-clone-'))
afterAll(() => rmSync(clone, { recursive: true, force: true }))

const ended = (child: ChildProcess): Promise<{ status: number | null; stdout: string; stderr: string }> => {
  const out = { stdout: '', stderr: '' }
  child.stdout?.on('data', (data: Buffer) => (out.stdout += data.toString()))
  child.stderr?.on('data', (data: Buffer) => (out.stderr += data.toString()))
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, ...out })))
}

it('two commands at once in a fresh clone: one installs and compiles, both run', async () => {
  const files = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
    .stdout.split('\0')
    .filter(Boolean)
  const wanted = files.filter((file) => !/^(test|docs|nodes)\//.test(file) && existsSync(join(root, file)))
  for (const file of wanted) cpSync(join(root, file), join(clone, file))
  const print = ['-e', 'process.stdout.write("ran " + require("fs").existsSync("dist/compat.js"))']
  const run = () => {
    const { INIT_CWD: _unused, ...env } = process.env
    return ended(
      spawn(process.execPath, ['scripts/setup.mjs', '--quiet', '--', 'node', ...print], { cwd: clone, env }),
    )
  }
  const [first, second] = await Promise.all([run(), run()])
  expect([first.status, second.status], first.stderr + second.stderr).toEqual([0, 0])
  expect([first.stdout, second.stdout]).toEqual(['ran true', 'ran true'])
  const installs = (first.stderr + second.stderr).match(/installing dependencies/g)
  const compiles = (first.stderr + second.stderr).match(/setup: compiling/g)
  expect([installs?.length, compiles?.length]).toEqual([1, 1])
  const again = await run()
  expect(again.stderr).toBe('')
  expect(again.stdout).toBe('ran true')
}, 300_000)
