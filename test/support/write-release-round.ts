/** A program: writes a finished round of each family of rules, as of this release, into a folder. */
import '../../src/compat.ts'
import { join } from 'node:path'
import { writeFinishedRound } from './finished-round.ts'

const [folder = ''] = process.argv.slice(2)
await writeFinishedRound(join(folder, 'stacked'), 'multi-krum')
await writeFinishedRound(join(folder, 'dense'), 'trimmed-mean')
