// Protects: the real verify and export commands on a finished round: their verdicts, exit statuses and files.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAllFloat32 } from '../../src/model/weights.ts'
import { errorOf, oneround } from '../support/cli.ts'
import { writeFinishedRound } from '../support/finished-round.ts'

let folder = ''
const run = (...args: readonly string[]) => oneround([...args, '--json'], { cwd: folder })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-cli-verify-'))
  await writeFinishedRound(join(folder, 'site'), 'multi-krum')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('verify', () => {
  it('says each check in words and exits with 0 when all hold', async () => {
    const { status, stdout } = await oneround(['verify', 'site', '--recompute'], { cwd: folder })
    expect(status, stdout).toBe(0)
    expect(stdout).toMatch(/holds +The charter [0-9a-f]{64} is signed by all of its 5 members/)
    expect(stdout).toMatch(
      /5 of 5 members attest that multi-krum \(version 1\) gave the aggregate [0-9a-f]{64}/,
    )
    expect(stdout).toMatch(
      /Computed again from the 5 updates by multi-krum, the aggregate is the attested one, byte for byte/,
    )
    expect(stdout).toMatch(/All checks hold/)
  })

  it('prints one document under --json', async () => {
    const { status, document } = await run(
      'verify',
      'site/rounds/1/certificate.json',
      '--charter',
      'site/charter.json',
    )
    expect(status).toBe(0)
    expect(document).toMatchObject({
      schema: 'oneround/verify@1',
      holds: true,
      file: 'site/rounds/1/certificate.json',
      claims: { roundNumber: 1, rule: 'multi-krum@1', excluded: [] },
    })
  })

  it('asks for the charter’s digest to be compared when none was named', async () => {
    const { stdout } = await oneround(['verify', 'site/rounds/1'], { cwd: folder })
    expect(stdout).toMatch(/Compare the charter’s digest with the one that you know: [0-9a-f]{64}/)
  })

  it('exits with 1 and names the check that fails', async () => {
    await cp(join(folder, 'site'), join(folder, 'broken'), { recursive: true })
    const file = join(folder, 'broken', 'rounds', '1', 'aggregate.safetensors')
    const bytes = await readFile(file)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    await writeFile(file, bytes)
    const end = await run('verify', 'broken')
    expect(end.status).toBe(1)
    expect(end.document).toMatchObject({ holds: false })
    const plain = await oneround(['verify', 'broken'], { cwd: folder })
    expect(plain.stdout).toMatch(/FAILS +aggregate\.safetensors has SHA-256 .*AGGREGATE_DIFFERS/)
    expect(plain.stdout).toMatch(/does NOT hold/)
    const exported = await run('export', 'broken', '-o', 'out-broken')
    expect(exported.status).toBe(1)
    expect(errorOf(exported)).toMatchObject({
      code: 'AGGREGATE_DIFFERS',
      file: 'broken/rounds/1/aggregate.safetensors',
    })
  })
})

describe('export', () => {
  it('writes the delta, and puts an evaluation into the card', async () => {
    await writeFile(
      join(folder, 'evaluation.json'),
      JSON.stringify({ schema: 'oneround/evaluation@1', results: [{ name: 'merged', loss: 1.5 }] }),
    )
    const end = await run(
      'export',
      'site',
      '--format',
      'delta',
      '--evaluation',
      'evaluation.json',
      '-o',
      'delta',
    )
    expect(end.status, end.stderr).toBe(0)
    const deltas = await readAllFloat32(join(folder, 'delta', 'delta.safetensors'))
    expect([...deltas.keys()]).toEqual(['layers.0.q_proj.weight', 'layers.0.v_proj.weight'])
    expect(await readFile(join(folder, 'delta', 'README.md'), 'utf8')).toMatch(/\| `merged` \| 1\.5 \|/)
  })
})

describe('bad input', () => {
  const rows: readonly (readonly [string, readonly string[], number, string, RegExp])[] = [
    [
      'a folder without a certificate',
      ['verify', 'site/rounds/1/updates'],
      3,
      'CERTIFICATE_MISSING',
      /updates: holds no certificate/,
    ],
    [
      'a round that is not there',
      ['verify', 'site', '--round', '2'],
      3,
      'CERTIFICATE_MISSING',
      /site: holds no certificate of round 2/,
    ],
    ['a path that is not there', ['verify', 'nowhere'], 3, 'FILE_MISSING', /nowhere/],
    [
      'a file that is no certificate',
      ['verify', 'site/charter.json'],
      3,
      'CERTIFICATE_MALFORMED',
      /site\/charter\.json: schema/,
    ],
    [
      'a digest that is none',
      ['verify', 'site', '--charter-digest', 'xyz'],
      2,
      'USAGE',
      /64 lower-case hex digits/,
    ],
    [
      'a merged export without a base',
      ['export', 'site', '--format', 'merged', '-o', 'x'],
      2,
      'BASE_MODEL_NEEDED',
      /base model/,
    ],
    [
      'a base model that is another',
      ['export', 'site', '--model', 'site', '-o', 'x'],
      1,
      'BASE_MODEL_MISMATCH',
      /site\/model\.safetensors/,
    ],
    [
      'an evaluation that is none',
      ['export', 'site', '--evaluation', 'site/charter.json', '-o', 'x'],
      3,
      'EVALUATION_INVALID',
      /site\/charter\.json: schema/,
    ],
    [
      'an unknown format',
      ['export', 'site', '--format', 'gguf', '-o', 'x'],
      2,
      'USAGE',
      /adapter or delta or merged/,
    ],
  ]
  it.each(rows)('%s', async (_, args, status, code, names) => {
    const end = await run(...args)
    expect(errorOf(end)?.code, end.stderr).toBe(code)
    expect(errorOf(end)?.message).toMatch(names)
    expect(end.status).toBe(status)
  })
})
