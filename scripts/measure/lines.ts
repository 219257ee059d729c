/** Raw lines of docs/results/ and rows of the tables made from them. */
import * as v from 'valibot'

/** What every raw line says of the machine and how it came to be. */
export const machine = { command: v.string(), cpu: v.string(), node: v.string() }

export const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`
export const head = (...cells: readonly string[]): readonly string[] => [
  row(...cells),
  row(...cells.map(() => '---')),
]

export function parseLines<S extends v.GenericSchema>(text: string, schema: S): readonly v.InferOutput<S>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => v.parse(schema, JSON.parse(line)))
}

/** The last line of each key, in the order in which keys first came. */
export function lastOf<T>(lines: readonly T[], keyOf: (line: T) => string): readonly T[] {
  return [...new Map(lines.map((line) => [keyOf(line), line])).values()]
}
