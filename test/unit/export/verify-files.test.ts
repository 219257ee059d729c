// Protects: a site's folder proves its result wherever it lies, from the updates up, and one changed byte shows.
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseRuleChoice, resolveRule, ruleText } from '../../../src/aggregate/index.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { openAggregateFile } from '../../../src/export/aggregate-file.ts'
import { exportResult } from '../../../src/export/export-result.ts'
import { parseCertificateFile } from '../../../src/export/verify.ts'
import { verify } from '../../../src/export/verify-files.ts'
import { readAdapter } from '../../../src/model/peft.ts'
import { readAllFloat32 } from '../../../src/model/weights.ts'
import { type FinishedRound, writeFinishedRound } from '../../support/finished-round.ts'

/** Rules, with steps and parameters too, also with a charter that wants a result of a given rank. */
const ROUNDS = [
  'multi-krum',
  'trimmed-mean',
  'multi-krum of rank 3',
  'trimmed-mean of rank 1',
  // Drawn from the round's seed, which a verifier finds in the updates.
  'bucketing+dare-linear:density=0.4',
  'clip+nnm+geometric-median',
]

let folder = ''
let count = 0
const finished = new Map<string, FinishedRound>()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-verify-test-'))
  for (const rule of ROUNDS) {
    const [id = rule, rank] = rule.split(' of rank ')
    const resultRank = rank === undefined ? undefined : Number(rank)
    const { node } = await writeFinishedRound(join(folder, `made-${rule}`), id, resultRank)
    // Moved elsewhere: nothing in the folder may depend on where it was made.
    await rename(node, join(folder, `moved-${rule}`))
    finished.set(rule, await pathsIn(join(folder, `moved-${rule}`)))
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function pathsIn(node: string): Promise<FinishedRound> {
  const { roundFolder } = await import('../../../src/node/round-folder.ts')
  const round = roundFolder(node, 1)
  const { certificate } = parseCertificateFile(await readFile(round.certificate, 'utf8'), 'c.json')
  const updates = certificate.decision.updates.map(({ update }) =>
    join(round.updates, `${Buffer.from(update).toString('hex')}.safetensors`),
  )
  return { node, folder: round, updates }
}

/** A copy to damage. */
async function copyOf(rule = 'multi-krum'): Promise<FinishedRound> {
  const node = join(folder, `copy-${count++}`)
  await cp(finished.get(rule)?.node ?? '', node, { recursive: true })
  return pathsIn(node)
}

async function flipByte(path: string, fromEnd: number): Promise<void> {
  const bytes = await readFile(path)
  const at = bytes.length - fromEnd
  bytes[at] = (bytes[at] ?? 0) ^ 1
  await writeFile(path, bytes)
}

const failing = async (path: string, options = {}) =>
  (await verify(path, options)).checks
    .filter(({ holds }) => !holds)
    .map(({ id, code }) => `${id} ${code ?? ''}`)

describe.each(ROUNDS)('a site’s folder after a round of %s', (rule) => {
  it('holds: certificate, aggregate, adapter, and the aggregate computed again', async () => {
    const { node, folder: round } = finished.get(rule) ?? (await copyOf(rule))
    const report = await verify(node, { updates: true })
    expect(report.checks.filter(({ holds }) => !holds)).toEqual([])
    expect(report.holds).toBe(true)
    const ids = report.checks.map(({ id }) => id)
    for (const id of [
      'charter-trusted',
      'charter-signed',
      'certificate',
      'aggregate',
      'adapter',
      'recomputed',
    ]) {
      expect(ids).toContain(id)
    }
    expect(ids.filter((id) => id === 'updates')).toHaveLength(5)
    expect(report.file).toBe(round.certificate)
  })

  it('gives an adapter whose ΔW is the aggregate’s', async () => {
    const { folder: round } = finished.get(rule) ?? (await copyOf(rule))
    const out = join(folder, `delta-${rule}`)
    const certificate = parseCertificateFile(await readFile(round.certificate, 'utf8'), 'c.json')
    const report: unknown = JSON.parse(await readFile(round.report, 'utf8'))
    await exportResult({
      folder: out,
      format: 'delta',
      aggregatePath: round.aggregate,
      certificatePath: round.certificate,
      certificate,
      report,
      baseModel: 'base',
    })
    const deltas = await readAllFloat32(join(out, 'delta.safetensors'))
    const { modules } = await readAdapter(round.adapter)
    expect(modules).toHaveLength(2)
    for (const { name, a, b, rank, in: width, out: height, scale } of modules) {
      const delta = deltas.get(`${name}.weight`)
      for (let o = 0; o < height; o++) {
        for (let i = 0; i < width; i++) {
          let sum = 0
          for (let k = 0; k < rank; k++) sum += scale * (b[o * rank + k] ?? 0) * (a[k * width + i] ?? 0)
          expect(sum).toBeCloseTo(delta?.[o * width + i] ?? Number.NaN, 6)
        }
      }
    }
    const card = await readFile(join(round.adapter, 'README.md'), 'utf8')
    expect(card).toContain('`site-a`')
    expect(card).toContain(ruleText(resolveRule(parseRuleChoice(rule.split(' ')[0] ?? ''))))
    // The figures of the rule's report are in the card: a norm for every member, a weight where the rule gives one.
    expect(card).toMatch(/krum|geometric/.test(rule) ? /`site-a` \| 0?[.\d]+ \| \d/ : /`site-a` \| – \| \d/)
    expect(card).not.toMatch(/attack/i)
    if (rule === 'multi-krum') expect(card).toMatch(/left out by multi-krum: distance score/)
  })
})

describe('what was changed shows', () => {
  it.each([
    [
      'one byte of the aggregate',
      (each: FinishedRound) => flipByte(each.folder.aggregate, 3),
      ['aggregate AGGREGATE_DIFFERS'],
    ],
    [
      'one byte of the adapter',
      (each: FinishedRound) => flipByte(join(each.folder.adapter, 'adapter_model.safetensors'), 3),
      ['adapter ADAPTER_DIFFERS'],
    ],
    [
      'the adapter’s scale',
      (each: FinishedRound) =>
        edit(join(each.folder.adapter, 'adapter_config.json'), /"lora_alpha": \d+/, '"lora_alpha": 1'),
      ['adapter ADAPTER_DIFFERS'],
    ],
    [
      'one byte of an update',
      (each: FinishedRound) => flipByte(each.updates[2] ?? '', 9),
      ['updates UPDATE_DIFFERS'],
    ],
    [
      'an update that is gone',
      (each: FinishedRound) => rm(each.updates[1] ?? ''),
      ['updates UPDATE_DIFFERS'],
    ],
    [
      'an update cut short',
      async (each: FinishedRound) =>
        writeFile(each.updates[0] ?? '', (await readFile(each.updates[0] ?? '')).subarray(0, 100)),
      ['updates UPDATE_DIFFERS'],
    ],
    [
      'two updates exchanged',
      (each: FinishedRound) => exchange(each.updates[0] ?? '', each.updates[1] ?? ''),
      ['updates UPDATE_DIFFERS', 'updates UPDATE_DIFFERS'],
    ],
  ])('%s', async (_, damage, expected) => {
    const copy = await copyOf()
    await damage(copy)
    expect(await failing(copy.node, { updates: true })).toEqual(expected)
  })

  it('and what is not asked for is not needed', async () => {
    const copy = await copyOf()
    for (const path of copy.updates) await rm(path)
    expect(await failing(copy.node)).toEqual([])
    expect(await failing(copy.folder.certificate)).toEqual([])
  })

  it('a certificate of another charter than the node’s', async () => {
    const copy = await copyOf()
    await cp(join(finished.get('trimmed-mean')?.node ?? '', 'charter.json'), join(copy.node, 'charter.json'))
    expect(await failing(copy.node)).toEqual(['charter-trusted CHARTERS_DIFFER'])
    expect(await failing(copy.folder.certificate, { charterDigest: sha256() })).toEqual([
      'charter-trusted CHARTERS_DIFFER',
    ])
  })

  it('and a folder without a certificate is said to be one', async () => {
    const { node } = finished.get('multi-krum') ?? (await copyOf())
    await expect(verify(node, { round: 7 })).rejects.toThrow(/no certificate of round 7/)
    await expect(verify(join(node, 'nowhere'))).rejects.toThrow(/no such file/)
  })
})

describe('an aggregate file', () => {
  it('is refused when it is an update', async () => {
    const { updates } = finished.get('multi-krum') ?? (await copyOf())
    await expect(openAggregateFile(updates[0] ?? '')).rejects.toThrow(/no aggregate: its metadata/)
  })
})

async function edit(path: string, pattern: RegExp, replacement: string): Promise<void> {
  const text = await readFile(path, 'utf8')
  expect(text).toMatch(pattern)
  await writeFile(path, text.replace(pattern, replacement))
}

async function exchange(a: string, b: string): Promise<void> {
  await rename(a, `${a}.x`)
  await rename(b, a)
  await rename(`${a}.x`, b)
}
