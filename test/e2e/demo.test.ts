// Protects: the demo, as a user starts it: everything real, one digest, a merged model that helps everybody.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { entryArgs } from '../../src/core/entry.ts'
import type { DemoDocument } from '../../src/demo/document.ts'
import { siteData, siteRecipe, toJsonl } from '../../src/recipes/index.ts'
import { train } from '../../src/train/index.ts'
import { writeFileAtomic } from '../../src/files/index.ts'
import { oneround } from '../support/cli.ts'

const root = mkdtempSync(join(tmpdir(), 'oneround-demo-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const BASE = fileURLToPath(new URL('../../nodes/base-model', import.meta.url))
const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

describe('the demo', () => {
  test('five sites, one of which lies: the merged model helps everybody', { timeout: 480_000 }, async () => {
    const folder = join(root, 'demo')
    const end = await oneround(['demo', '--out', folder, '--json'])
    expect(end.status, end.stderr.slice(-2000)).toBe(0)
    const document = end.document as DemoDocument | null
    expect(document).toMatchObject({
      schema: 'oneround/demo@1',
      decided: true,
      roster: ['site-a', 'site-b', 'site-c', 'site-d', 'site-e'],
      received: 5,
      used: 4,
      rule: 'multi-krum',
      certificate: join(folder, 'site-a', 'rounds', '1', 'certificate.json'),
      adapter: join(folder, 'site-a', 'rounds', '1', 'adapter'),
      baseModel: BASE,
    })
    const sites = document?.sites ?? []
    const [honest, lying] = [sites.filter((site) => site.honest), sites.filter((site) => !site.honest)]
    expect(new Set(honest.map(({ digest }) => digest)).size).toBe(1)
    expect(lying.map(({ name, leftOut }) => [name, leftOut?.by])).toEqual([['site-e', 'multi-krum']])
    const all = honest.flatMap(({ losses }) => (losses === null ? [] : [losses.all]))
    expect(all).toHaveLength(4)
    const [first] = all
    const merged = first?.merged ?? Number.NaN
    expect(merged).toBeLessThan(0.6 * (first?.base ?? Number.NaN))
    expect(merged).toBeLessThan(average(all.map(({ local }) => local)) - 0.2)
    // The plain mean takes the liar's update in.
    expect(first?.mean).toBeGreaterThan(merged + 0.2)
    expect(end.stderr).not.toMatch(/attacker|malicious/i)
    expect(Object.keys(document?.testData ?? {})).toEqual(['site-a', 'site-b', 'site-c', 'site-d'])
    for (const file of Object.values(document?.testData ?? {}))
      expect(readFileSync(file, 'utf8')).not.toBe('')
  })
})

describe('npm run nodes', () => {
  test('starts any consortium, from given adapters, with a fault', { timeout: 240_000 }, async () => {
    const data = join(root, 'lines.jsonl')
    await writeFileAtomic(data, toJsonl(siteData(siteRecipe(0, { train: 16, validation: 1, test: 1 })).train))
    const out = join(root, 'trained')
    const mode = { kind: 'lora' as const, targets: ['all-linear'], rank: 8, alpha: 16 }
    await train({
      model: BASE,
      data: [data],
      out,
      threads: 1,
      recipe: { epochs: 1, mode, validationShare: 0 },
    })
    const folder = join(root, 'nodes')
    const words = [
      '--sites',
      '4',
      '--adapters',
      join(out, 'adapter'),
      '--kill',
      'site-b@certify',
      '--out',
      folder,
    ]
    const entry = new URL('../../scripts/nodes.ts', import.meta.url)
    const child = spawn(process.execPath, [...entryArgs(entry), ...words, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes))
    child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes))
    const status = await new Promise((resolve) => child.on('close', resolve))
    const events = Buffer.concat(stderr).toString('utf8')
    expect(status, events.slice(-2000)).toBe(0)
    const document = JSON.parse(Buffer.concat(stdout).toString('utf8')) as DemoDocument
    expect(document).toMatchObject({ decided: true, received: 4, rule: 'trimmed-mean' })
    expect(new Set(document.sites.map(({ digest }) => digest)).size).toBe(1)
    // One line an event, from every site; the one that was killed listened twice.
    const lines = events.split('\n').filter((line) => line.startsWith('{"site"'))
    const listening = lines
      .map((line) => JSON.parse(line) as { site: string; type: string })
      .filter(({ type }) => type === 'listening')
    expect(listening.map(({ site }) => site).sort()).toEqual([
      'site-a',
      'site-b',
      'site-b',
      'site-c',
      'site-d',
    ])
  })
})
