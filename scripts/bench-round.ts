/**
 * Seconds from the last header to the certificate, for local members with updates of a given size:
 *   tsx scripts/bench-round.ts [--members 5] [--megabytes 1,50] [--json]
 * Real processes through the same starter as the demo; adapters of random values, no training. The last header is the
 * latest `signed header` event, the certificate the latest `certificate` event, over all members.
 */
import '../src/compat.ts'
import { parseArgs } from 'node:util'
import type { Charter } from '../src/charter/index.ts'
import { removeFolder } from '../src/files/index.ts'
import { readPlan } from '../src/demo/plan.ts'
import { runRound } from '../src/demo/round.ts'
import { makeConsortium } from '../test/support/consortium.ts'

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '5' },
    megabytes: { type: 'string', default: '1,50' },
    json: { type: 'boolean', default: false },
  },
})

const WIDTH = 1024
const RANK = 16
/** One module's factors: A [16, 1024] and B [1024, 16] in f32. */
const MODULE_BYTES = 2 * WIDTH * RANK * 4
const TIMEOUT_MS = 600_000
/** Random values are larger than trained ones. */
const NORMS: Partial<Charter['limits']> = { updateNorm: [1_000_000, 1], moduleNorm: [1_000_000, 1] }

interface Measured {
  readonly members: number
  readonly updateMegabytes: number
  readonly modules: number
  /** From the last header to the first and to the last certificate. */
  readonly firstSeconds: number
  readonly lastSeconds: number
  readonly isOneDigest: boolean
}

async function measure(members: number, megabytes: number): Promise<Measured> {
  const count = Math.max(1, Math.round((megabytes * 1_000_000) / MODULE_BYTES))
  const modules = Array.from({ length: count }, (_, i) => ({ name: `m${i}`, in: WIDTH, out: WIDTH }))
  const consortium = await makeConsortium({
    n: members,
    rank: RANK,
    changes: { modules, rankMax: RANK, limits: NORMS },
  })
  const headers: number[] = []
  const certificates: number[] = []
  try {
    const runs = await runRound({
      plan: readPlan(members, [], []),
      folderOf: consortium.folderOf,
      adapterOf: consortium.adapterOf,
      timeoutMs: TIMEOUT_MS,
      onEvent: (_, event) => {
        if (event.type === 'signed' && event.object === 'header') headers.push(event.atMs)
        if (event.type === 'certificate') certificates.push(event.atMs)
      },
      signal: new AbortController().signal,
    })
    const last = Math.max(...headers)
    const digests = new Set(runs.map(({ digest }) => digest))
    return {
      members,
      updateMegabytes: (count * MODULE_BYTES) / 1_000_000,
      modules: count,
      firstSeconds: (Math.min(...certificates) - last) / 1000,
      lastSeconds: (Math.max(...certificates) - last) / 1000,
      isOneDigest: digests.size === 1 && !digests.has(null),
    }
  } finally {
    await removeFolder(consortium.root)
  }
}

const results: Measured[] = []
for (const megabytes of values.megabytes.split(',').map(Number)) {
  const result = await measure(Number(values.members), megabytes)
  results.push(result)
  if (!values.json) {
    const { updateMegabytes, firstSeconds, lastSeconds, isOneDigest } = result
    const digest = isOneDigest ? 'one digest' : 'DIGESTS DIFFER'
    console.log(
      `${result.members} members, ${updateMegabytes.toFixed(1)} MB each: ${firstSeconds.toFixed(2)} s to the first certificate, ${lastSeconds.toFixed(2)} s to the last; ${digest}`,
    )
  }
}
if (values.json) console.log(JSON.stringify(results))
