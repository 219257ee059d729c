// Protects: what every rule must do with any inputs: forget the order of arrival, return what all agree on, scale and move
// with its inputs, and, where it claims to bear poison, stay near the honest updates whatever b others send.
import fc from 'fast-check'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { aggregate, openKernelClient, parseRuleChoice, RULES, whyInvalid } from '../../src/aggregate/index.ts'
import type { Layout } from '../../src/charter/schema.ts'
import { toHex, utf8 } from '../../src/core/bytes.ts'
import { sha256 } from '../../src/core/hash.ts'
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { aggregationOf, denseResult, tempFolder, writeUpdate } from '../support/update-files.ts'

const folder = tempFolder()
const kernel = openKernelClient()
afterAll(async () => {
  await kernel.stop()
  rmSync(folder, { recursive: true, force: true })
})

const layout: Layout = {
  modules: [{ name: 'm', in: 3, out: 2 }],
  fisher: true,
  rankMax: 2,
  scale: [1, 1],
  dtype: 'f32',
}
const B = 1
const seed = sha256(utf8('test/property/aggregate'))
type Update = { readonly a: readonly number[]; readonly b: readonly number[] }
const values = (count: number) =>
  fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: count, maxLength: count })
const update: fc.Arbitrary<Update> = fc.record({ a: values(3), b: values(2) })

const STEPPED = ['nnm+krum', 'nnm+trimmed-mean', 'clip+mean', 'bucketing+median']
const ALL = [...RULES.map(({ id }) => id), ...STEPPED]
/** The fewest updates from five on for which the rule bears one. */
const countFor = (text: string): number =>
  [5, 7].find((m) => whyInvalid(parseRuleChoice(text), m, B) === null) ?? 11

async function run(rule: string, updates: readonly Update[], order = updates.map((_, i) => i)) {
  const outputPath = join(folder, 'out')
  const inputs = updates.map((each, member) => ({
    member,
    claim: 1,
    path: writeUpdate(join(folder, `${member}`), layout, {
      rank: each.b.length / 2,
      modules: [each],
      fisher: { modules: [{ rows: [1 + member, 2], columns: [1, 1 + member / 2, 3] }], dense: [] },
    }),
  }))
  const arrived = order.flatMap((i) => inputs[i] ?? [])
  const outcome = await aggregate(
    { layout, aggregation: await aggregationOf([rule], B), inputs: arrived, outputPath, seed },
    { kernel },
  )
  return { digest: toHex(outcome.digest), dense: denseResult(outputPath, layout)[0] ?? [] }
}

const deltaOf = ({ a, b }: Update) => b.flatMap((y) => a.map((x) => Math.fround(y) * Math.fround(x)))

/** Rules that leave out coordinates on purpose are asked to leave out none. */
const whole = (id: string): string => (/^(ties|dare)/.test(id) ? `${id}:density=1` : id)

describe.each(ALL)('%s', (id) => {
  const m = countFor(id)

  it('gives the same bytes in any order of arrival', async () => {
    const places = Array.from({ length: m }, (_, i) => i)
    await fc.assert(
      fc.asyncProperty(
        fc.array(update, { minLength: m, maxLength: m }),
        fc.shuffledSubarray(places, { minLength: m }),
        async (updates, order) => {
          expect((await run(id, updates, order)).digest).toBe((await run(id, updates)).digest)
        },
      ),
      { numRuns: 8 },
    )
  })

  it('of equal updates is that update', async () => {
    // A sum is m times it.
    const times = id === 'task-arithmetic' ? m : 1
    await fc.assert(
      fc.asyncProperty(update, async (each) => {
        const { dense } = await run(
          whole(id),
          Array.from({ length: m }, () => each),
        )
        deltaOf(each).forEach((value, i) => expect(dense[i]).toBeCloseTo(times * value, 4))
      }),
      { numRuns: 6 },
    )
  })

  it('of updates twice as large is twice as large, to the last bit', async () => {
    // Quarters: nothing below the normal range, so that doubling is exact everywhere.
    const quarters = (count: number) =>
      fc.array(
        fc.integer({ min: -64, max: 64 }).map((n) => n / 4),
        { minLength: count, maxLength: count },
      )
    const coarse = fc.record({ a: quarters(3), b: quarters(2) })
    await fc.assert(
      fc.asyncProperty(fc.array(coarse, { minLength: m, maxLength: m }), async (updates) => {
        const { dense } = await run(id, updates)
        const doubled = await run(
          id,
          updates.map(({ a, b }) => ({ a, b: b.map((value) => 2 * value) })),
        )
        expect(doubled.dense).toEqual(dense.map((value) => 2 * value))
      }),
      { numRuns: 6 },
    )
  })
})

