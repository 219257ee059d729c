/**
 * Breaks the engine in every way of test/mutants/ and lets simulated rounds find it out.
 *   npx tsx scripts/simulate-mutants.ts [--seeds 2000] [--only TEXT] [--json]
 * Each mutant is a copy of src/ in a temporary folder with one line changed. With --json: `{mutants: [{name, found, seed,
 * …}]}`. One that is not found within 2,000 seeds stays in the list: exit status 1, unless the list says that only unit tests
 * see it (`seenBy` is empty).
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { type Mutant, MUTANTS } from '../test/mutants/mutants.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Liars that lead, and three of them at n=7, show different faults; most show at n=4 within a few worlds. */
const STEPS: readonly (readonly [members: number, first: number, last: number])[] = [
  [4, 1, 60],
  [7, 1, 30],
  [4, 61, 300],
  [4, 301, 700],
  [4, 701, 1300],
  [4, 1301, 2000],
]

/** Ten times what the longest step takes on a machine that does nothing else. */
const HANG_MS = 300_000

/** As printed: `seed` is the first one whose world the broken engine spoils, among `members`, null when none does. */
interface Found {
  readonly name: string
  readonly found: boolean
  readonly seed: number | null
  readonly clause: string
  readonly members: number | null
  readonly seenBy: readonly string[]
  /** Whether the list says that only unit tests see it. */
  readonly isExpected: boolean
  readonly worlds: number
}

function copyWith(mutant: Mutant): string {
  const folder = mkdtempSync(join(tmpdir(), 'oneround-mutant-'))
  for (const name of ['src', 'scripts']) cpSync(join(root, name), join(folder, name), { recursive: true })
  for (const name of ['package.json', 'tsconfig.json']) cpSync(join(root, name), join(folder, name))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const { file, find, replace } of [mutant, ...(mutant.more ?? [])]) {
    const path = join(folder, 'src', file)
    const source = readFileSync(path, 'utf8')
    if (source.split(find).length !== 2) throw new Error(`${mutant.name}: its line is not once in ${file}`)
    writeFileSync(
      path,
      source.replace(find, () => replace),
    )
  }
  return folder
}

function simulate(folder: string, liar: string | undefined, members: number, first: number, last: number) {
  const args = [
    '--import',
    'tsx',
    'scripts/simulate.ts',
    '--seeds',
    `${first}..${last}`,
    '--members',
    `${members}`,
    '--json',
  ]
  if (liar !== undefined) args.push('--liar', liar)
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: HANG_MS,
  })
  // A broken engine may as well ask for ever for the same signature, or trip over its own assertions: seen too.
  if (signal !== null) return [{ check: 'hang', seed: first }]
  if (status !== 0 && !stdout.startsWith('{')) {
    const isAssertion = stderr.includes('AssertionError')
    return [{ check: isAssertion ? 'assertion' : `crash: ${stderr.slice(0, 200)}`, seed: first }]
  }
  const { found } = JSON.parse(stdout) as { found: readonly { check: string; seed: number }[] }
  return found
}

function hunt(mutant: Mutant, seedMax: number): Found {
  const folder = copyWith(mutant)
  const { name, clause } = mutant
  const isExpected = mutant.seenBy.length > 0
  let worlds = 0
  try {
    for (const [members, first, last] of STEPS.filter(([, from]) => from <= seedMax)) {
      const violations = simulate(folder, mutant.liar, members, first, Math.min(last, seedMax))
      worlds += Math.min(last, seedMax) - first + 1
      const [earliest] = violations
      if (earliest === undefined) continue
      const seenBy = [...new Set(violations.map(({ check }) => check))].sort()
      return { name, found: true, seed: earliest.seed, clause, members, seenBy, isExpected, worlds }
    }
    return { name, found: false, seed: null, clause, members: null, seenBy: [], isExpected, worlds }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const program = new Command('simulate-mutants')
  .option('--seeds <N>', 'give up on a mutant after this seed', '2000')
  .option('--only <TEXT>', 'mutants whose name contains it', '')
  .option('--json', 'one JSON document on one line')
  .parse()
const options = program.opts<{ seeds: string; only: string; json?: boolean }>()
const found: Found[] = []
for (const mutant of MUTANTS.filter(({ name }) => name.includes(options.only))) {
  const result = hunt(mutant, Number(options.seeds))
  found.push(result)
  const verdict = result.found
    ? `seed ${result.seed} of ${result.members}: ${result.seenBy.join(', ')}`
    : 'NOT FOUND'
  console.error(`§${result.clause.padEnd(5)} ${result.name}: ${verdict} (${result.worlds} worlds)`)
}
const lost = found.filter((each) => !each.found && each.isExpected)
if (options.json === true) console.log(JSON.stringify({ mutants: found }))
else
  console.log(
    `${found.length} broken engines, ${found.filter((each) => each.found).length} found, ${lost.length} lost`,
  )
process.exitCode = lost.length === 0 ? 0 : 1
