/** A process that runs one cell: the plan and where things lie as JSON in its argument, the figures on stdout. */
import '../../src/compat.ts'
import * as v from 'valibot'
import { runAsynchronyCell } from './asynchrony.ts'
import { runBytesCell } from './bytes.ts'
import { runExactnessCell } from './exactness.ts'
import { runRobustnessCell } from './robustness.ts'
import { runRoundsCell } from './rounds.ts'
import { planSchema } from './types.ts'

const STATUS_TERMINATED = 143

const { plan, ...places } = v.parse(
  v.object({ plan: planSchema, model: v.string(), work: v.string(), threads: v.number() }),
  JSON.parse(process.argv[2] ?? ''),
)
// Without this a signal would end the process before it ends its members.
process.once('SIGTERM', () => process.exit(STATUS_TERMINATED))

const run = (): Promise<object> => {
  if (plan.kind === 'bytes') return runBytesCell(plan)
  if (plan.kind === 'rounds') return runRoundsCell(plan, places)
  if (plan.kind === 'robustness') return runRobustnessCell(plan, places)
  return plan.kind === 'exactness' ? runExactnessCell(plan, places) : runAsynchronyCell(plan, places)
}
process.stdout.write(`${JSON.stringify(await run())}\n`)
