// Protects: every command that the documents show in a block of `sh` works as it stands there: run here, or by the test named here.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Layout } from '../../src/charter/schema.ts'
import { ADAPTER } from '../../src/demo/training.ts'
import { inspectModel } from '../../src/model/inspect.ts'
import { openModel } from '../../src/model/open-model.ts'
import { writeTestAdapter } from '../support/consortium.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
  ...readdirSync(join(root, 'nodes'), { recursive: true, encoding: 'utf8' }).map((name) => `nodes/${name}`),
].filter((file) => file.endsWith('.md'))

/** Who runs what is not run here: a command, or a document in which everything is; and what that test says of it. */
const ELSEWHERE: readonly (readonly [what: string, file: string, says: string])[] = [
  // This very suite.
  ['npm test', '.ci/run', 'npm test'],
  ['docs/BY_HAND.md', 'test/e2e/hand.test.ts', 'docs/BY_HAND.md'],
  ['npm run demo', 'test/e2e/demo.test.ts', "oneround(['demo'"],
]

/** What is made smaller here, so that it ends soon: nothing else of a command is changed. */
const SMALLER: readonly (readonly [from: string, to: string])[] = [
  // Ready adapters in place of training, and two sites fewer.
  [
    '--sites 7 --attack sign-flip:site-g',
    '--sites 5 --adapters adapters/0,adapters/1,adapters/2 --attack sign-flip:site-e',
  ],
]

/** Long enough for a whole round of real processes on a busy machine. */
const TIMEOUT_MS = 280_000

interface Shown {
  readonly document: string
  readonly command: string
}

/** Lines of blocks marked `sh`, comments left out; a backslash at the end joins two. */
function commandsOf(document: string): readonly Shown[] {
  const blocks = [...read(document).matchAll(/^ *```sh\n([^]*?)^ *```$/gm)].map(([, block = '']) => block)
  return blocks
    .flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((command) => ({ document, command }))
}

const shown = documents.flatMap(commandsOf)
const isElsewhere = ({ document, command }: Shown): boolean =>
  ELSEWHERE.some(([what]) => what === document || what === command)

const smaller = (command: string): string =>
  SMALLER.reduce((text, [from, to]) => text.replaceAll(from, to), command)

let folder = ''
beforeAll(async () => {
  // Where the person stands: what the documents name lies there, and what commands write is not the checkout's.
  folder = mkdtempSync(join(tmpdir(), 'oneround-docs-'))
  mkdirSync(join(folder, 'test'))
  symlinkSync(join(root, 'test', 'fixtures'), join(folder, 'test', 'fixtures'))
  symlinkSync(join(root, 'nodes'), join(folder, 'nodes'))
  await writeAdapters()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Small adapters of what the demo's sites train. */
async function writeAdapters(): Promise<void> {
  const { model } = await openModel(join(root, 'nodes', 'base-model'))
  const { modules } = inspectModel(model, { batchSize: 1, length: 1, rank: 1 })
  const adapted = modules
    .filter(({ isHead }) => !isHead)
    .map(({ name, inSize, outSize }) => ({ name, in: inSize, out: outSize }))
  const layout: Layout = {
    modules: adapted,
    rankMax: 2,
    scale: [ADAPTER.alpha / ADAPTER.rank, 1],
    dtype: 'f32',
  }
  for (const i of [0, 1, 2]) await writeTestAdapter(join(folder, 'adapters', `${i}`), layout, i)
}

/** In a shell whose `npm` is this checkout's and whose `oneround` is what `npm run oneround` runs. */
const SHELL_HEAD = `set -eo pipefail
npm() { command npm --prefix '${root}' "$@"; }
oneround() { npm run --silent oneround -- "$@"; }
`

async function run(command: string): Promise<{ status: unknown; stdout: string; stderr: string }> {
  // What npm says to the process that runs this suite is not what a person's shell says.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(?:lifecycle|package)|^INIT_CWD$/i.test(name)),
  )
  const child = spawn('bash', ['-c', SHELL_HEAD + command], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (data: Buffer) => out.push(data))
  child.stderr.on('data', (data: Buffer) => err.push(data))
  const status = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return { status, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') }
}

describe('what is run elsewhere', () => {
  it.each(ELSEWHERE)('%s: %s', (what, file, says) => {
    expect(read(file)).toContain(says)
    expect(shown.some(({ document, command }) => document === what || command === what)).toBe(true)
  })
})

describe('what is made smaller', () => {
  it.each(SMALLER)('%s → %s', (from) => {
    expect(shown.some(({ command }) => command.includes(from))).toBe(true)
  })
})

describe('the documents', () => {
  const here = shown.filter((each) => !isElsewhere(each))

  it('show commands, and no block of a kind that nobody runs', () => {
    expect(here.length).toBeGreaterThan(0)
    const others = documents.filter((file) => /^ *```(?:bash|shell|console)/m.test(read(file)))
    expect(others).toEqual([])
  })

  it.each(here)(
    '$document: $command',
    async ({ command }) => {
      const { status, stdout, stderr } = await run(smaller(command))
      expect(status, `${stdout}\n${stderr}`).toBe(0)
      if (!/ --json\b/.test(command)) return
      expect(stdout.split('\n')).toHaveLength(2)
      expect(JSON.parse(stdout)).toBeTypeOf('object')
    },
    TIMEOUT_MS,
  )
})
