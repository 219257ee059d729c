/**
 * How fast updates move: between two processes, against a bare stream and plain TCP (throughput); and through a whole
 * round of spawned members, with what each sends and takes for it (rounds).
 *
 *   npm run bench:exchange -- [--sizes 1,50,256] [--runs 5] [--rounds 4:1,4:50,16:1,16:20,32:1] [--full] [--json]
 *
 * `--sizes ''` or `--rounds ''` leaves a part out; `--full` adds a round of 500 MB updates, 24 GB of disk. A third part of a
 * round is its rule, such as 4:50:geometric-median; else the charter's usual ones, of which four members get the trimmed mean:
 * its result is dense, for these modules 32 times an update.
 */
import '../src/compat.ts'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { measureRound, type RoundRow } from './exchange-bench/round.ts'
import { measureThroughput, serve, type ThroughputRow } from './exchange-bench/throughput.ts'

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 2 : 0)} %`

function tellThroughput(row: ThroughputRow): string {
  const [update, raw, tcp] = [row.updateMibPerSecond, row.rawMibPerSecond, row.tcpMibPerSecond].map(
    Math.round,
  )
  return `${row.sizeMib} MiB: update ${update} MiB/s, bare stream ${raw} MiB/s (${percent(row.updateOverRaw)}), TCP ${tcp} MiB/s`
}

function tellRound(row: RoundRow): string {
  const digest = row.isOneDigest ? 'one digest' : 'DIGESTS DIFFER'
  return (
    `${row.members} members, ${row.updateMegabytes.toFixed(1)} MB: all stored ${row.storedSeconds.toFixed(2)} s, decided ` +
    `${row.decidedSeconds.toFixed(2)} s, attested ${row.attestedSeconds.toFixed(2)} s, written ${row.lastSeconds.toFixed(2)} s ` +
    `after the last header; sent ${row.sentOverIdeal.toFixed(3)}× the ideal, ` +
    `control ${percent(row.controlOverContent)}, at most ${row.uploadsToOneMax.toFixed(2)} updates to one member, ` +
    `peak ${row.peakMegabytes.toFixed(0)} MB, of its kernel ${row.kernelPeakMegabytes?.toFixed(0) ?? '–'} MB; ${digest}`
  )
}

const words = (text: string): readonly string[] => text.split(',').filter((word) => word !== '')

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sizes: { type: 'string', default: '1,50,256' },
      runs: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '4:1,4:50,16:1,16:20,32:1' },
      full: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      serve: { type: 'string' },
    },
  })
  const sizesMib = words(values.sizes).map(Number)
  if (values.serve !== undefined) return serve(values.serve, sizesMib)
  const loadBefore = loadavg()[0] ?? 0
  const tell = (line: string): void => {
    if (!values.json) process.stdout.write(`${line}\n`)
  }
  const machine = `${cpus().length}× ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}`
  tell(`${machine}; load ${loadBefore.toFixed(1)}; medians of ${values.runs} runs`)
  const throughput =
    sizesMib.length === 0
      ? []
      : await measureThroughput(new URL(import.meta.url), sizesMib, Number(values.runs))
  throughput.map(tellThroughput).forEach(tell)
  const rounds: RoundRow[] = []
  for (const spec of [...words(values.rounds), ...(values.full ? ['4:500:geometric-median'] : [])]) {
    const [members, megabytes, rule] = spec.split(':')
    const row = await measureRound(Number(members), Number(megabytes), rule)
    rounds.push(row)
    tell(tellRound(row))
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ machine, loadBefore, throughput, rounds })}\n`)
}

await main()
