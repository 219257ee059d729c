// Protects: the wrong kernels of test/mutants/ still apply to today's sources, cover every rule, and are found out by the
// conformance vectors: three of them here, all of them in `npm run conformance:mutants`.
import { rmSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { RULES, STEPS } from '../../src/aggregate/index.ts'
import { type KernelMutant, KERNEL_MUTANTS } from '../mutants/kernel-mutants.ts'
import { kernelSource } from '../support/mutant-kernel.ts'
import { prepareVectors, vectorsThatSee } from '../support/mutant-vectors.ts'
import { tempFolder } from '../support/update-files.ts'

const folder = tempFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const prepared = prepareVectors(folder)

describe('wrong kernels', () => {
  it.each(KERNEL_MUTANTS)('$name: its line is once in its file', ({ file, find, replace }) => {
    expect(kernelSource(file).split(find)).toHaveLength(2)
    expect(replace).not.toBe(find)
  })

  it('cover every rule and every step', () => {
    const covered = new Set(KERNEL_MUTANTS.flatMap(({ seenBy }) => seenBy))
    expect([...RULES, ...STEPS].map(({ id }) => id).filter((id) => !covered.has(id))).toEqual([])
  })

  it.each([
    'takes three large terms for a distance to a point',
    'adds what is left from the largest down',
    'drops the same coordinates of every member',
  ])('%s: seen', async (name) => {
    const mutant = KERNEL_MUTANTS.find((each) => each.name === name)
    expect(mutant).toBeDefined()
    if (mutant === undefined) return
    const { expected } = await vectorsThatSee(mutant, await prepared, { onlyExpected: true })
    expect(expected.length).toBeGreaterThan(0)
  })

  it('are told apart from the right one only by what is wrong', async () => {
    const harmless: KernelMutant = {
      name: 'nothing is wrong',
      file: 'linear.ts',
      find: "import { at } from './array'",
      replace: "// unchanged\nimport { at } from './array'",
      seenBy: ['median', 'krum', 'geometric-median'],
    }
    expect(await vectorsThatSee(harmless, await prepared, { onlyExpected: true })).toEqual({
      all: [],
      expected: [],
    })
  })
})
