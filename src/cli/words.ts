/** How figures read in text for people: bytes, instants, durations, tables. */
import { createRequire } from 'node:module'
import type CliTable from 'cli-table3'
import { usageError } from './command.ts'

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `1.5 MB`: decimal units, three digits. */
export function bytesText(sizeBytes: number): string {
  let [value, unit] = [sizeBytes, 0]
  for (; value >= 1000 && unit < UNITS.length - 1; unit++) value /= 1000
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${UNITS[unit]}`
}

/** `2026-11-23T03:00:00Z`. */
export function instantText(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.000Z$/, 'Z')
}

const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** An instant given as `2026-11-23T03:00Z`, or as `+90m` from now. @throws USAGE */
export function parseInstant(text: string, option: string, nowMs: number): number {
  const [, count, unit = ''] = /^\+(\d{1,7})([smhd])$/.exec(text) ?? []
  if (count !== undefined) return nowMs + Number(count) * (DURATION_UNITS_MS[unit] ?? 0)
  // Without a zone it would mean another instant at every member.
  const atMs = /(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isSafeInteger(atMs) || atMs < 0) {
    throw usageError(`${option}: expected +90s, +30m, +2h, +7d or 2026-11-23T03:00Z, got "${text}"`)
  }
  return atMs
}

/** A table of texts with a heading; without borders, so that it can be copied. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const Table = createRequire(import.meta.url)('cli-table3') as typeof CliTable
  const blank = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' }
  const more = { 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '' }
  const table = new Table({
    chars: { ...blank, ...more, right: '', 'right-mid': '', middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    head: [...head],
  })
  table.push(...rows.map((row) => [...row]))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
