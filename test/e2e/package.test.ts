// Protects: what is published works on its own: installed from its tarball, without sources, TypeScript or this checkout.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeAdapter } from '../../src/model/peft.ts'
import { writeFinishedRound } from '../support/finished-round.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const INSTALL_TIMEOUT_MS = 300_000
let folder = ''
let user = ''

function run(command: string, args: readonly string[], cwd: string) {
  const env: NodeJS.ProcessEnv = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NODE_OPTIONS: '' }
  // npm hands its own settings down; the package must install without this checkout's.
  for (const name of Object.keys(env)) if (/^npm_(config|package|lifecycle)/i.test(name)) delete env[name]
  const end = spawnSync(command, args, { cwd, env, encoding: 'utf8', shell: process.platform === 'win32' })
  return { status: end.status, stdout: end.stdout, stderr: end.stderr }
}

function runWell(command: string, args: readonly string[], cwd: string): string {
  const end = run(command, args, cwd)
  expect(end.status, `${command} ${args.join(' ')}\n${end.stdout}\n${end.stderr}`).toBe(0)
  return end.stdout
}

/** Builds and packs a copy, so that the checkout's own dist/ is left alone. */
function packCopy(copy: string): string {
  mkdirSync(copy)
  const parts = ['package.json', 'tsconfig.json', 'README.md', 'LICENSE', 'src', 'docs', 'scripts']
  for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  runWell('npm', ['pack', '--silent'], copy)
  const [tarball] = readdirSync(copy).filter((name) => name.endsWith('.tgz'))
  expect(tarball).toBeDefined()
  return join(copy, tarball ?? '')
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'oneround-package-'))
  const tarball = packCopy(join(folder, 'copy'))
  user = join(folder, 'user')
  mkdirSync(user)
  writeFileSync(join(user, 'package.json'), '{"private": true, "type": "module"}\n')
  runWell(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', tarball],
    user,
  )
  const modules = (seed: number) => [
    {
      name: 'q',
      rank: 1,
      scale: 2,
      in: 3,
      out: 2,
      a: Float32Array.of(seed, 1, 2),
      b: Float32Array.of(1, seed),
    },
  ]
  for (const seed of [1, 2, 3]) await writeAdapter(join(user, `adapter-${seed}`), modules(seed))
  await writeFinishedRound(join(user, 'site'), 'multi-krum')
}, INSTALL_TIMEOUT_MS)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the installed package', () => {
  it('holds compiled files, the kernel and no sources', () => {
    const installed = join(user, 'node_modules', 'oneround')
    const names = readdirSync(installed, { recursive: true, encoding: 'utf8' })
    const ours = names.filter((name) => !name.startsWith('node_modules'))
    for (const name of [
      'dist/cli/main.js',
      'dist/index.d.ts',
      'dist/aggregate/kernel/kernel.wasm',
      'dist/export/certificate.schema.json',
      'README.md',
      'LICENSE',
    ]) {
      expect(ours).toContain(name)
    }
    expect(ours.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))).toEqual([])
    const packages = readdirSync(join(user, 'node_modules'))
    expect(packages).not.toContain('typescript')
    expect(packages).not.toContain('tsx')
  })

  it('helps', () => {
    const help = runWell('npx', ['--no-install', 'oneround', '--help'], user)
    for (const command of ['init', 'charter', 'train', 'run', 'merge', 'verify', 'export']) {
      expect(help).toMatch(new RegExp(`^ +${command}\\b`, 'm'))
    }
  })

  it('merges', () => {
    const line = [
      '--no-install',
      'oneround',
      'merge',
      'adapter-1',
      'adapter-2',
      'adapter-3',
      '--rule',
      'median',
      '--out',
      'merged',
      '--json',
    ]
    const document: unknown = JSON.parse(runWell('npx', line, user))
    expect(document).toMatchObject({ rule: { id: 'median' } })
    const config = JSON.parse(readFileSync(join(user, 'merged', 'adapter_config.json'), 'utf8')) as Record<
      string,
      unknown
    >
    expect(config['peft_type']).toBe('LORA')
  })

  it('verifies, and computes the aggregate again', () => {
    const document: unknown = JSON.parse(
      runWell('npx', ['--no-install', 'oneround', 'verify', 'site', '--recompute', '--json'], user),
    )
    expect(document).toMatchObject({ schema: 'oneround/verify@1', holds: true })
  })

  it('is a library with its four doors', () => {
    const script = `
      import { openNode, merge, verify, train } from 'oneround'
      import { aggregate } from 'oneround/aggregate'
      import { train as same } from 'oneround/train'
      import { verifyCertificate } from 'oneround/verify'
      const report = await verify('site')
      console.log(JSON.stringify([typeof openNode, typeof merge, typeof aggregate, train === same, typeof verifyCertificate, report.holds]))
    `
    const printed = runWell(process.execPath, ['--input-type=module', '-e', script], user)
    expect(JSON.parse(printed)).toEqual(['function', 'function', 'function', true, 'function', true])
  })

  it('has types that a user’s compiler reads', () => {
    const compile = (name: string, text: string) => {
      writeFileSync(join(user, name), text)
      const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
      const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023']
      return run(process.execPath, [compiler, ...flags, name], user)
    }
    const head = "import { type MergeResult, merge } from 'oneround'\n"
    const right = `${head}export const out: Promise<MergeResult> = merge({ adapters: ['a'], rule: 'mean', out: 'b' })\n`
    expect(compile('right.mts', right)).toMatchObject({ status: 0, stdout: '' })
    expect(compile('wrong.mts', right.replace("rule: 'mean'", 'rule: 7')).stdout).toMatch(/TS2322/)
  })
})
