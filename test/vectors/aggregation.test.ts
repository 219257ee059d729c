// Protects: every rule computes what its paper's formula says (numpy float64), and the vectors tell all rules apart.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  aggregate,
  openKernelClient,
  parseRuleChoice,
  RULE_BOOK,
  RULES,
  STEPS,
} from '../../src/aggregate/index.ts'
import type { Layout } from '../../src/charter/schema.ts'
import { asDigest } from '../../src/core/ids.ts'
import { aggregationOf, denseResult, readMetadata, tempFolder, writeUpdate } from '../support/update-files.ts'
import vectors from './aggregation.json' with { type: 'json' }

const folder = tempFolder()
const kernel = openKernelClient()
afterAll(async () => {
  await kernel.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** As in the generator. */
const seed = asDigest(Uint8Array.from({ length: 32 }, (_, i) => i))

type Case = (typeof vectors.cases)[number]

const layoutOf = ({ modules, scale }: Case): Layout => ({
  modules,
  fisher: true,
  rankMax: 8,
  scale: [scale[0] ?? 1, scale[1] ?? 1],
  dtype: 'f32',
})

function inputsOf(each: Case) {
  return each.inputs.map((input, member) => ({
    member,
    claim: input.claim,
    path: writeUpdate(join(folder, `${each.name}-${member}`), layoutOf(each), input),
  }))
}

async function run(each: Case, rule: string) {
  const outputPath = join(folder, `${each.name}-${rule}.safetensors`)
  // Claims small enough that the cap of b largest below half does not bite, so that the plain formula holds.
  const aggregation = await aggregationOf([rule], each.b, {
    weights: each.inputs.length > 2 * each.b ? 'samples' : 'uniform',
    lambda: [each.lambda[0] ?? 1, each.lambda[1] ?? 1],
  })
  const inputs = inputsOf(each).toReversed()
  const outcome = await aggregate(
    { layout: layoutOf(each), aggregation, inputs, outputPath, seed },
    { kernel },
  )
  return { outcome, outputPath }
}

const rows = vectors.cases.flatMap((each) =>
  Object.entries(each.results).map(([rule, expected]) => ({ name: each.name, rule, each, expected })),
)

/** Every step, before rules that it must change. */
const STEPPED = ['nnm+krum', 'nnm+trimmed-mean', 'nnm+mean', 'bucketing+mean', 'clip:norm=3+mean'].map(
  (id) => ({ id }),
)

describe('rules against numpy', () => {
  it.each(rows)('$rule: $name', async ({ each, rule, expected }) => {
    const { outcome, outputPath } = await run(each, rule)
    const found = denseResult(outputPath, layoutOf(each))
    const largest = Math.max(...expected.flat().map(Math.abs))
    const worst = Math.max(
      ...expected.map((module, k) =>
        Math.max(...module.map((x, i) => Math.abs(x - (found[k]?.[i] ?? Number.NaN)))),
      ),
    )
    expect(worst / largest).toBeLessThan(1e-6)
    const { id, version } = parseRuleChoice(rule)
    expect(outcome.rule).toEqual({ id, version })
    expect(readMetadata(outputPath).get('rule')).toBe(outcome.ruleText)
    expect(readMetadata(outputPath).get('form')).toBe(outcome.form)
    expect(outcome.form === 'dense').toBe(RULE_BOOK.isDense(outcome.rule))
    outcome.members.forEach(({ norm }, i) => {
      expect(norm).toBeCloseTo(Math.sqrt(each.gram[i]?.[i] ?? Number.NaN), 6)
    })
  })

  it('has a vector for every rule, and a vector that separates every pair', () => {
    const byRule = new Map(RULES.map(({ id }) => [id, rows.filter(({ rule }) => rule === id)]))
    expect([...byRule].filter(([, found]) => found.length === 0).map(([id]) => id)).toEqual([])
    const alike: string[] = []
    const all = [...RULES, ...STEPPED]
    for (const one of all) {
      for (const other of all) {
        if (one.id >= other.id) continue
        const isSeparated = vectors.cases.some((each) => {
          const results: Readonly<Record<string, readonly (readonly number[])[] | undefined>> = each.results
          const [x, y] = [results[one.id]?.flat(), results[other.id]?.flat()]
          return (
            x !== undefined && y !== undefined && x.some((value, i) => Math.abs(value - (y[i] ?? 0)) > 1e-3)
          )
        })
        if (!isSeparated) alike.push(`${one.id} = ${other.id}`)
      }
    }
    expect(alike).toEqual([])
    for (const { id } of STEPS) expect(STEPPED.some((each) => each.id.startsWith(id))).toBe(true)
  })
})
