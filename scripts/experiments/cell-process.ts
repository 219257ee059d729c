/** A process that runs one cell: the plan and where things lie as JSON in its argument, the figures on stdout. */
import '../../src/compat.ts'
import * as v from 'valibot'
import { runExactnessCell } from './exactness.ts'
import { runRoundsCell } from './rounds.ts'
import { planSchema } from './types.ts'

const { plan, ...places } = v.parse(
  v.object({ plan: planSchema, model: v.string(), work: v.string(), threads: v.number() }),
  JSON.parse(process.argv[2] ?? ''),
)
const figures =
  plan.kind === 'rounds' ? await runRoundsCell(plan, places) : await runExactnessCell(plan, places)
process.stdout.write(`${JSON.stringify(figures)}\n`)
