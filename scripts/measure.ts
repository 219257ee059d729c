/**
 * Measures, keeps the raw lines in docs/results/, and makes the tables of docs/MEASUREMENTS.md anew.
 *   npm run measure -- demo [ATTACK…] | gradients | rounds | simulation MEMBERS:A..B… | aggregation | aggregation-full | aggregation-whole | gram | training [OPTION…] | generation [OPTION…] | exchange [OPTION…] | members N:K… | namespaces [OPTION…] | reach [OPTION…] | fuzz SECONDS SEED | soak MINUTES SEED | tables
 * Lines are appended: earlier ones stay, the tables show the last of each.
 */
import '../src/compat.ts'
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { RULES } from '../src/aggregate/index.ts'
import { withTables } from '../src/cli/docs.ts'
import { writeBenchPages } from './experiments/bench-pages.ts'
import { MEASUREMENT_TABLES } from './measure/tables.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const rawFile = (name: string): string => `${root}docs/results/${name}.jsonl`
const ATTACKS = ['none', 'sign-flip', 'scale', 'alie', 'silent', 'equivocate']
const GRAPHS = ['dynamo', 'script', 'hf']
const ROUND_RUN_COUNT = 2
/** What is run as it is shipped, not from sources: starting these would cost more than what is measured. */
const COMPILED = new Set(['rounds', 'exchange', 'members', 'namespaces', 'soak'])
const FIXTURES = ['llama', 'qwen2', 'gpt2', 'bert', 'vit', 'unet']

/** Runs one of our own commands and keeps the document that it prints. A command that fails is kept in no table. */
function measure(name: string, command: string, words: readonly string[], fields: object = {}): void {
  process.stderr.write(`${command}\n`)
  const { status, stdout } = spawnSync(process.execPath, [...words], {
    cwd: root,
    env: { ...process.env, ...(COMPILED.has(name) ? { ONEROUND_COMPILED: '1' } : {}) },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 26,
  })
  if (stdout.trim() === '' || (status !== 0 && name !== 'demo')) {
    // What a failed run printed says why, and is found nowhere else.
    process.stderr.write(`  failed with status ${status}: no line\n${stdout}\n`)
    return
  }
  const document: unknown = JSON.parse(stdout.replaceAll(root, ''))
  const line = { command, ...fields, cpu: cpus()[0]?.model.trim() ?? '', node: process.version, document }
  appendFileSync(rawFile(name), `${JSON.stringify(line)}\n`)
}

