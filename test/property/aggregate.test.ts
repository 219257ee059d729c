// Protects: what every rule must do with any inputs: forget the order of arrival, return what all agree on, and, where it
// claims to bear poison, stay near the honest updates whatever b others send.
import fc from 'fast-check'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { aggregate, openKernelClient, RULES } from '../../src/aggregate/index.ts'
import type { Layout } from '../../src/charter/schema.ts'
import { toHex } from '../../src/core/bytes.ts'
import { aggregationOf, denseResult, tempFolder, writeUpdate } from '../support/update-files.ts'

const folder = tempFolder()
const kernel = openKernelClient()
afterAll(async () => {
  await kernel.stop()
  rmSync(folder, { recursive: true, force: true })
})

const layout: Layout = { modules: [{ name: 'm', in: 3, out: 2 }], rankMax: 2, scale: [1, 1], dtype: 'f32' }
const B = 1
const M = 5
type Update = { readonly a: readonly number[]; readonly b: readonly number[] }
const values = (count: number) =>
  fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: count, maxLength: count })
const update: fc.Arbitrary<Update> = fc.record({ a: values(3), b: values(2) })

async function run(rule: string, updates: readonly Update[], order = updates.map((_, i) => i)) {
  const outputPath = join(folder, 'out')
  const inputs = updates.map((each, member) => ({
    member,
    claim: 1,
    path: writeUpdate(join(folder, `${member}`), layout, { rank: 1, modules: [each] }),
  }))
  const arrived = order.flatMap((i) => inputs[i] ?? [])
  const outcome = await aggregate(
    { layout, aggregation: await aggregationOf([rule], B), inputs: arrived, outputPath },
    { kernel },
  )
  return { digest: toHex(outcome.digest), dense: denseResult(outputPath, layout)[0] ?? [] }
}

const deltaOf = ({ a, b }: Update) => b.flatMap((y) => a.map((x) => Math.fround(y) * Math.fround(x)))

describe.each(RULES.map(({ id }) => id))('%s', (id) => {
  it('gives the same bytes in any order of arrival', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(update, { minLength: M, maxLength: M }),
        fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: M }),
        async (updates, order) => {
          expect((await run(id, updates, order)).digest).toBe((await run(id, updates)).digest)
        },
      ),
      { numRuns: 12 },
    )
  })

  it('of equal updates is that update', async () => {
    await fc.assert(
      fc.asyncProperty(update, async (each) => {
        const { dense } = await run(
          id,
          Array.from({ length: M }, () => each),
        )
        deltaOf(each).forEach((value, i) => expect(dense[i]).toBeCloseTo(value, 4))
      }),
      { numRuns: 8 },
    )
  })
})

const bearing = RULES.filter(({ breakdown }) => breakdown.startsWith('b ')).map(({ id }) => id)
describe.each(bearing)('%s, which claims to bear poison,', (id) => {
  it('stays within the honest updates’ reach, whatever one other sends', async () => {
    const poisoned = fc.record({
      a: values(3),
      b: fc.array(fc.constantFrom(-1e4, 1e4), { minLength: 2, maxLength: 2 }),
    })
    const honest = fc.array(update, { minLength: M - 1, maxLength: M - 1 })
    await fc.assert(
      fc.asyncProperty(honest, poisoned, async (good, bad) => {
        const { dense } = await run(id, [...good, bad])
        const reach = Math.max(...good.map((each) => Math.hypot(...deltaOf(each))))
        // Clipping and trimming keep each share below the honest norm; Krum's choice among honest ones too, up to √(m·d).
        expect(Math.hypot(...dense)).toBeLessThanOrEqual(Math.sqrt(M * 6) * reach + 1e-3)
      }),
      { numRuns: 12 },
    )
  })
})
