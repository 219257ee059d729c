/**
 * Rounds by seed, in virtual time, with faults and liars.
 *   npm run simulate -- --seeds A..B --members N [--keys ed25519] [--liar BEHAVIOUR] [--json]
 * Prints what was violated (nothing, one hopes) and how often each thing happened. Exit status 1 if anything was violated,
 * or if something that 2,000 worlds must show never happened (`unseen`). The same seeds give the same `traceDigest` on
 * every machine. With --json: `{seeds, members, violations, undecided, medianViews, traceDigest, …}`, `violations` being how
 * many; what they were is in `found`.
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

function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 0) throw new InvalidArgumentError('expected a whole number')
  return count
}

function describe(campaign: Campaign, seconds: number): string {
  const { worlds, members, violations, undecided, medianViews, maxViews, traceDigest, counts, unseen } =
    campaign
  const lines = [
    `${worlds} worlds of ${members} members in ${seconds.toFixed(1)} s, ${campaign.ed25519Worlds} of them again with real signatures`,
    `${violations.length} violations, ${undecided} undecided, views: median ${medianViews}, most ${maxViews}`,
    `trace ${traceDigest}`,
    ...Object.entries(counts).map(([what, count]) => `  ${what.padEnd(28)} ${count}`),
    ...unseen.map((what) => `NEVER HAPPENED in ${worlds} worlds: ${what}`),
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
  .option(
    '--ed25519 <N>',
    'worlds that are run again with real Ed25519 signatures and must have the same trace (default: 200 of 2,000 and more, else a tenth)',
    parseCount,
  )
  .addOption(new Option('--liar <behaviour>', 'what every liar is').choices(BEHAVIOUR_NAMES))
  .option('--json', 'one JSON document on one line')
  .parse()

const { seeds, members, keys, ed25519, liar, json } = program.opts<{
  seeds: readonly [number, number]
  members: number
  keys: 'keyed-hash' | 'ed25519'
  ed25519?: number
  liar?: BehaviourName
  json?: boolean
}>()
const startedAt = performance.now()
const campaign = runCampaign({
  firstSeed: seeds[0],
  lastSeed: seeds[1],
  members,
  keys,
  ed25519Count:
    keys === 'ed25519' ? 0 : (ed25519 ?? Math.min(200, Math.floor((seeds[1] - seeds[0] + 1) / 10))),
  ...(liar === undefined ? {} : { liar }),
})
const seconds = (performance.now() - startedAt) / 1000
const document = {
  ...campaign,
  violations: campaign.violations.length,
  found: campaign.violations,
  seconds,
}
console.log(json === true ? JSON.stringify(document) : describe(campaign, seconds))
process.exitCode = campaign.violations.length === 0 && campaign.unseen.length === 0 ? 0 : 1
