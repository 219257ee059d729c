// Protects: the kernel and a second implementation in plain TypeScript both give the committed answers, to the last bit.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { RULES, STEPS } from '../../src/aggregate/index.ts'
import { loadKernel } from '../../src/aggregate/kernel/kernel.ts'
import { answerByKernel, readConformance, writeInputs } from '../support/conformance.ts'
import { answerByReference } from '../support/reference/reference.ts'
import { tempFolder } from '../support/update-files.ts'

const folder = tempFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const { sets, vectors } = readConformance()

describe('the conformance vectors', () => {
  it('ask every rule and every step, each by a name of its own', () => {
    const asked = new Set(vectors.flatMap(({ rule }) => [rule.id, ...(rule.steps ?? []).map(({ id }) => id)]))
    expect([...RULES, ...STEPS].filter(({ id }) => !asked.has(id))).toEqual([])
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length)
  })

  it.each([...sets.values()])('are the kernel’s and the reference’s answers on $name', async (set) => {
    const kernel = await loadKernel()
    const inputs = await writeInputs(set, folder)
    for (const vector of vectors.filter((each) => each.inputs === set.name)) {
      const byKernel = await answerByKernel(kernel, set, inputs, vector, join(folder, 'out'))
      expect(byKernel, vector.name).toEqual(vector.expected)
      expect(answerByReference(set, vector).answer, vector.name).toEqual(vector.expected)
    }
  })
})
