/**
 * One member of three dies at every numbered write of a round, from the first to the last, and is started again.
 *   npm run campaign:kill -- [--modes before,after,torn,full] [--from A] [--to B] [--every K] [--json]
 * Each write is one round with real processes and a real network on this machine: what the peers got before the death is
 * compared, byte for byte, with what the journal says after it, and all digests with each other. Where root may mount a
 * small disk, one round more on a disk that is really full. Exit status 1 if anything was not as it must be.
 */
import { Command, InvalidArgumentError } from 'commander'
import '../src/compat.ts'
import type { FaultMode } from '../test/support/faulty-files.ts'
import { type KillRoundEnd, runKillRound } from '../test/support/kill-round.ts'
import { runOnFullDisk } from '../test/support/full-disk.ts'

const MODES: readonly FaultMode[] = ['before', 'after', 'torn', 'full']

function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('expected a whole number from 1')
  return count
}

function parseModes(text: string): readonly FaultMode[] {
  return text.split(',').map((word) => {
    const mode = MODES.find((each) => each === word)
    if (mode === undefined) throw new InvalidArgumentError(`expected some of ${MODES.join(',')}`)
    return mode
  })
}

const program = new Command('campaign:kill')
  .description('kill a member at every write of a round')
  .option('--modes <list>', 'what happens at the write', parseModes, MODES)
  .option('--from <A>', 'first write', parseCount, 1)
  .option('--to <B>', 'last write (default: as many as a round without a fault has)', parseCount)
  .option('--every <K>', 'each K-th write only', parseCount, 1)
  .option('--json', 'one JSON document on one line')
  .parse()

const { modes, from, to, every, json } = program.opts<{
  modes: readonly FaultMode[]
  from: number
  to?: number
  every: number
  json?: boolean
}>()

interface Point {
  readonly mode: FaultMode
  readonly at: number
  readonly violations: readonly string[]
}

const note = (text: string): void => void process.stderr.write(`${text}\n`)

function endedAs({ runs }: KillRoundEnd): string {
  const [first] = runs
  if (first === undefined) return 'nothing'
  return first.signal === 'SIGKILL' ? 'killed' : (first.error ?? 'certified before the fault')
}

async function main(): Promise<void> {
  const whole = await runKillRound({ faults: [] })
  const writes = whole.runs[0]?.writes ?? 0
  note(`a round without a fault: ${writes} writes, ${whole.violations.length} violations`)
  const ends: Record<string, number> = {}
  const failed: Point[] = whole.violations.length === 0 ? [] : [{ mode: 'before', at: 0, ...whole }]
  let rounds = 1
  for (const mode of modes) {
    for (let at = from; at <= (to ?? writes); at += every) {
      const end = await runKillRound({ faults: [{ at, mode }] })
      rounds++
      const how = `${mode}: ${endedAs(end)}`
      ends[how] = (ends[how] ?? 0) + 1
      if (end.violations.length === 0) continue
      failed.push({ mode, at, violations: end.violations })
      note(`write ${at}, ${mode}: ${end.violations.join('; ')}`)
    }
  }
  const fullDisk = await runOnFullDisk()
  const summary = { rounds, writes, ends, fullDisk, violations: failed }
  process.stdout.write(json === true ? `${JSON.stringify(summary)}\n` : `${describe(summary)}\n`)
  const isFullDiskRight = fullDisk === null || fullDisk.violations.length === 0
  process.exit(failed.length === 0 && isFullDiskRight ? 0 : 1)
}

function describe(summary: {
  readonly rounds: number
  readonly writes: number
  readonly ends: Readonly<Record<string, number>>
  readonly fullDisk: KillRoundEnd | null
  readonly violations: readonly Point[]
}): string {
  const { rounds, writes, ends, fullDisk, violations } = summary
  return [
    `${rounds} rounds, ${writes} numbered writes a round, ${violations.length} with violations`,
    ...Object.entries(ends).map(([how, count]) => `  ${how.padEnd(40)} ${count}`),
    fullDisk === null
      ? 'no full disk: nothing may be mounted here'
      : `a full disk: ${fullDisk.runs[0]?.error ?? 'no error'}, then ${fullDisk.violations.length} violations`,
    ...violations.map(
      (point) => `VIOLATION at write ${point.at}, ${point.mode}: ${point.violations.join('; ')}`,
    ),
  ].join('\n')
}

await main()