/** Rules to which 0 is a point like any other. */
const MOVING = ALL.filter((id) => !/clipped|^clip\b|sign|ties|dare|task/.test(id))
describe.each(MOVING)('%s', (id) => {
  it('moves with its updates', async () => {
    const rng = new SeededRng(`property/${id}`)
    const draw = (count: number) => Array.from({ length: count }, () => Math.fround(rng.normal()))
    for (let round = 0; round < 3; round++) {
      const updates = Array.from({ length: countFor(id) }, () => ({ a: draw(3), b: draw(2) }))
      const shift = { a: draw(3), b: draw(2) }
      const moved = updates.map(({ a, b }) => ({
        a: [...a, ...shift.a],
        // B [out, 2]: its own column, then the shift's.
        b: [b[0] ?? 0, shift.b[0] ?? 0, b[1] ?? 0, shift.b[1] ?? 0],
      }))
      const [before, after] = [await run(id, updates), await run(id, moved)]
      const by = deltaOf(shift)
      after.dense.forEach((value, i) =>
        expect(value).toBeCloseTo((before.dense[i] ?? Number.NaN) + (by[i] ?? 0), 4),
      )
    }
  })
})

const bearing = RULES.filter(({ breakdown }) => breakdown.startsWith('b ')).map(({ id }) => id)
describe.each([...bearing, ...STEPPED.filter((id) => id !== 'clip+mean')])(
  '%s, which claims to bear poison,',
  (id) => {
    const m = countFor(id)

    it('stays within the honest updates’ reach, whatever one other sends', async () => {
      const poisoned = fc.record({
        a: values(3),
        b: fc.array(fc.constantFrom(-1e4, 1e4), { minLength: 2, maxLength: 2 }),
      })
      const honest = fc.array(update, { minLength: m - 1, maxLength: m - 1 })
      await fc.assert(
        fc.asyncProperty(honest, poisoned, async (good, bad) => {
          const { dense } = await run(id, [...good, bad])
          const reach = Math.max(...good.map((each) => Math.hypot(...deltaOf(each))))
          // Clipping and trimming keep each share below the honest norm; Krum's choice among honest ones too, up to √(m·d).
          expect(Math.hypot(...dense)).toBeLessThanOrEqual(Math.sqrt(m * 6) * reach + 1e-3)
        }),
        { numRuns: 8 },
      )
    })
  },
)

describe('at the fewest updates that a rule takes', () => {
  it.each(ALL)('%s gives a finite result', async (id) => {
    const choice = parseRuleChoice(id)
    const m =
      Array.from({ length: 12 }, (_, i) => i + 1).find((count) => whyInvalid(choice, count, B) === null) ?? 0
    expect(m).toBeGreaterThan(0)
    const rng = new SeededRng(`fewest/${id}`)
    const draw = (count: number) => Array.from({ length: count }, () => Math.fround(rng.normal()))
    const { dense } = await run(
      id,
      Array.from({ length: m }, () => ({ a: draw(3), b: draw(2) })),
    )
    expect(dense).toHaveLength(6)
    expect(dense.every(Number.isFinite)).toBe(true)
  })
})
