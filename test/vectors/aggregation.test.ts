// Protects: every rule computes what its paper's formula says (numpy float64), and the vectors tell all rules apart.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { aggregate, openKernelClient, RULE_BOOK, RULES } from '../../src/aggregate/index.ts'
import type { Layout } from '../../src/charter/schema.ts'
import { aggregationOf, denseResult, readMetadata, tempFolder, writeUpdate } from '../support/update-files.ts'
import vectors from './aggregation.json' with { type: 'json' }

const folder = tempFolder()
const kernel = openKernelClient()
afterAll(async () => {
  await kernel.stop()
  rmSync(folder, { recursive: true, force: true })
})

type Case = (typeof vectors.cases)[number]

const layoutOf = ({ modules, scale }: Case): Layout => ({
  modules,
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
  const outcome = await aggregate({ layout: layoutOf(each), aggregation, inputs, outputPath }, { kernel })
  return { outcome, outputPath }
}

const rows = vectors.cases.flatMap((each) =>
  Object.entries(each.results).map(([rule, expected]) => ({ name: each.name, rule, each, expected })),
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
    expect(outcome.rule).toEqual({ id: rule, version: 1 })
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
    for (const one of RULES) {
      for (const other of RULES) {
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
  })
})
