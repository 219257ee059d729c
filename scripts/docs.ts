/** Writes the tables of docs/CLI.md anew: `tsx scripts/docs.ts`. */
import { fileURLToPath } from 'node:url'
import { withTables } from '../src/cli/docs.ts'
import { readText, writeFileAtomic } from '../src/files/index.ts'

const DOCUMENT_SIZE_BYTES_MAX = 1 << 20
const path = fileURLToPath(new URL('../docs/CLI.md', import.meta.url))
await writeFileAtomic(path, withTables(await readText(path, DOCUMENT_SIZE_BYTES_MAX)))
