// Protects: every figure of docs/results/attacks.md and its pictures is made from the committed raw lines.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import * as v from 'valibot'
import { lineSchema } from '../../../scripts/attacks/cell.ts'
import { attackReport } from '../../../scripts/attacks/report.ts'

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../docs/results/${name}`, import.meta.url)), 'utf8')

it('tables and pictures are those of the raw lines', () => {
  const lines = read('attacks.jsonl')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => v.parse(lineSchema, JSON.parse(line)))
  expect(lines.length).toBeGreaterThan(700)
  const { markdown, pictures } = attackReport(lines)
  expect(read('attacks.md')).toContain(markdown)
  expect(pictures.size).toBeGreaterThan(0)
  for (const [name, svg] of pictures) expect(svg).toBe(read(name))
})
