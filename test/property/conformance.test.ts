// Protects: the kernel and the reference implementation agree on any job, to the last bit: unlike ranks, subnormals, −0,
// duplicates, updates that nearly agree, every number of updates.
import fc from 'fast-check'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseRuleChoice, RULES, whyInvalid } from '../../src/aggregate/index.ts'
import { type Kernel, loadKernel } from '../../src/aggregate/kernel/kernel.ts'
import { answerByKernel, areCapped, writeInputs } from '../support/conformance.ts'
import { answerByReference } from '../support/reference/reference.ts'
import { hexOfSingles, type InputSet } from '../support/reference/vector.ts'
import { tempFolder } from '../support/update-files.ts'

const folder = tempFolder()
let kernel: Kernel
beforeAll(async () => {
  kernel = await loadKernel()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const value = fc.oneof(
  { weight: 6, arbitrary: fc.float({ min: -8, max: 8, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 0.5, 1, -1) },
  { weight: 1, arbitrary: fc.float({ min: Math.fround(-1e-38), max: Math.fround(1e-38), noNaN: true }) },
  { weight: 1, arbitrary: fc.float({ min: -32768, max: 32768, noNaN: true }) },
)
const values = (count: number) => fc.array(value, { minLength: count, maxLength: count })

/** What a Fisher diagonal may hold, zeros and all. */
const squares = (count: number) => values(count).map((all) => hexOfSingles(all.map(Math.abs)))

/** Copies of earlier members, the last digits of some entries changed. */
const copy = fc.record({ from: fc.nat(30), ulps: fc.constantFrom(0, 0, 1, 3, 64) })

function nudged(values: readonly number[], ulps: number): readonly number[] {
  const singles = Float32Array.from(values)
  const bits = new Int32Array(singles.buffer)
  const [first] = bits
  // Away from 0 by some units in the last place; what is large stays finite.
  if (first !== undefined && (first & 0x7fffffff) < 0x47000000) bits[0] = first + ulps
  return [...singles]
}

const set: fc.Arbitrary<InputSet> = fc
  .record({
    m: fc.integer({ min: 1, max: 20 }),
    shapes: fc.array(fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 4 })), {
      minLength: 1,
      maxLength: 2,
    }),
    isShared: fc.boolean(),
    parts: fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }), { maxLength: 2 }),
    scale: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
  })
  .chain(({ m, shapes, isShared, parts, scale }) => {
    const ranks = isShared ? fc.constant(2) : fc.integer({ min: 1, max: 6 })
    const member = ranks.chain((rank) =>
      fc.record({
        fisher: fc.record({
          modules: fc.tuple(
            ...shapes.map(([width, out]) =>
              fc.record({ rows: squares(out), columns: squares(isShared ? rank : width) }),
            ),
          ),
          dense: fc.tuple(...parts.map((shape) => squares(shape.reduce((count, size) => count * size, 1)))),
        }),
        claim: fc.integer({ min: 1, max: 5 }),
        copy: fc.option(copy, { nil: null, freq: 4 }),
        changes: fc.tuple(...parts.map((shape) => values(shape.reduce((count, size) => count * size, 1)))),
        factors: fc.tuple(
          ...shapes.map(([width, out]) =>
            fc.record({ rank: fc.constant(rank), a: values(rank * width), b: values(out * rank) }),
          ),
        ),
      }),
    )
    return fc.array(member, { minLength: m, maxLength: m }).map((members): InputSet => {
      const inputs: {
        claim: number
        factors: { rank: number; a: string; b: string }[]
        dense: string[]
        fisher: NonNullable<InputSet['inputs'][number]['fisher']>
      }[] = []
      for (const [i, { claim, copy: copied, factors, changes, fisher }] of members.entries()) {
        const source = copied === null ? undefined : members[copied.from % (i + 1)]
        const own = (source?.factors ?? factors).map(({ rank, a, b }, k) => ({
          rank,
          a: hexOfSingles(isShared ? (members[0]?.factors[k]?.a ?? a) : a),
          b: hexOfSingles(nudged(b, copied?.ulps ?? 0)),
        }))
        const dense = (source?.changes ?? changes).map(hexOfSingles)
        inputs.push({ claim, factors: own, dense, fisher })
      }
      const modules = shapes.map(([width, out], k) => ({ name: `m${k}`, in: width, out }))
      const dense = parts.map((shape, k) => ({ name: `p${k}`, shape }))
      return { name: 'random', scale, modules, sharedA: isShared, dense, inputs }
    })
  })

const FURTHER = [
  'nnm+multi-krum',
  'nnm+median',
  'clip+geometric-median',
  'bucketing+smea',
  'bucketing:size=3+ties',
  'clip+nnm+mean',
]

describe.each([...RULES.map(({ id }) => id), ...FURTHER])('%s', (text) => {
  it('is the same by both', async () => {
    const rule = parseRuleChoice(text)
    await fc.assert(
      fc.asyncProperty(set, fc.boolean(), async (inputs, isWeighed) => {
        const m = inputs.inputs.length
        // Subsets of 20 would take the reference minutes: as many poisoned as can be looked at.
        const b = (m > 12 ? [1, 0] : [3, 2, 1, 0]).find((count) => whyInvalid(rule, m, count) === null)
        if (b === undefined) return
        const question = {
          name: text,
          inputs: inputs.name,
          rule,
          b,
          claims: isWeighed && areCapped(inputs, b) ? ('given' as const) : ('equal' as const),
          lambda: [7, 5] as const,
          seed: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
        }
        const job = await writeInputs(inputs, folder)
        const byKernel = await answerByKernel(kernel, inputs, job, question, join(folder, 'out'))
        expect(byKernel).toEqual(answerByReference(inputs, question).answer)
      }),
      { numRuns: 6 },
    )
  })
})
