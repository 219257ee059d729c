/**
 * Fuzzes every decoder of bytes that come from a peer.
 *   npm run fuzz -- [--seconds 60] [--seed 1] [--json]
 * Ends with status 1 when something was found. One thread; the same seed gives the same mutants, as many as the time lets.
 */
import '../src/compat.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { fuzz } from './fuzz/fuzz.ts'
import { fuzzTargets } from './fuzz/targets.ts'

const program = new Command('fuzz')
  .description('mutants of valid messages and files, for every decoder of bytes that come from a peer')
  .option('--seconds <N>', 'how long', Number, 60)
  .option('--seed <S>', 'a name', '1')
  .option('--json', 'one JSON document on one line')
  .parse()
const { seconds, seed, json } = program.opts<{ seconds: number; seed: string; json?: boolean }>()

const folder = mkdtempSync(join(tmpdir(), 'oneround-fuzz-'))
try {
  const untilMs = performance.now() + 1000 * seconds
  const result = await fuzz(await fuzzTargets(folder), seed, () => performance.now() >= untilMs)
  if (json === true) process.stdout.write(`${JSON.stringify({ seed, seconds, ...result })}\n`)
  else {
    for (const { target, mutants, answers, accepted } of result.targets)
      process.stdout.write(`${target.padEnd(20)} ${mutants} mutants, ${accepted} taken, ${answers} answers\n`)
    for (const { target, what, input } of result.findings)
      process.stdout.write(`FOUND ${target}: ${what}\n  ${input}\n`)
  }
  process.exitCode = result.findings.length === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
