// Protects: what the starter is told is what it does, and a wrong word is named.
import { describe, expect, it } from 'vitest'
import { describeUse, type DemoDocument, lossTable } from '../../../src/demo/document.ts'
import { readPlan, siteNames } from '../../../src/demo/plan.ts'

describe('readPlan', () => {
  it('names sites by letter and reads attacks and kills', () => {
    expect(readPlan(4, ['sign-flip:site-b'], ['site-c@certify', 'site-a@vote'])).toEqual({
      sites: ['site-a', 'site-b', 'site-c', 'site-d'],
      attacks: [{ kind: 'sign-flip', site: 'site-b' }],
      kills: [
        { site: 'site-c', after: 'receipt' },
        { site: 'site-a', after: 'vote' },
      ],
    })
  })

  it('gives an attack without a site to the last one', () => {
    expect(readPlan(5, ['silent'], []).attacks).toEqual([{ kind: 'silent', site: 'site-e' }])
  })

  it.each([
    [2, [], [], '--sites 2'],
    [27, [], [], '--sites 27'],
    [5, ['bribe'], [], '--attack bribe'],
    [5, ['scale:site-z'], [], '--attack site-z'],
    [5, ['scale:site-a', 'alie:site-a'], [], '--attack'],
    [5, [], ['site-a'], '--kill site-a'],
    [5, [], ['site-a@lunch'], '--kill site-a@lunch'],
  ] as const)('refuses %s %s %s and names the word', (count, attacks, kills, named) => {
    expect(() => readPlan(count, attacks, kills)).toThrow(named)
  })

  it('knows the bounds', () => {
    expect(siteNames(26).at(-1)).toBe('site-z')
  })
})

const document: DemoDocument = {
  schema: 'oneround/demo@1',
  seconds: 1,
  decided: true,
  roster: ['site-a', 'site-b', 'site-c'],
  received: 3,
  used: 2,
  rule: 'multi-krum',
  sites: [
    { name: 'site-a', honest: true, losses: null, digest: 'aa', leftOut: null },
    {
      name: 'site-b',
      honest: true,
      losses: {
        own: { base: 3, local: 1.25, merged: 2 },
        all: { base: 3, local: 2.5, mean: 2.75, merged: 2, central: 1 },
      },
      digest: 'aa',
      leftOut: null,
    },
    {
      name: 'site-c',
      honest: false,
      losses: null,
      digest: null,
      leftOut: { by: 'multi-krum', reason: 'distance score 9.4× the median', figures: {} },
    },
  ],
  certificate: null,
  adapter: null,
  baseModel: 'base',
  testData: {},
}

describe('the report', () => {
  it('says that a rule leaves out and evidence excludes, and calls nobody an attacker', () => {
    expect(describeUse(document)).toBe(
      '3 of 3 updates received, 2 used; site-c left out by multi-krum: distance score 9.4× the median',
    )
    expect(describeUse(document)).not.toMatch(/attack|malicious|byzantine|liar/i)
  })

  it('shows a row for each site with losses, and none for the others', () => {
    const table = lossTable(document.sites)
    expect(table).toContain('1.250')
    expect(table).not.toContain('site-c')
  })
})
