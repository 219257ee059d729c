/**
 * How fast updates are aggregated, against a plain copy of 1 GiB in the same process and against numpy where it is found:
 *   tsx scripts/bench-aggregation.ts [--n 16] [--d 1048576] [--rank 8] [--rules median,…] [--json]
 *
 * Two kinds of rows. `tiles`: a coordinate rule alone on dense f32 [n, d] in the kernel's memory, beside numpy's fastest
 * call on values of the same kind. `files`: a rule from update files to the aggregate's file, as in a round, for modules
 * with d entries of ΔW together; bytes of input are those of the factors. Each row has a process of its own, so that its
 * peak memory is its own. One thread throughout.
 */
import '../src/compat.ts'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { aggregate, type KernelClient, kernelDigest, RULES } from '../src/aggregate/index.ts'
import { loadKernel } from '../src/aggregate/kernel/kernel.ts'
import { runAggregate } from '../src/aggregate/kernel/run.ts'
import type { Charter, Layout } from '../src/charter/schema.ts'
import { assert } from '../src/core/errors.ts'
import { entryArgs } from '../src/core/entry.ts'
import { asDigest } from '../src/core/ids.ts'
import { encodeHeader } from '../src/core/safetensors.ts'
import { SeededRng } from '../src/core/seeded-rng.ts'

const { values } = parseArgs({
  options: {
    n: { type: 'string', default: '16' },
    d: { type: 'string', default: String(1 << 20) },
    rank: { type: 'string', default: '8' },
    rules: { type: 'string', default: 'mean,weighted-mean,clipped-mean,krum,multi-krum,median,trimmed-mean' },
    json: { type: 'boolean', default: false },
    /** One row in this process: `tiles:median`, `files:mean`. */
    row: { type: 'string' },
  },
})
const n = Number(values.n)
const d = Number(values.d)
const rank = Number(values.rank)
/** As many poisoned updates as every rule here bears. */
const b = Math.floor((n - 3) / 2)
const MEGABYTE = 1e6
const COPY_BYTES = 1 << 30
/** Random values made once and repeated from another place for each row: no rule is helped by that. */
const BLOCK_COUNT = 1 << 20

/** What rules that draw lots draw from. */
const SEED = asDigest(new Uint8Array(32))

interface Timed {
  readonly seconds: number
  readonly inputBytes: number
}

interface Row extends Timed {
  readonly input: 'tiles' | 'files'
  readonly rule: string
  readonly n: number
  readonly d: number
  readonly workers: 1
  readonly gigabytesPerSecond: number
  readonly peakMb: number
  readonly numpySeconds?: number
  /** numpy’s time over ours. */
  readonly ratio?: number
  /** Our bytes of input a second over those of a plain copy. */
  readonly copyRatio: number
  readonly copyGigabytesPerSecond: number
}

const secondsOf = (startMs: number): number => (performance.now() - startMs) / 1000

function copyGigabytesPerSecond(): number {
  const from = new Uint8Array(COPY_BYTES).fill(1)
  const to = new Uint8Array(COPY_BYTES).fill(2)
  const startMs = performance.now()
  to.set(from)
  return COPY_BYTES / 1e9 / secondsOf(startMs)
}

function randomBlock(): Float32Array {
  const rng = new SeededRng('bench-aggregation')
  return Float32Array.from({ length: BLOCK_COUNT }, () => (rng.below(2 ** 24) - 2 ** 23) / 2 ** 23)
}

async function timeTiles(ruleId: string): Promise<Timed> {
  const rule = RULES.find(({ id }) => id === ruleId)
  assert(rule?.family === 'coordinate', 'tiles are for coordinate rules')
  const { exports, arena } = await loadKernel()
  const stride = 4 * d
  const [tiles, keys, to] = [arena.reserve(stride * n + 16), arena.reserve(32 * n), arena.reserve(stride)]
  const claims = arena.reserve(8 * n)
  arena.doubles(claims, n).fill(1)
  const block = randomBlock()
  for (let i = 0; i < n; i++) {
    const row = new Float32Array(exports.memory.buffer, tiles + stride * i, d)
    const shift = i * 65_537
    for (let at = 0; at < d; at += BLOCK_COUNT) {
      const turned = (at / BLOCK_COUNT + shift) % BLOCK_COUNT
      const head = block.subarray(turned)
      const count = Math.min(BLOCK_COUNT, d - at)
      row.set(head.subarray(0, count), at)
      if (count > head.length) row.set(block.subarray(0, count - head.length), at + head.length)
    }
  }
  const startMs = performance.now()
  rule.combineTile({
    kernel: exports,
    m: n,
    b,
    tiles,
    stride,
    count: d,
    numerator: 1,
    denominator: 1,
    claims,
    keys,
    to,
  })
  return { seconds: secondsOf(startMs), inputBytes: stride * n }
}