const MEASUREMENTS: Readonly<Record<string, (words: readonly string[]) => void>> = {
  demo: (words) => {
    for (const attack of words.length > 0 ? words : ATTACKS) {
      const command = `npm run nodes -- --sites 5${attack === 'none' ? '' : ` --attack ${attack}:site-e`} --json`
      const own = command.replace('npm run nodes -- ', '').split(' ')
      measure('demo', command, ['--import', 'tsx', 'scripts/nodes.ts', ...own], { attack })
    }
  },
  gradients: () => {
    for (const model of FIXTURES) {
      for (const graph of GRAPHS) {
        if (graph === 'hf' && !existsSync(`${root}test/fixtures/${model}/base.safetensors`)) continue
        const words = [`test/fixtures/${model}`, '--graph', graph, '--json']
        const command = `npm run check-gradients -- ${words.join(' ')}`
        measure('gradients', command, ['--import', 'tsx', 'scripts/check-gradients.ts', ...words])
      }
    }
  },
  rounds: () => {
    for (let run = 0; run < ROUND_RUN_COUNT; run++) {
      const command = 'npm run bench:round -- --members 5 --megabytes 1,50 --json'
      const own = command.replace('npm run bench:round -- ', '').split(' ')
      measure('rounds', command, ['--import', 'tsx', 'scripts/bench-round.ts', ...own])
    }
  },
  /** Words are numbers of members, each with its seeds: `-- simulation 4:0..1999 7:0..29`. */
  simulation: (specs) => {
    for (const spec of specs) {
      const [members = '', seeds = ''] = spec.split(':')
      const own = ['--seeds', seeds, '--members', members, '--json']
      const command = `npm run simulate -- ${own.join(' ')}`
      measure('simulation', command, ['--import', 'tsx', 'scripts/simulate.ts', ...own])
    }
  },
  aggregation: () => {
    const words = ['--json']
    const command = `npm run bench:aggregation -- ${words.join(' ')}`
    measure('aggregation', command, ['--import', 'tsx', 'scripts/bench-aggregation.ts', ...words])
  },
  /** A line each rule, so that a run that is stopped keeps what it has. */
  'aggregation-whole': (words) => {
    const coordinate = RULES.filter(({ family }) => family === 'coordinate').map(({ id }) => id)
    for (const rule of words.length > 0 ? words : coordinate) {
      const own = [
        '--files',
        '--whole',
        '--n',
        '16',
        '--d',
        '25000000',
        '--workers',
        '2',
        '--rules',
        rule,
        '--json',
      ]
      const command = `npm run bench:aggregation -- ${own.join(' ')}`
      measure('aggregation-whole', command, ['--import', 'tsx', 'scripts/bench-aggregation.ts', ...own])
    }
  },
  gram: () => {
    const words = ['--gram', '--json']
    const command = `npm run bench:aggregation -- ${words.join(' ')}`
    measure('gram', command, ['--import', 'tsx', 'scripts/bench-aggregation.ts', ...words])
  },
  /** The benchmark keeps its own lines, row by row, and goes on where it was stopped. */
  'aggregation-full': (words) => {
    const script = ['--import', 'tsx', 'scripts/bench-aggregation.ts', '--full', '--json', ...words]
    spawnSync(process.execPath, script, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  },
  /** Further words go to the benchmark: `-- training --model 1.1b`. */
  training: (words) => {
    const own = [...words, '--json']
    const command = `npm run bench:training -- ${own.join(' ')}`
    measure('training', command, ['--import', 'tsx', 'scripts/bench-training.ts', ...own])
  },
  /** Further words go to the benchmark: `-- generation --prompts 32`. */
  generation: (words) => {
    const own = [...words, '--json']
    const command = `npm run bench:generation -- ${own.join(' ')}`
    measure('generation', command, ['--import', 'tsx', 'scripts/bench-generation.ts', ...own])
  },
  /** Further words go to the benchmark: `-- exchange --rounds 4:1`. */
  exchange: (words) => {
    const own = [...words, '--json']
    measure('exchange', `npm run bench:exchange -- ${own.join(' ')}`, [
      '--import',
      'tsx',
      'scripts/bench-exchange.ts',
      ...own,
    ])
  },
  /** Words are numbers of members, each with how many of them are killed: `-- members 16:4`. */
  members: (specs) => {
    for (const spec of specs) {
      const [members = '', churn = '0'] = spec.split(':')
      const own = ['--members', members, '--churn', churn, '--minutes', '60', '--json']
      const command = `npm run campaign:members -- ${own.join(' ')}`
      measure('members', command, ['--import', 'tsx', 'scripts/campaign-members.ts', ...own])
    }
  },
  /** Further words go to the script: `-- namespaces --megabytes 4`. Root, on Linux. */
  namespaces: (words) => {
    const own = [...words, '--json']
    const command = `npm run namespaces -- ${own.join(' ')}`
    measure('namespaces', command, ['--import', 'tsx', 'scripts/namespaces.ts', ...own])
  },
  /** Further words go to the script: `-- reach --only lan`. Root, on Linux. */
  reach: (words) => {
    const own = [...words, '--json']
    measure('reach', `npm run reach -- ${own.join(' ')}`, ['--import', 'tsx', 'scripts/reach.ts', ...own])
  },
  /** Words are seconds and a seed: `-- fuzz 600 1`. */
  fuzz: ([seconds = '600', seed = '1']) => {
    const own = ['--seconds', seconds, '--seed', seed, '--json']
    measure('fuzz', `npm run fuzz -- ${own.join(' ')}`, ['--import', 'tsx', 'scripts/fuzz.ts', ...own])
  },
  /** Words are minutes and a seed, and further ones of the soak's: `-- soak 30 1 --interpreted`. */
  soak: ([minutes = '30', seed = '1', ...more]) => {
    const own = ['--minutes', minutes, '--seed', seed, ...more, '--json']
    measure('soak', `npm run soak -- ${own.join(' ')}`, ['--import', 'tsx', 'scripts/soak.ts', ...own])
  },
  tables: () => undefined,
}

const [what = '', ...words] = process.argv.slice(2)
const work = MEASUREMENTS[what]
if (work === undefined) {
  process.stderr.write(`measure: expected one of ${Object.keys(MEASUREMENTS).join(', ')}\n`)
  process.exit(2)
}
work(words)
const path = `${root}docs/MEASUREMENTS.md`
const tables = Object.fromEntries(
  Object.entries(MEASUREMENT_TABLES).flatMap(([name, table]) =>
    existsSync(rawFile(name)) ? [[name, () => table(readFileSync(rawFile(name), 'utf8'))]] : [],
  ),
)
writeFileSync(path, withTables(readFileSync(path, 'utf8'), tables))
writeBenchPages(`${root}docs/results`)
