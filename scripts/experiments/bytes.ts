/**
 * Experiment 2, one cell: what rounds cost on the wire. In: a number of members, the size of an update, a number of rounds.
 * Out: for each round what every member's process counted at its sockets. Real processes over loopback with adapters of
 * random values; one charter has all the rounds, each builds on the result of the one before.
 */
import * as v from 'valibot'
import { type RunningCommand, startCommand } from '../../src/demo/process.ts'
import { removeFolder } from '../../src/files/index.ts'
import { makeConsortium, writeTestAdapter } from '../../test/support/consortium.ts'
import { killAtExit } from './leave-nothing.ts'
import type { BytesFigures, BytesPlan } from './types.ts'

const WIDTH = 1024
const RANK = 16
/** One module's factors: A [16, 1024] and B [1024, 16] in f32. */
const MODULE_BYTES = 2 * WIDTH * RANK * 4
/** Nobody leaves before all have their result; all are stopped then. */
const LINGER_SECONDS = '3600'
const HOUR_MS = 3_600_000

const eventSchema = v.object({ type: v.literal('adapter') })
const documentSchema = v.object({
  status: v.object({ aggregate: v.nullable(v.string()) }),
  usage: v.object({
    sentBytes: v.number(),
    receivedBytes: v.number(),
    uploadedBytes: v.record(v.string(), v.number()),
  }),
})
type End = v.InferOutput<typeof documentSchema>

export async function runBytesCell({ siteCount, megabytes, rounds }: BytesPlan): Promise<BytesFigures> {
  const count = Math.max(1, Math.round((megabytes * 1e6) / MODULE_BYTES))
  const modules = Array.from({ length: count }, (_, i) => ({ name: `m${i}`, in: WIDTH, out: WIDTH }))
  const at = (hours: number): number => Date.now() + hours * HOUR_MS
  const consortium = await makeConsortium({
    n: siteCount,
    rank: RANK,
    changes: {
      modules,
      rankMax: RANK,
      // Random values are larger than trained ones.
      limits: { updateNorm: [1_000_000, 1], moduleNorm: [1_000_000, 1] },
      rules: [{ id: 'mean', version: 1 }],
      f: 0,
      b: 0,
      rounds: Array.from({ length: rounds }, (_, i) => ({
        commitAtMs: at(3 * i + 1),
        cutAtMs: at(3 * i + 2),
        lateCutsAtMs: [],
        finalAtMs: at(3 * i + 3),
        ...(i === 0 ? {} : { basis: 'previous' as const }),
      })),
    },
  })
  try {
    const found: BytesFigures['rounds'] = []
    for (let round = 1; round <= rounds; round++) {
      const members: Member[] = []
      for (const [i, name] of consortium.names.entries()) {
        const adapter = consortium.adapterOf(name)
        await writeTestAdapter(adapter, consortium.signed.charter.layout, siteCount * round + i, RANK)
        members.push({ name, folder: consortium.folderOf(name), adapter })
      }
      found.push(await runRound(members, round))
    }
    return { updateBytes: count * MODULE_BYTES, rounds: found }
  } finally {
    await removeFolder(consortium.root)
  }
}

interface Member {
  readonly name: string
  readonly folder: string
  readonly adapter: string
}

async function runRound(members: readonly Member[], round: number): Promise<BytesFigures['rounds'][number]> {
  const startedAt = performance.now()
  const running: RunningCommand[] = []
  const endWatch = killAtExit(running)
  const waiting = new Set(members.map(({ name }) => name))
  const stop = (): void => running.forEach(({ child }) => void child.kill('SIGTERM'))
  try {
    for (const { name, folder, adapter } of members) {
      const args = ['run', folder, '--round', String(round), '--adapter', adapter, '--until-certificate']
      running.push(
        startCommand([...args, '--linger', LINGER_SECONDS], (line) => {
          if (isAdapter(line) && waiting.delete(name) && waiting.size === 0) stop()
        }),
      )
    }
    const ends: End[] = []
    for (const [i, { ended }] of running.entries()) {
      const { status, document, stderrTail } = await ended
      const checked = v.safeParse(documentSchema, document)
      if (!checked.success)
        throw new Error(`${members[i]?.name}: status ${status}, round ${round}: ${stderrTail.join(' / ')}`)
      ends.push(checked.output)
    }
    return figuresOf(ends, (performance.now() - startedAt) / 1000)
  } finally {
    for (const { child } of running) child.kill('SIGKILL')
    endWatch()
  }
}

function isAdapter(line: string): boolean {
  return line.startsWith('{') && v.is(eventSchema, JSON.parse(line))
}

function figuresOf(ends: readonly End[], seconds: number): BytesFigures['rounds'][number] {
  const uploads = ends.flatMap(({ usage }) => Object.values(usage.uploadedBytes))
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
  const busiest = ends.map(({ usage: { sentBytes, receivedBytes } }) => Math.max(sentBytes, receivedBytes))
  return {
    sentBytes: total(ends.map(({ usage }) => usage.sentBytes)),
    receivedBytes: total(ends.map(({ usage }) => usage.receivedBytes)),
    contentBytes: total(uploads),
    busiestBytes: Math.max(...busiest),
    aggregates: new Set(ends.map(({ status }) => status.aggregate)).size,
    seconds: Number(seconds.toFixed(1)),
  }
}
