/**
 * Rules against attacks on real adapters: `npm run bench:attacks [-- --quick] [--rules a,b] [--attacks a,b] [--f 1,2,3]
 * [--splits even,skewed] [--members 11] [--json] [--out docs/results]`
 *
 * Trains the sites once (kept in .attacks/), then fills the grid cell by cell; each cell is appended to
 * attacks.jsonl, and a run that was stopped goes on where it was. `--quick` takes fewer lines, epochs and cells and keeps
 * its lines apart. At the end the tables and pictures are made from the raw lines.
 */
import '../src/compat.ts'
import { appendFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import * as v from 'valibot'
import { openKernelClient } from '../src/aggregate/index.ts'
import { withTables } from '../src/cli/docs.ts'
import { ensureFolder, hasFile, readText, writeFileAtomic } from '../src/files/index.ts'
import { type Cell, keyOf, type Line, lineSchema } from './attacks/cell.ts'
import { ATTACK_IDS, RULE_TEXTS, runGrid } from './attacks/grid.ts'
import { attackReport } from './attacks/report.ts'
import { prepareSites, type SiteSet, SPLITS } from './attacks/sites.ts'

const FILE_SIZE_BYTES_MAX = 64 << 20
const QUICK = {
  members: 7,
  epochs: 1,
  lines: { train: 96, validation: 16, test: 8 },
  fs: [1],
  attacks: ['none', 'sign-flip', 'scale', 'alie', 'min-max', 'nan'],
  rules: ['mean', 'multi-krum', 'median', 'trimmed-mean'],
} as const
const FULL = {
  members: 11,
  epochs: 8,
  lines: { train: 480, validation: 60, test: 24 },
  fs: [1, 2, 3],
  attacks: ATTACK_IDS,
  rules: RULE_TEXTS,
}

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rules: { type: 'string' },
    attacks: { type: 'string' },
    f: { type: 'string' },
    splits: { type: 'string', default: SPLITS.join(',') },
    members: { type: 'string' },
    model: { type: 'string', default: 'nodes/base-model' },
    work: { type: 'string', default: '.attacks' },
    out: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const preset = values.quick ? QUICK : FULL
const listOf = (text: string | undefined, known: readonly string[]): readonly string[] => {
  if (text === undefined) return known
  const wanted = text.split(',')
  const strange = wanted.filter((each) => !ALL_KNOWN.has(each))
  if (strange.length > 0)
    throw new Error(`unknown: ${strange.join(', ')}; known: ${[...ALL_KNOWN].join(', ')}`)
  return wanted
}
const ALL_KNOWN = new Set<string>([...ATTACK_IDS, ...RULE_TEXTS, ...SPLITS])
const members = Number(values.members ?? preset.members)
const work = join(values.work, values.quick ? 'quick' : 'full')
const out = values.out ?? (values.quick ? work : 'docs/results')
const raw = join(out, 'attacks.jsonl')

async function main(): Promise<void> {
  const fs = values.f === undefined ? preset.fs : values.f.split(',').map(Number)
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort())
  const note = (text: string): void => {
    if (!values.json) process.stderr.write(`${text}\n`)
  }
  await ensureFolder(out)
  const lines = [...(await readLines())]
  const known = new Set(lines.map(({ cell }) => keyOf(cell)))
  const sets: SiteSet[] = []
  for (const split of SPLITS.filter((each) => listOf(values.splits, SPLITS).includes(each))) {
    sets.push(
      await prepareSites({
        root: work,
        model: values.model,
        split,
        siteCount: members,
        flippedCount: Math.max(...fs),
        lines: preset.lines,
        epochs: preset.epochs,
        signal: controller.signal,
        onSite: (done, total) => note(`${split}: ${done} of ${total} sites trained`),
      }),
    )
  }
  const machine = {
    command: commandText(process.argv.slice(2)),
    cpu: cpus()[0]?.model ?? 'unknown',
    node: process.versions.node,
  }
  const kernel = openKernelClient()
  try {
    await runGrid({
      sets,
      model: values.model,
      folder: work,
      kernel,
      rules: listOf(values.rules, preset.rules),
      attacks: listOf(values.attacks, preset.attacks),
      fs,
      isKnown: (key) => known.has(key),
      onCell: async (cell: Cell, base: number) => {
        controller.signal.throwIfAborted()
        const line: Line = { ...machine, base, cell }
        lines.push(line)
        appendFileSync(raw, `${JSON.stringify(line)}\n`)
        note(
          `${keyOf(cell)}: ${cell.refused ?? `loss ${cell.loss?.toFixed(3)}, damage ${cell.damage?.toFixed(2)}`}`,
        )
      },
    })
  } finally {
    await kernel.stop()
  }
  await writeReport(lines)
  if (values.json) process.stdout.write(`${JSON.stringify({ cells: lines.map(({ cell }) => cell) })}\n`)
}

/** What was asked for, without where it was kept. */
function commandText(words: readonly string[]): string {
  const kept = words.filter((word, i) => {
    const isPlace = (text: string | undefined) => text === '--out' || text === '--work' || text === '--model'
    return !isPlace(word) && !isPlace(words[i - 1]) && word !== '--json'
  })
  return ['npm run bench:attacks', ...(kept.length === 0 ? [] : ['--', ...kept])].join(' ')
}

async function readLines(): Promise<readonly Line[]> {
  if (!(await hasFile(raw))) return []
  const text = await readText(raw, FILE_SIZE_BYTES_MAX)
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => v.parse(lineSchema, JSON.parse(line)))
}

/** The page's words stay; its generated part and the pictures are made anew. A quick run has no words. */
async function writeReport(lines: readonly Line[]): Promise<void> {
  const { markdown, pictures } = attackReport(lines)
  for (const [name, svg] of pictures) await writeFileAtomic(join(out, name), svg)
  const page = join(out, 'attacks.md')
  const words = (await hasFile(page))
    ? await readText(page, FILE_SIZE_BYTES_MAX)
    : '# Rules against attacks\n\n<!-- table: attacks -->\n\n<!-- end -->\n'
  await writeFileAtomic(page, withTables(words, { attacks: () => markdown }))
}

await main()
