/**
 * Many members in one round, a process each on this machine, some of whom die and come back.
 *   npm run campaign:members -- [--members N] [--churn K] [--minutes M] [--json]
 * Ends with status 0 when every process has its certificate and all digests are one.
 */
import { rmSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import '../src/compat.ts'
import type { MessageType } from '../src/agree/index.ts'
import { MEMBER_COUNT_MAX } from '../src/charter/schema.ts'
import { runRound } from '../src/demo/round.ts'
import { makeConsortium } from '../test/support/consortium.ts'

/** Where those that die do, one after the other: all along the round. */
const MOMENTS: readonly MessageType[] = [
  'header',
  'seal',
  'receipt',
  'status',
  'vote',
  'finalize',
  'attestation',
]

const within = (low: number, high: number) => (text: string) => {
  const count = Number(text)
  if (!Number.isInteger(count) || count < low || count > high)
    throw new InvalidArgumentError(`expected a whole number from ${low} to ${high}`)
  return count
}

const program = new Command('campaign:members')
  .description('one round of many processes')
  .option('--members <N>', 'members', within(3, MEMBER_COUNT_MAX), 16)
  .option('--churn <K>', 'members that are killed and start again', within(0, MEMBER_COUNT_MAX), 0)
  .option('--minutes <M>', 'give up after so long', within(1, 240), 9)
  .option('--json', 'one JSON document on one line')
  .parse()

const { members, churn, minutes, json } = program.opts<{
  members: number
  churn: number
  minutes: number
  json?: boolean
}>()

async function main(): Promise<void> {
  const startedAtMs = Date.now()
  // Deadlines that nobody reaches: every member publishes, so nobody is waited for by the clock.
  const far = 60 * minutes
  const consortium = await makeConsortium({
    n: members,
    changes: { rules: [{ id: 'trimmed-mean', version: 1 }] },
    commitSeconds: far,
    cutSeconds: far + 60,
    finalSeconds: far + 120,
  })
  const { names } = consortium
  const victims = Array.from({ length: Math.min(churn, members) }, (_, i) => ({
    site: names[Math.floor((i * members) / Math.max(1, churn))] ?? '',
    after: MOMENTS[i % MOMENTS.length] ?? 'header',
  }))
  let [lastHeaderAtMs, lastCertificateAtMs] = [0, 0]
  const count = { headers: 0, certificates: 0 }
  try {
    const runs = await runRound({
      plan: { sites: names, attacks: [], kills: victims },
      folderOf: consortium.folderOf,
      adapterOf: consortium.adapterOf,
      timeoutMs: minutes * 60_000,
      onEvent: (_, event) => {
        if (event.type === 'signed' && event.object === 'header') {
          lastHeaderAtMs = event.atMs
          count.headers++
        }
        if (event.type === 'certificate') {
          lastCertificateAtMs = event.atMs
          count.certificates++
        }
      },
      signal: new AbortController().signal,
    })
    const digests = [...new Set(runs.map(({ digest }) => digest))]
    const holds = digests.length === 1 && digests[0] !== null && runs.every(({ end }) => end?.status === 0)
    const summary = {
      members,
      churn: victims.length,
      restarts: runs.reduce((sum, { restartCount }) => sum + restartCount, 0),
      ...count,
      digests: digests.length,
      holds,
      secondsFromLastHeader: (lastCertificateAtMs - lastHeaderAtMs) / 1000,
      seconds: (Date.now() - startedAtMs) / 1000,
    }
    const lines = Object.entries(summary).map(([what, value]) => `${what.padEnd(24)} ${String(value)}`)
    process.stdout.write(json === true ? `${JSON.stringify(summary)}\n` : `${lines.join('\n')}\n`)
    process.exitCode = holds ? 0 : 1
  } finally {
    rmSync(consortium.root, { recursive: true, force: true })
  }
}

await main()