async function timeFiles(ruleId: string): Promise<Timed> {
  const folder = mkdtempSync(join(tmpdir(), 'oneround-bench-'))
  try {
    const side = Math.floor(Math.sqrt(d / 4))
    const modules = [0, 1, 2, 3].map((i) => ({ name: `layers.${i}.proj`, in: side, out: side }))
    const layout: Layout = { modules, rankMax: rank, scale: [2, 1], dtype: 'f32' }
    const inputs = Array.from({ length: n }, (_, member) => ({
      member,
      claim: 1,
      path: writeUpdate(join(folder, `${member}`), layout, member),
    }))
    const aggregation: Charter['aggregation'] = {
      rules: [{ id: ruleId, version: 1 }],
      b,
      weights: 'uniform',
      samplesRange: [1, 1],
      lambda: [1, 1],
      kernelDigest: await kernelDigest(),
    }
    const loaded = await loadKernel()
    // In this process, so that its memory is the row's; a round has a process for it.
    const kernel: KernelClient = {
      aggregate: (job) => runAggregate(loaded, job, () => undefined),
      admit: () => Promise.reject(new Error('nothing is admitted here')),
      recompress: () => Promise.reject(new Error('nothing is recompressed here')),
      stop: () => Promise.resolve(),
    }
    const startMs = performance.now()
    await aggregate({ layout, aggregation, inputs, outputPath: join(folder, 'out'), seed: SEED }, { kernel })
    const inputBytes = inputs.reduce((sum, { path }) => sum + statSync(path).size, 0)
    return { seconds: secondsOf(startMs), inputBytes }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function writeUpdate(path: string, { modules }: Layout, member: number): string {
  const rng = new SeededRng(`bench-aggregation ${member}`)
  const tensors = modules.flatMap(({ name, in: inCount, out }) => [
    { name: `${name}.lora_A`, dtype: 'F32', shape: [rank, inCount] },
    { name: `${name}.lora_B`, dtype: 'F32', shape: [out, rank] },
  ])
  const { prefix, header } = encodeHeader(tensors)
  const bytes = Buffer.alloc(header.fileSizeBytes)
  bytes.set(prefix)
  for (let at = header.dataOffset; at < bytes.length; at += 4)
    bytes.writeFloatLE((rng.below(2 ** 24) - 2 ** 23) / 2 ** 27, at)
  writeFileSync(path, bytes)
  return path
}

/** numpy’s fastest call for the rule, one thread, on random f32 [n, d]; undefined where there is no numpy. */
function numpySeconds(ruleId: string): number | undefined {
  const calls: Readonly<Record<string, string>> = {
    median: 'np.median(x, axis=0, overwrite_input=True)',
    'trimmed-mean': `np.partition(x, (${b}, ${n - b - 1}), axis=0)[${b}:${n - b}].mean(axis=0)`,
  }
  const call = calls[ruleId]
  if (call === undefined) return undefined
  const program = [
    'import numpy as np, time',
    `x = np.random.default_rng(1).random((${n}, ${d}), dtype=np.float32)`,
    's = time.perf_counter()',
    call,
    'print(time.perf_counter() - s)',
  ].join('\n')
  const { status, stdout } = spawnSync('python3', ['-c', program], { encoding: 'utf8' })
  return status === 0 ? Number(stdout) : undefined
}

async function measureRow(name: string): Promise<Row> {
  const [input = '', rule = ''] = name.split(':')
  assert(input === 'tiles' || input === 'files', 'a row is tiles:RULE or files:RULE')
  const timed = await (input === 'tiles' ? timeTiles(rule) : timeFiles(rule))
  const peakMb = (process.resourceUsage().maxRSS * 1024) / MEGABYTE
  // After the peak was read: the copy needs 2 GiB of its own.
  const copied = copyGigabytesPerSecond()
  const numpy = input === 'tiles' ? numpySeconds(rule) : undefined
  const gigabytesPerSecond = timed.inputBytes / 1e9 / timed.seconds
  return {
    input,
    rule,
    n,
    d,
    workers: 1,
    ...timed,
    gigabytesPerSecond,
    peakMb,
    ...(numpy === undefined ? {} : { numpySeconds: numpy, ratio: numpy / timed.seconds }),
    copyRatio: gigabytesPerSecond / copied,
    copyGigabytesPerSecond: copied,
  }
}

function rowInProcess(name: string): Row {
  const args = [...entryArgs(new URL(import.meta.url)), '--row', name]
  for (const key of ['n', 'd', 'rank'] as const) args.push(`--${key}`, values[key])
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${name}: ended with ${status}: ${stderr}`)
  // Our own process of the same version wrote it.
  return JSON.parse(stdout) as Row
}

const round = (value: number): number => Number(value.toPrecision(3))

if (values.row === undefined) {
  const chosen = RULES.filter(({ id }) => values.rules.split(',').includes(id))
  const names = [
    ...chosen.filter(({ family }) => family === 'coordinate').map(({ id }) => `tiles:${id}`),
    ...chosen.map(({ id }) => `files:${id}`),
  ]
  const rows = names.map((name) => {
    const row = rowInProcess(name)
    process.stderr.write(
      `${name}: ${round(row.seconds)} s, ${round(row.gigabytesPerSecond)} GB/s, peak ${round(row.peakMb)} MB` +
        `${row.ratio === undefined ? '' : `, ${round(row.ratio)}× numpy`}\n`,
    )
    return row
  })
  const best = Math.max(...rows.map((row) => row.copyGigabytesPerSecond))
  const document = {
    copyGigabytesPerSecond: round(best),
    rows: rows.map(({ copyGigabytesPerSecond: _own, ...row }) =>
      Object.fromEntries(
        Object.entries(row).map(([key, value]) => [
          key,
          typeof value === 'number' && !Number.isInteger(value) ? round(value) : value,
        ]),
      ),
    ),
  }
  process.stdout.write(`${values.json ? JSON.stringify(document) : JSON.stringify(document, null, 2)}\n`)
} else {
  process.stdout.write(JSON.stringify(await measureRow(values.row)))
}
