// Protects: docs/BY_HAND.md, command by command: three members make a round with nothing but the command line.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { entryArgs } from '../../src/core/entry.ts'
import { findFreePorts } from '../../src/demo/free-ports.ts'
import { siteData, siteRecipe, toJsonl } from '../../src/recipes/index.ts'

const root = mkdtempSync(join(tmpdir(), 'oneround-hand-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`
const program = [process.execPath, ...entryArgs(new URL('../../src/cli/main.ts', import.meta.url))]
const SHELL_HEAD = `set -eo pipefail\noneround() { ${program.map(quoted).join(' ')} "$@"; }\n`

/** Runs a block of the document as it stands, `oneround` being this checkout's. @returns what it printed */
async function shell(block: string): Promise<string> {
  const child = spawn('bash', ['-c', SHELL_HEAD + block], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (data: Buffer) => out.push(data))
  child.stderr.on('data', (data: Buffer) => err.push(data))
  const status = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  expect(status, `${block}\n${Buffer.concat(err).toString('utf8')}`).toBe(0)
  return Buffer.concat(out).toString('utf8')
}

test('three members make a round by hand', { timeout: 240_000 }, async () => {
  cpSync(here('../../nodes/base-model'), join(root, 'base'), { recursive: true })
  for (const [i, name] of ['a', 'b', 'c'].entries()) {
    const { train } = siteData(siteRecipe(i, { train: 48, validation: 4, test: 4 }))
    writeFileSync(join(root, `${name}.jsonl`), toJsonl(train))
  }
  const ports = await findFreePorts(3)
  const text = readFileSync(here('../../docs/BY_HAND.md'), 'utf8').replaceAll(
    /tcp\/410([123])/g,
    (_, digit: string) => `tcp/${ports[Number(digit) - 1]}`,
  )
  const blocks = [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block)
  const isRun = (block: string): boolean => block.startsWith('oneround run')
  expect(blocks.filter(isRun)).toHaveLength(3)
  const firstRun = blocks.findIndex(isRun)
  for (const block of blocks.slice(0, firstRun)) await shell(block)
  // The three terminals.
  const ends = await Promise.all(blocks.filter(isRun).map(shell))
  const digests = ends.map((end) => /^Aggregate +([0-9a-f]{64})$/m.exec(end)?.[1])
  expect(digests[0]).toBeDefined()
  expect(new Set(digests).size).toBe(1)
  const after = await Promise.all(
    blocks
      .slice(firstRun)
      .filter((block) => !isRun(block))
      .map(shell),
  )
  expect(after.join('\n')).toContain(digests[0])
  expect(after.join('\n')).toContain('adapter_model.safetensors')
})
