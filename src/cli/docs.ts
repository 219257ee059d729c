/**
 * The tables of docs/CLI.md and docs/AGGREGATION.md, made from the tables that the program itself uses. `scripts/docs.ts`
 * writes them between the marks in the documents; tests compare.
 */
import { RULES } from '../aggregate/index.ts'
import { COMMANDS } from './commands/index.ts'
import { ERROR_CODES } from './error-codes.ts'
import { EXIT_MEANINGS, EXIT_STATUS, type ExitName } from './exit-status.ts'

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`

function commandTable(): string {
  return [
    row('command', 'does'),
    row('---', '---'),
    ...COMMANDS.map(({ name, summary }) => row(`\`${name}\``, summary)),
  ].join('\n')
}

function exitTable(): string {
  return [
    row('status', 'meaning'),
    row('---', '---'),
    ...Object.entries(EXIT_MEANINGS).map(([name, meaning]) =>
      row(String(EXIT_STATUS[name as ExitName]), meaning),
    ),
  ].join('\n')
}

function errorTable(): string {
  return [
    row('code', 'status', 'when'),
    row('---', '---', '---'),
    ...Object.entries(ERROR_CODES).map(([code, { exit, when }]) =>
      row(`\`${code}\``, exit === null ? '–' : String(EXIT_STATUS[exit]), when),
    ),
  ].join('\n')
}

function ruleTable(): string {
  return [
    row('id', 'what', 'formula', 'precondition', 'bears', 'cost', 'source'),
    row('---', '---', '---', '---', '---', '---', '---'),
    ...RULES.map(({ id, version, title, formula, precondition, breakdown, cost, source }) =>
      row(`\`${id}\`@${version}`, title, formula, precondition, breakdown, cost, source),
    ),
  ].join('\n')
}

/** Mark → table, of docs/CLI.md. */
export const DOC_TABLES: Readonly<Record<string, () => string>> = {
  commands: commandTable,
  'exit-statuses': exitTable,
  'error-codes': errorTable,
}

/** Mark → table, of docs/AGGREGATION.md. */
export const AGGREGATION_TABLES: Readonly<Record<string, () => string>> = {
  'aggregation-rules': ruleTable,
}

/** The document with every marked table made anew: `<!-- table: commands -->` to `<!-- end -->`. */
export function withTables(
  document: string,
  tables: Readonly<Record<string, () => string>> = DOC_TABLES,
): string {
  return document.replaceAll(
    /(<!-- table: ([a-z-]+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (whole, head, name, end) => {
      const table = tables[String(name)]
      return table === undefined ? whole : `${String(head)}\n${table()}\n\n${String(end)}`
    },
  )
}
