/** Writes the tables of docs/CLI.md, docs/AGGREGATION.md and docs/AUTODIFF.md anew: `tsx scripts/docs.ts`. */
import { fileURLToPath } from 'node:url'
import { AGGREGATION_TABLES, AUTODIFF_TABLES, DOC_TABLES, withTables } from '../src/cli/docs.ts'
import { readText, writeFileAtomic } from '../src/files/index.ts'

const DOCUMENT_SIZE_BYTES_MAX = 1 << 20
const documents = [
  ['CLI.md', DOC_TABLES],
  ['AGGREGATION.md', AGGREGATION_TABLES],
  ['AUTODIFF.md', AUTODIFF_TABLES],
] as const

for (const [name, tables] of documents) {
  const path = fileURLToPath(new URL(`../docs/${name}`, import.meta.url))
  await writeFileAtomic(path, withTables(await readText(path, DOCUMENT_SIZE_BYTES_MAX), tables))
}
