// Writes test/vectors/aggregation-digests.json: the digests that the seeded aggregations give today. Run on purpose only,
// when a rule's version was raised: node scripts/vectors/aggregation-digests.mjs
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const args = ['--import', 'tsx', join(root, 'test', 'support', 'aggregate-seeded.ts')]
const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
if (status !== 0) throw new Error(stderr)
const path = join(root, 'test', 'vectors', 'aggregation-digests.json')
writeFileSync(path, `${JSON.stringify(JSON.parse(stdout), null, 2)}\n`)
