/**
 * The tables of docs/CLI.md, docs/AGGREGATION.md and docs/AUTODIFF.md, made from the tables that the program itself uses. `scripts/docs.ts`
 * writes them between the marks in the documents; tests compare.
 */
import { type ParameterFacts, RULES, STEPS } from '../aggregate/index.ts'
import { COMMANDS } from './commands/index.ts'
import { ERROR_CODES } from './error-codes.ts'
import { gradientRows, operatorsThatStop } from '../train/gradient/table.ts'
import { REFUSALS } from '../train/gradient/table-without-rules.ts'
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
    row(
      'id',
      'what',
      'formula',
      'precondition',
      'bears',
      'weights',
      'parameters',
      'reports',
      'cost',
      'source',
    ),
    row('---', '---', '---', '---', '---', '---', '---', '---', '---', '---'),
    ...RULES.map((rule) => {
      const { id, version, title, formula, precondition, breakdown, usesClaims, reports, cost, source } = rule
      const weights = usesClaims ? 'yes' : '–'
      return row(
        `\`${id}\`@${version}`,
        title,
        formula,
        precondition,
        breakdown,
        weights,
        parameterCell(rule.takes),
        reports,
        cost,
        source,
      )
    }),
  ].join('\n')
}

function stepTable(): string {
  return [
    row('id', 'what', 'formula', 'precondition', 'what it changes', 'parameters', 'cost', 'source'),
    row('---', '---', '---', '---', '---', '---', '---', '---'),
    ...STEPS.map(({ id, version, title, formula, precondition, breakdown, takes, cost, source }) =>
      row(
        `\`${id}\`@${version}`,
        title,
        formula,
        precondition,
        breakdown,
        parameterCell(takes),
        cost,
        source,
      ),
    ),
  ].join('\n')
}

/** `density = 1/5, in 1/1000000 … 1: share …` */
function parameterCell(takes: readonly ParameterFacts[] = []): string {
  const fraction = ([numerator, denominator]: ParameterFacts['min']): string =>
    denominator === 1 ? String(numerator) : `${numerator}/${denominator}`
  const texts = takes.map(({ name, fallback, min, max, help }) => {
    const value = fallback === null ? '' : ` = ${fraction(fallback)}`
    return `\`${name}\`${value}, in ${fraction(min)} … ${fraction(max)}: ${help}`
  })
  return texts.length === 0 ? '–' : texts.join('; ')
}

/** Mark → table, of docs/CLI.md. */
export const DOC_TABLES: Readonly<Record<string, () => string>> = {
  commands: commandTable,
  'exit-statuses': exitTable,
  'error-codes': errorTable,
}

/** Operators, in the order of the alphabet, with the opsets of the form that the rule is for. */
function gradientTable(): string {
  return [
    row('operator', 'opsets', 'gradients to'),
    row('---', '---', '---'),
    ...gradientRows().map(({ op, opsets, reach, isPartial }) =>
      row(`\`${op}\`${isPartial ? ' *' : ''}`, opsets, reach),
    ),
  ].join('\n')
}

const stoppingList = (): string =>
  operatorsThatStop()
    .map((op) => `\`${op}\``)
    .join(', ')

function refusalTable(): string {
  return [
    row('operators', 'why, and what to do'),
    row('---', '---'),
    ...Object.entries(REFUSALS).map(([reason, keys]) =>
      row(keys.map((key) => `\`${key.replace(/@.*/, '')}\``).join(', '), reason),
    ),
  ].join('\n')
}

/** Mark → table, of docs/AUTODIFF.md. */
export const AUTODIFF_TABLES: Readonly<Record<string, () => string>> = {
  'gradient-rules': gradientTable,
  'gradient-stops': stoppingList,
  'gradient-refusals': refusalTable,
}

/** Mark → table, of docs/AGGREGATION.md. */
export const AGGREGATION_TABLES: Readonly<Record<string, () => string>> = {
  'aggregation-rules': ruleTable,
  'aggregation-steps': stepTable,
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
