/**
 * Seconds from the last header to the certificate, for local members with updates of a given size:
 *   tsx scripts/bench-round.ts [--members 5] [--megabytes 1,50] [--json]
 * How it is measured stands in exchange-bench/round.ts.
 */
import '../src/compat.ts'
import { parseArgs } from 'node:util'
import { measureRound, type RoundRow } from './exchange-bench/round.ts'

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '5' },
    megabytes: { type: 'string', default: '1,50' },
    json: { type: 'boolean', default: false },
  },
})

const results: RoundRow[] = []
for (const megabytes of values.megabytes.split(',').map(Number)) {
  const result = await measureRound(Number(values.members), megabytes)
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
