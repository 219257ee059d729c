/**
 * Checks the model of the agreement (scripts/spin/agreement.pml) with Debian's `spin`, exhaustively: two views of four
 * members, one of them a liar. The rules as they are hold in every reachable state; each variant that takes one rule away
 * must be found out, or the model checks nothing.
 *   npm run model-check [-- --json]
 * Needs `spin` and `gcc` (apt install spin gcc). Exit status 1 if any variant comes out otherwise than it should.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'

const MODEL = fileURLToPath(new URL('./agreement.pml', import.meta.url))
/** The search's stack, in steps: more than the deepest path of any variant. */
const DEPTH_MAX = 100_000
const TOOL_TIMEOUT_MS = 240_000

interface Variant {
  readonly name: string
  readonly defines: readonly string[]
  readonly isSound: boolean
}

const VARIANTS: readonly Variant[] = [
  { name: 'the liar leads view 0, an honest member view 1', defines: [], isSound: true },
  { name: 'the liar leads both views', defines: ['LIAR_LEADS'], isSound: true },
  { name: 'dummy and Finalize have slots of their own', defines: ['BROKEN_SLOT'], isSound: false },
  { name: 'fresh values need no dummy certificate', defines: ['BROKEN_FRESH', 'LIAR_LEADS'], isSound: false },
  { name: 'any value may be carried over', defines: ['BROKEN_CARRY', 'LIAR_LEADS'], isSound: false },
  { name: 'several votes a view', defines: ['BROKEN_VOTE'], isSound: false },
  { name: 'nothing is ever decided in view 1', defines: ['NEVER_DECIDES'], isSound: false },
]

interface Outcome {
  readonly name: string
  readonly isSound: boolean
  readonly violation: string | null
  readonly states: number
  readonly asExpected: boolean
}

function run(folder: string, command: string, args: readonly string[]): string {
  const { stdout, stderr, error, status } = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: TOOL_TIMEOUT_MS,
  })
  if (error !== undefined) {
    const hint = 'code' in error && error.code === 'ENOENT' ? ': install it (apt install spin gcc)' : ''
    throw new Error(`${command} does not run${hint}`, { cause: error })
  }
  // A search that finds a violation ends well too; anything else says so.
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

function checkVariant({ name, defines, isSound }: Variant): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'oneround-spin-'))
  try {
    run(folder, 'spin', [...defines.map((each) => `-D${each}`), '-a', MODEL])
    run(folder, 'gcc', ['-O2', '-DSAFETY', '-DCOLLAPSE', '-w', '-o', 'pan', 'pan.c'])
    const printed = run(folder, join(folder, 'pan'), ['-E', `-m${DEPTH_MAX}`])
    const errors = /errors: (\d+)/.exec(printed)?.[1]
    const states = /(\d+) states, stored/.exec(printed)?.[1]
    // A search that was cut short has proved nothing.
    const isWhole =
      errors !== undefined && states !== undefined && !printed.includes('max search depth too small')
    if (!isWhole) throw new Error(`${name}: the search did not come to an end: ${printed}`)
    const violation =
      errors === '0' ? null : (/assertion violated (.*)/.exec(printed)?.[1]?.trim() ?? 'unnamed')
    return { name, isSound, violation, states: Number(states), asExpected: (violation === null) === isSound }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const { json } = new Command('model-check')
  .description('check the model of the agreement with spin')
  .option('--json', 'one JSON document on one line')
  .parse()
  .opts<{ json?: boolean }>()
const variants = VARIANTS.map((variant) => {
  const outcome = checkVariant(variant)
  const { name, violation, states, asExpected } = outcome
  const verdict = violation === null ? 'holds in every state' : 'violated'
  if (json !== true) {
    console.log(`${asExpected ? 'ok   ' : 'WRONG'} ${name}: ${verdict} (${states} states)`)
  }
  return outcome
})
if (json === true) console.log(JSON.stringify({ members: 4, views: 2, variants }))
process.exitCode = variants.every(({ asExpected }) => asExpected) ? 0 : 1
