// Protects: a report's figures are those of the updates, its change without a member is a real second merge, and nobody can alter it.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSigner } from '../../../src/core/signature.ts'
import { SeededRng } from '../../../src/core/seeded-rng.ts'
import { merge } from '../../../src/export/merge.ts'
import { type AdapterModule, readAdapter, writeAdapter } from '../../../src/model/peft.ts'
import {
  type MergeReport,
  readReport,
  reportOn,
  reportPage,
  reportText,
  signReport,
  subjectOfMerge,
  subjectOfRound,
} from '../../../src/report/index.ts'
import { writeFinishedRound } from '../../support/finished-round.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-report-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const SHAPES = [
  { name: 'layers.0.q_proj', in: 6, out: 4 },
  { name: 'layers.1.q_proj', in: 3, out: 7 },
]
const modulesOf = (seed: number, rank: number) => {
  const rng = new SeededRng(`report/${seed}`)
  const values = (count: number) => Float32Array.from({ length: count }, () => (rng.below(2001) - 1000) / 500)
  return SHAPES.map((shape) => ({
    ...shape,
    rank,
    scale: 2,
    a: values(rank * shape.in),
    b: values(shape.out * rank),
  }))
}
const deltaOf = ({ a, b, rank, scale, in: width, out }: Omit<AdapterModule, 'kernel'>): readonly number[] =>
  Array.from({ length: out * width }, (_, at) => {
    let sum = 0
    for (let k = 0; k < rank; k++)
      sum += (b[Math.floor(at / width) * rank + k] ?? 0) * (a[k * width + (at % width)] ?? 0)
    return scale * sum
  })
const dot = (x: readonly number[], y: readonly number[]) =>
  x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0)
const norm = (x: readonly number[]) => Math.sqrt(dot(x, x))

async function reportOfMerge(rule: string, b: number): Promise<MergeReport> {
  const adapters = [1, 2, 3, 4].map((seed) => join(folder, `adapter-${seed}`))
  for (const [i, adapter] of adapters.entries()) await writeAdapter(adapter, modulesOf(i, i + 1))
  const reports: MergeReport[] = []
  const names = ['<b>one</b>', 'two', 'three', 'four']
  await merge(
    { adapters, rule, b, out: join(folder, `merged-${rule}`) },
    {
      inspect: async (material) => {
        reports.push(await reportOn(subjectOfMerge(material, names), `a merge by ${rule}`, folder))
      },
    },
  )
  const [report] = reports
  if (report === undefined) throw new Error('the merge was inspected')
  return report
}

describe('the report on a merge', () => {
  it.each([
    ['mean', 0],
    ['median', 1],
  ])('%s: has each layer’s norms and cosines, and each member’s weight in the result', async (rule, b) => {
    const report = await reportOfMerge(rule, b)
    const { modules } = await readAdapter(join(folder, `merged-${rule}`))
    const result = modules.map(deltaOf)
    const updates = [0, 1, 2, 3].map((i) => modulesOf(i, i + 1).map(deltaOf))
    report.layers.forEach((layer, k) => {
      const merged = result[k] ?? []
      expect(layer.module).toBe(SHAPES[k]?.name)
      expect(layer.norm / norm(merged)).toBeCloseTo(1, 5)
      layer.members.forEach((figures, i) => {
        const own = updates[i]?.[k] ?? []
        expect(figures.norm / norm(own)).toBeCloseTo(1, 5)
        expect(figures.cosine).toBeCloseTo(dot(own, merged) / (norm(own) * norm(merged)), 5)
      })
    })
    const whole = result.flat()
    for (const [i, member] of report.members.entries()) {
      if (!('change' in member.leaveOneOut)) throw new Error(member.leaveOneOut.reason)
      const others = updates.filter((_, j) => j !== i).map((each) => each.flat())
      const without = whole.map((_, at) => {
        const values = others.map((each) => each[at] ?? 0).toSorted((x, y) => x - y)
        return rule === 'mean'
          ? values.reduce((sum, value) => sum + value, 0) / values.length
          : (values[1] ?? 0)
      })
      const change = norm(whole.map((value, at) => value - (without[at] ?? 0))) / norm(whole)
      expect(member.leaveOneOut.change).toBeCloseTo(change, 4)
    }
  })

  it('says why a rule does not hold for one update less', async () => {
    const report = await reportOfMerge('trimmed-mean', 1)
    expect(report.members.every(({ leaveOneOut }) => 'change' in leaveOneOut)).toBe(true)
    const tight = await reportOfMerge('meamed', 1)
    expect(tight.members).toHaveLength(4)
  })

  it('as text and as a page says the same, and lets no name become markup', async () => {
    const report = await reportOfMerge('mean', 0)
    const text = reportText(report)
    expect(text).toContain('two: weight 0.25')
    expect(text).toMatch(/without it the result would move by [\d.]+ %/)
    const page = reportPage(report, 'Made by somebody.')
    expect(page).toContain('&lt;b&gt;one&lt;/b&gt;')
    expect(page).not.toContain('<b>one</b>')
    expect(page).toContain('Made by somebody.')
    expect(page.match(/<svg/g)).toHaveLength(2)
    expect(page).not.toMatch(/<script|src=|href=/)
  })
})

describe('a signed report', () => {
  it('is read back, and any change of it shows', async () => {
    const report = await reportOfMerge('mean', 0)
    const signer = createSigner(new Uint8Array(32).fill(9))
    const text = signReport(report, signer)
    const { report: read, signedBy } = readReport(text, 'report.json')
    expect(read).toEqual(report)
    expect(signedBy).toBe(Buffer.from(signer.publicKey).toString('hex'))
    expect(() => readReport(text.replace('two', 'too'), 'report.json')).toThrow(/signature does not hold/)
    expect(() => readReport(text.replace(/"signature": "../, '"signature": "00'), 'report.json')).toThrow(
      /does not hold/,
    )
    expect(() => readReport('{}', 'report.json')).toThrow(/report\.json: not a report/)
    expect(readReport(signReport(report, null), 'report.json').signedBy).toBeNull()
  })
})

describe('the report on a round', () => {
  it('computes the aggregate again and speaks of its members by name', async () => {
    const { node, folder: round, updates } = await writeFinishedRound(join(folder, 'node'), 'multi-krum')
    const { subject, title } = await subjectOfRound(node, folder, {})
    const report = await reportOn(subject, title, folder)
    expect(report.members.map(({ name }) => name)).toContain('site-a')
    expect(report.members.filter(({ leftOut }) => leftOut)).toHaveLength(1)
    // Five updates and b = 1: with four, multi-krum does not hold.
    for (const { leaveOneOut } of report.members) expect(leaveOneOut).toHaveProperty('reason')
    expect(reportText(report)).toMatch(/multi-krum needs/)
    const [first = ''] = updates
    const bytes = await readFile(first)
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1
    await rm(first)
    await import('node:fs/promises').then(({ writeFile }) => writeFile(first, bytes))
    await expect(subjectOfRound(node, folder, {})).rejects.toMatchObject({ info: { code: 'REPORT_INVALID' } })
    expect(round.certificate).toContain('node')
  })
})
