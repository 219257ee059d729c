/**
 * Breaks the engine in every way of test/mutants/ and lets simulated rounds find it out.
 *   npx tsx scripts/simulate-mutants.ts [--seeds 300] [--only TEXT] [--json]
 * Each mutant is a copy of src/ in a temporary folder with one line changed. A mutant that survives all its seeds is a
 * promise that the simulator does not test: exit status 1, unless `seenBy` is empty, which says that unit tests see it.
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
  [4, 301, 1500],
]

/** Ten times what the longest step takes on a busy machine. */
const HANG_MS = 120_000

interface Found {
  readonly name: string
  readonly clause: string
  readonly seenBy: readonly string[]
  readonly expected: readonly string[]
  readonly worlds: number
  readonly firstSeed: number | null
}

function copyWith(mutant: Mutant): string {
  const folder = mkdtempSync(join(tmpdir(), 'oneround-mutant-'))
  for (const name of ['src', 'scripts']) cpSync(join(root, name), join(folder, name), { recursive: true })
  for (const name of ['package.json', 'tsconfig.json']) cpSync(join(root, name), join(folder, name))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const path = join(folder, 'src', mutant.file)
  const source = readFileSync(path, 'utf8')
  if (source.split(mutant.find).length !== 2)
    throw new Error(`${mutant.name}: its line is not once in ${mutant.file}`)
  writeFileSync(
    path,
    source.replace(mutant.find, () => mutant.replace),
  )
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
  let worlds = 0
  try {
    for (const [members, first, last] of STEPS.filter(([, from]) => from <= seedMax)) {
      const violations = simulate(folder, mutant.liar, members, first, Math.min(last, seedMax))
      worlds += Math.min(last, seedMax) - first + 1
      if (violations.length === 0) continue
      const seenBy = [...new Set(violations.map(({ check }) => check))].sort()
      return {
        name: mutant.name,
        clause: mutant.clause,
        seenBy,
        expected: mutant.seenBy,
        worlds,
        firstSeed: violations[0]?.seed ?? null,
      }
    }
    return {
      name: mutant.name,
      clause: mutant.clause,
      seenBy: [],
      expected: mutant.seenBy,
      worlds,
      firstSeed: null,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const program = new Command('simulate-mutants')
  .option('--seeds <N>', 'give up on a mutant after this seed', '1500')
  .option('--only <TEXT>', 'mutants whose name contains it', '')
  .option('--json', 'one JSON document on one line')
  .parse()
const options = program.opts<{ seeds: string; only: string; json?: boolean }>()
const found: Found[] = []
for (const mutant of MUTANTS.filter(({ name }) => name.includes(options.only))) {
  const result = hunt(mutant, Number(options.seeds))
  found.push(result)
  const verdict = result.seenBy.length > 0 ? `seen by ${result.seenBy.join(', ')}` : 'SURVIVES'
  console.error(`§${result.clause.padEnd(5)} ${result.name}: ${verdict} (${result.worlds} worlds)`)
}
const survivors = found.filter(({ seenBy, expected }) => seenBy.length === 0 && expected.length > 0)
if (options.json === true)
  console.log(JSON.stringify({ mutants: found.length, survivors: survivors.length, found }))
else console.log(`${found.length} mutants, ${survivors.length} survive unexpectedly`)
process.exitCode = survivors.length === 0 ? 0 : 1
