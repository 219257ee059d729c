/**
 * A program of its own: aggregates seeded updates by every rule and prints the digests as JSON. Run in other processes, on
 * other Nodes, with the inputs in another order; the digests must be the same.
 *   node aggregate-seeded.ts ARRIVAL [in-process]
 */
import '../../src/compat.ts'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { aggregate, openKernelClient, parseRuleChoice, RULES, whyInvalid } from '../../src/aggregate/index.ts'
import { toHex, utf8 } from '../../src/core/bytes.ts'
import { sha256 } from '../../src/core/hash.ts'
import { SeededRng } from '../../src/core/seeded-rng.ts'
import type { Layout } from '../../src/charter/schema.ts'
import { openInProcessKernel } from './in-process-kernel.ts'
import { aggregationOf, tempFolder, writeUpdate } from './update-files.ts'

const [arrival = 'roster', place = ''] = process.argv.slice(2)
const layout: Layout = {
  modules: [
    { name: 'a.proj', in: 37, out: 19 },
    { name: 'b.proj', in: 8, out: 41 },
  ],
  fisher: true,
  rankMax: 8,
  scale: [5, 3],
  dtype: 'f32',
}
const WITH_STEPS = [
  'nnm+multi-krum',
  'clip+mean',
  'clip:norm=4.5+nnm+geometric-median',
  'bucketing+krum',
  'nnm+trimmed-mean',
  'bucketing:size=3+meamed',
  'clip+bulyan',
  'bucketing+ties:density=0.3',
]
const seed = sha256(utf8('aggregate-seeded/1'))
const rng = new SeededRng('aggregate-seeded/1')
/** Mostly ordinary values, some subnormal, some −0, some equal in all members. */
const draw = (): number => {
  const kind = rng.below(20)
  const value = (rng.below(2 ** 24) - 2 ** 23) / 2 ** 23
  if (kind === 0) return value * 1e-40
  if (kind === 1) return -0
  return kind === 2 ? 0.5 : value
}
const squares = new SeededRng('aggregate-seeded/1/fisher')
const claimed = (count: number): number[] => Array.from({ length: count }, () => squares.normal() ** 2)
const folder = tempFolder()
try {
  const inputs = Array.from({ length: 7 }, (_, member) => {
    const rank = 1 + (member % 4)
    const modules = layout.modules.map(({ in: width, out }) => ({
      a: Array.from({ length: rank * width }, draw),
      b: Array.from({ length: out * rank }, draw),
    }))
    const diagonals = layout.modules.map(({ in: width, out }) => ({
      rows: claimed(out),
      columns: claimed(width),
    }))
    const fisher = { modules: diagonals, dense: [] }
    return {
      member,
      claim: 1 + member,
      path: writeUpdate(join(folder, `${member}`), layout, { rank, modules, fisher }),
    }
  })
  const arrived =
    arrival === 'reversed'
      ? inputs.toReversed()
      : arrival === 'rotated'
        ? [...inputs.slice(3), ...inputs.slice(0, 3)]
        : inputs
  const kernel = place === 'in-process' ? await openInProcessKernel() : openKernelClient()
  const digests: Record<string, string> = {}
  for (const text of [...RULES.map(({ id }) => id), ...WITH_STEPS]) {
    const rule = parseRuleChoice(text)
    // As many poisoned updates as the rule bears of seven, at most two.
    const b = [2, 1].find((count) => whyInvalid(rule, inputs.length, count) === null) ?? 0
    const aggregation = await aggregationOf([text], b, { weights: 'samples', lambda: [7, 5] })
    const request = { layout, aggregation, inputs: arrived, outputPath: join(folder, 'out'), seed }
    digests[text] = toHex((await aggregate(request, { kernel })).digest)
  }
  await kernel.stop()
  process.stdout.write(JSON.stringify(digests))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
