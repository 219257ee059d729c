// Protects: `merge --list` names every rule and step, says which hold for so many adapters, and why the others do not.
import { describe, expect, it } from 'vitest'
import { RULES, STEPS } from '../../../src/aggregate/index.ts'
import { listRules } from '../../../src/cli/commands/rule-list.ts'

type Listed = {
  readonly updates: number | null
  readonly rules: readonly {
    readonly id: string
    readonly valid?: boolean
    readonly reason?: string | null
  }[]
  readonly steps: readonly {
    readonly id: string
    readonly parameters: readonly { readonly name: string }[]
  }[]
}
const documentOf = (m: number | null, b: number): Listed => {
  const { document } = listRules(m, b)
  return JSON.parse(JSON.stringify(document)) as Listed
}

describe('the list of rules', () => {
  it('says which adapter lacks what a rule reads', () => {
    const { text } = listRules(5, 1, 'third/')
    expect(text).toMatch(/^fisher-mean +no /m)
    expect(text).toMatch(/^fisher-mean needs fisher\.safetensors .*: third\/ has none$/m)
    expect(listRules(5, 1).text).toMatch(/^fisher-mean +yes /m)
  })

  it('for five adapters, one of them poisoned', () => {
    const { rules, steps } = documentOf(5, 1)
    expect(rules.map(({ id }) => id)).toEqual(RULES.map(({ id }) => id))
    expect(steps.map(({ id }) => id)).toEqual(STEPS.map(({ id }) => id))
    expect(rules.filter(({ valid }) => valid !== true)).toMatchObject([
      { id: 'bulyan', valid: false, reason: expect.stringContaining('at least 7 updates') },
    ])
    expect(steps.find(({ id }) => id === 'bucketing')?.parameters).toMatchObject([
      { name: 'size', default: 2 },
    ])
    const { text } = listRules(5, 1)
    expect(text).toMatch(/^5 adapters, of which 1 may be poisoned/)
    expect(text).toMatch(/^bulyan +no /m)
    expect(text).toMatch(/^krum +yes /m)
    expect(text).toContain('bulyan needs m ≥ 4b+3: at least 7 updates to bear b = 1, but there are 5')
  })

  it('without adapters says of no rule whether it holds', () => {
    const { rules, updates } = documentOf(null, 1)
    expect(updates).toBeNull()
    expect(rules.some((rule) => 'valid' in rule)).toBe(false)
    expect(listRules(null, 1).text).not.toMatch(/ holds /)
  })
})
