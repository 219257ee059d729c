/**
 * Every order of up to N events among four members, the first leader lying (src/simulate/exhaustive.ts).
 *   npm run explore [-- --depth N] [--json]
 * Exit status 1 if a promise is broken in any world.
 */
import { Command, InvalidArgumentError } from 'commander'
import '../src/compat.ts'
import { explore, STARTS } from '../src/simulate/exhaustive.ts'

function parseDepth(text: string): number {
  const depth = Number(text)
  if (!Number.isInteger(depth) || depth < 1 || depth > 12) {
    throw new InvalidArgumentError('expected a whole number from 1 to 12')
  }
  return depth
}

const { depth, json } = new Command('explore')
  .description('visit every world of four members within so many events')
  .option('--depth <N>', 'events', parseDepth, 5)
  .option('--json', 'one JSON document on one line')
  .parse()
  .opts<{ depth: number; json?: boolean }>()
const startedAt = performance.now()
const explorations = STARTS.map((start) => explore(depth, start))
const seconds = (performance.now() - startedAt) / 1000
if (json === true) console.log(JSON.stringify({ members: 4, explorations, seconds }))
else {
  for (const { start, worlds, decided, violations } of explorations) {
    console.log(`${start}: ${worlds} worlds within ${depth} events, ${decided} with a decision`)
    for (const what of violations) console.log(`VIOLATION: ${what}`)
  }
}
process.exitCode = explorations.every(({ violations }) => violations.length === 0) ? 0 : 1
