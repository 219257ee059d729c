/**
 * Rounds by seed, in virtual time, with faults and liars.
 *   npm run simulate -- --seeds A..B --members N [--keys ed25519] [--liar BEHAVIOUR] [--json]
 * Prints what was violated (nothing, one hopes) and what happened. Exit status 1 if anything was violated. The same seeds
 * give the same `traceDigest` on every machine.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import '../src/compat.ts'
import { BEHAVIOUR_NAMES, type BehaviourName, type Campaign, runCampaign } from '../src/simulate/index.ts'
import { MEMBER_COUNT_MAX } from '../src/charter/schema.ts'

function parseSeeds(text: string): readonly [number, number] {
  const match = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text)
  const first = Number(match?.[1])
  const last = Number(match?.[2] ?? match?.[1])
  if (match === null || last < first)
    throw new InvalidArgumentError('expected A or A..B with A ≤ B, such as 1..2000')
  return [first, last]
}

function parseMembers(text: string): number {
  const members = Number(text)
  if (!Number.isInteger(members) || members < 2 || members > MEMBER_COUNT_MAX) {
    throw new InvalidArgumentError(`expected a whole number from 2 to ${MEMBER_COUNT_MAX}`)
  }
  return members
}

function describe(campaign: Campaign, seconds: number): string {
  const { worlds, members, violations, undecided, medianViews, maxViews, traceDigest, counts } = campaign
  const lines = [
    `${worlds} worlds of ${members} members in ${seconds.toFixed(1)} s`,
    `${violations.length} violations, ${undecided} undecided, views: median ${medianViews}, most ${maxViews}`,
    `trace ${traceDigest}`,
    ...Object.entries(counts).map(([what, count]) => `  ${what.padEnd(28)} ${count}`),
    ...violations.map(({ seed, check, what }) => `VIOLATION seed ${seed}: ${check}: ${what}`),
  ]
  return lines.join('\n')
}

const program = new Command('simulate')
  .description(
    'run seeded rounds in virtual time, with faults and liars, and check every promise of the protocol',
  )
  .option('--seeds <A..B>', 'first and last seed', parseSeeds, [1, 100] as const)
  .option('--members <N>', 'members of each world', parseMembers, 4)
  .addOption(
    new Option('--keys <kind>', 'signatures').choices(['keyed-hash', 'ed25519']).default('keyed-hash'),
  )
  .addOption(new Option('--liar <behaviour>', 'what every liar is').choices(BEHAVIOUR_NAMES))
  .option('--json', 'one JSON document on one line')
  .parse()

const { seeds, members, keys, liar, json } = program.opts<{
  seeds: readonly [number, number]
  members: number
  keys: 'keyed-hash' | 'ed25519'
  liar?: BehaviourName
  json?: boolean
}>()
const startedAt = performance.now()
const campaign = runCampaign({
  firstSeed: seeds[0],
  lastSeed: seeds[1],
  members,
  keys,
  ...(liar === undefined ? {} : { liar }),
})
const seconds = (performance.now() - startedAt) / 1000
console.log(json === true ? JSON.stringify({ ...campaign, seconds }) : describe(campaign, seconds))
process.exitCode = campaign.violations.length === 0 ? 0 : 1
