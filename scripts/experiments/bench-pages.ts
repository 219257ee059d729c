/** Tables of docs/results that are made of benches' raw lines: made anew after experiments, and after any measurement. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withTables } from '../../src/cli/docs.ts'
import { MEASUREMENT_TABLES } from '../measure/tables.ts'
import type { Page } from './pages.ts'
import { type RawReader, speedTables } from './speed.ts'

export function benchPages(read: RawReader): readonly Page[] {
  const { namespaces } = MEASUREMENT_TABLES
  return [
    { file: 'speed.md', tables: speedTables(read) },
    {
      file: 'asynchrony.md',
      tables: namespaces === undefined ? {} : { namespaces: () => namespaces(read('namespaces')) },
    },
  ]
}

/** @param results — the folder of raw lines and pages */
export function writeBenchPages(results: string): void {
  const read = (name: string): string => {
    const file = join(results, `${name}.jsonl`)
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }
  for (const { file, tables } of benchPages(read)) {
    const page = join(results, file)
    writeFileSync(page, withTables(readFileSync(page, 'utf8'), tables))
  }
}
