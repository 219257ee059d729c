// Protects: the house stays a house: imports go one way, files and functions stay small, nothing unfinished is on main.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const git = (...args: readonly string[]): readonly string[] =>
  spawnSync('git', [...args], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
    .stdout.split('\0')
    .filter(Boolean)
const tracked = git('ls-files', '-z', '--cached', '--others', '--exclude-standard')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const isKernel = (file: string) => file.startsWith('src/aggregate/kernel/assembly/')
const sources = tracked.filter(
  (file) => /^(src|scripts|nodes|test)\/.*\.(ts|mjs)$/.test(file) && !isKernel(file),
)
/** This file names what it forbids. */
const others = (files: readonly string[]) => files.filter((file) => file !== 'test/unit/tidy.test.ts')
const node = (...args: readonly string[]) =>
  spawnSync(process.execPath, [...args], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })

/** Rooms whose *values* a room may import; types may come from any room of the same list or from earlier stages. */
const ROOM_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  files: ['core'],
  charter: ['core'],
  recipes: ['core'],
  model: ['core', 'files'],
  train: ['core', 'files', 'charter', 'model'],
  update: ['core', 'files', 'charter', 'model'],
  exchange: ['core', 'files', 'charter', 'update'],
  agree: ['core', 'charter', 'update'],
  aggregate: ['core', 'files', 'charter', 'model'],
  export: ['core', 'files', 'charter', 'model', 'agree', 'aggregate', 'update'],
  generate: ['core', 'files', 'model', 'train'],
  report: ['core', 'files', 'charter', 'model', 'aggregate', 'export'],
  evaluate: ['core', 'files', 'model', 'train', 'generate'],
  attack: ['core', 'files', 'charter', 'model', 'update', 'agree', 'aggregate', 'exchange', 'node'],
  simulate: ['core', 'charter', 'update', 'agree'],
  node: ['core', 'files', 'charter', 'model', 'update', 'exchange', 'agree', 'aggregate', 'export'],
}

/** The room of a file below src/, or null for the files that stand beside the rooms (index, pipeline, compat). */
const roomOf = (path: string): string | null => /^src\/([^/]+)\//.exec(path)?.[1] ?? null

function importsOf(file: string): readonly { readonly path: string; readonly isType: boolean }[] {
  const found = read(file).matchAll(
    /^(?:import|export) (type )?[^'"]*?from '(\.[^']+)'|^import '(\.[^']+)'/gm,
  )
  return [...found].map(([, type, from, bare]) => ({
    path: join(dirname(file), from ?? bare ?? ''),
    isType: type !== undefined,
  }))
}

describe('imports', () => {
  it('go down the picture only', () => {
    const wrong: string[] = []
    for (const file of sources.filter((path) => path.startsWith('src/'))) {
      const room = roomOf(file)
      const allowed = room === null ? undefined : ROOM_IMPORTS[room]
      if (allowed === undefined || room === null) continue
      for (const { path, isType } of importsOf(file)) {
        const target = roomOf(path)
        const isFine = isType || target === null || target === room || allowed.includes(target)
        if (!isFine) wrong.push(`${file} imports ${path}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('of every room are stated here', () => {
    const free = ['cli', 'demo', 'dashboard']
    const rooms = new Set(sources.map(roomOf).filter((room) => room !== null))
    expect([...rooms].filter((room) => !(room in ROOM_IMPORTS) && !free.includes(room))).toEqual([])
  })
})

describe('sources', () => {
  it('stay below 400 lines a file (tables and vectors excepted)', () => {
    const long = sources
      .filter((file) => file.startsWith('src/') || file.startsWith('scripts/'))
      .map((file) => [file, read(file).split('\n').length] as const)
      .filter(([, lines]) => lines > 401)
    expect(long).toEqual([])
  })

  it('hold nothing unfinished', () => {
    const banned = /TODO|FIXME|XXX|\bas any\b|@ts-ignore|@ts-nocheck|as unknown as/
    const hits = others(sources).flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, i) => (banned.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
    )
    expect(hits).toEqual([])
  })

  it('have no test that is switched off, sleeps or mocks our own code', () => {
    const banned = /\.(only|todo)\(|\b(?:it|describe|test)\.skip\(|vi\.mock\(|expect\(true\)/
    const tests = others(sources).filter((file) => file.startsWith('test/'))
    expect(tests.filter((file) => banned.test(read(file)))).toEqual([])
  })

  it('say in each test file what it protects', () => {
    const silent = sources.filter(
      (file) => file.endsWith('.test.ts') && !read(file).startsWith('// Protects'),
    )
    expect(silent).toEqual([])
  })

  it('name no path of a machine and hold no secret', () => {
    const texts = tracked.filter((file) => /\.(ts|mjs|md|json|py|sh|yml)$|\.ci\/run$|\.npmrc$/.test(file))
    const leaks = others(texts).filter((file) =>
      /\/work\/|\/root\/|registry\.npmjs|BEGIN [A-Z ]*PRIVATE KEY/.test(read(file)),
    )
    expect(leaks).toEqual([])
  })
})

describe('tools', () => {
  it('the compiler has nothing to say', () => {
    const { status, stdout } = node(
      'node_modules/typescript/bin/tsc',
      '--noEmit',
      '-p',
      'tsconfig.check.json',
    )
    expect(stdout).toBe('')
    expect(status).toBe(0)
  })

  it('the linter has nothing to say', () => {
    const { status, stdout } = node(
      'node_modules/oxlint/bin/oxlint',
      '--type-aware',
      '--deny-warnings',
      'src',
      'scripts',
      'test',
      'nodes',
    )
    expect(status, stdout).toBe(0)
  })

  it('the formatter has nothing to change', () => {
    const { status, stdout } = node(
      'node_modules/oxfmt/bin/oxfmt',
      '--check',
      'src',
      'scripts',
      'test',
      'nodes',
    )
    expect(status, stdout).toBe(0)
  })
})
