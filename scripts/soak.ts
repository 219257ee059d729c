/**
 * Rounds of real processes under random faults, for as long as one likes.
 *   npm run soak -- [--minutes 30] [--seed 1] [--interpreted] [--json]
 * Ends with status 1 when members of a round ended with different digests, or none. The growth a round of what the process
 * that lives through all of them holds is printed: what it should be is nothing.
 */
import '../src/compat.ts'
import { Command } from 'commander'
import { soak } from './soak/soak.ts'

const program = new Command('soak')
  .description('rounds one after the other, under faults drawn from a seed')
  .option('--minutes <N>', 'start no round after so long', Number, 30)
  .option('--seed <S>', 'a name', '1')
  .option(
    '--interpreted',
    'the process that stays makes no optimised code, so that what its heap holds is data',
  )
  .option('--json', 'one JSON document on one line')
  .parse()
const {
  minutes,
  seed,
  interpreted = false,
  json,
} = program.opts<{ minutes: number; seed: string; interpreted?: boolean; json?: boolean }>()

const untilMs = performance.now() + 60_000 * minutes
const result = await soak(
  seed,
  () => performance.now() >= untilMs,
  ({ faults, holds, seconds, state }) =>
    process.stderr.write(
      `${holds ? 'one digest' : 'DIGESTS DIFFER'} in ${seconds.toFixed(1)} s (${faults.join(', ')}); heap ${(state.heapBytes / 1e6).toFixed(1)} MB, ${state.files ?? '?'} files\n`,
    ),
  interpreted,
)
const { rounds, slopes, late, ...rest } = result
const heapMegabytes = rounds.map(({ state }) => Number((state.heapBytes / 1e6).toFixed(2)))
const summary = {
  minutes,
  ...rest,
  rounds: rounds.length,
  last: rounds.at(-1)?.state,
  heapMegabytes,
  slopes,
  late,
}
process.stdout.write(json === true ? `${JSON.stringify(summary)}\n` : `${JSON.stringify(summary, null, 2)}\n`)
process.exitCode = result.differing === 0 && rounds.length > 0 ? 0 : 1
