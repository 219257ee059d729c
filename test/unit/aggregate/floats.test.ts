// Protects: on the way to an aggregate's bytes the host touches no float: it moves bytes, counts, and passes addresses.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../src/aggregate/', import.meta.url))

/**
 * Files of this room off the agreed path, and why; every other file is on it. What they compute is read by people, and no
 * file on the agreed path may import a value from the reports but those named below.
 */
const REPORTS: Readonly<Record<string, string>> = {
  'report.ts': 'ranks and ratios of a report',
  'kernel/figures.ts': 'what a report says of a result',
}
/** The one file whose business is division of whole numbers. */
const INTEGERS = 'kernel/integers.ts'

/**
 * Numbers that leave the kernel or the host for people only, or for tests of the machine: [file, text that stands for it].
 * Each is on one line, and that line says what it is for.
 */
const EXCEPTIONS: readonly (readonly [file: string, text: string, why: string])[] = [
  ['kernel/admit.ts', 'normMax: numerator / denominator', 'the bound that a refusal states'],
  ['kernel/admit.ts', 'const normMax = numerator / denominator', 'the bound that a refusal states'],
  ['kernel/admit.ts', 'norm: Math.sqrt(square), normMax', 'the norm that a refusal states'],
  ['kernel/admit.ts', 'return { ok: true, norm: Math.sqrt(square) }', 'the norm that a report states'],
  [
    'kernel/admit.ts',
    'const [square = 0] = arena.doubles(gram, 1)',
    'back into the kernel as it is, and reported',
  ],
  ['kernel/kernel.ts', 'new Float32Array(exports.memory.buffer, from + 16, 2).set(singles)', 'known answers'],
  ['kernel/kernel.ts', 'arena.doubles(from, 2).set(doubles)', 'known answers'],
  ['kernel/kernel.ts', 'doubles: [', 'inputs of known answers'],
  ['kernel/kernel.ts', 'singles: [', 'inputs of known answers'],
  ['kernel/kernel.ts', 'doubles(at: Address, count: number): Float64Array {', 'the view itself'],
  ['kernel/kernel.ts', 'return new Float64Array(this.#exports.memory.buffer, at, count)', 'the view itself'],
  ['kernel/kernel.ts', 'this.doubles(at, numbers.length).set(numbers)', 'given numbers, as they are'],
  ['kernel/kernel.ts', 'const numbers = [...this.doubles(at, count)]', 'whole numbers, asserted'],
  ['kernel/kernel.ts', 'const own = this.doubles(at, counts.length >>> 3)', 'whole numbers, asserted'],
  ['kernel/kernel.ts', 'const others = new Float64Array(counts.buffer,', 'whole numbers, asserted'],
  ['kernel/kernel.ts', 'Math.ceil(sizeBytes / 16) * 16', 'bytes of memory'],
  ['kernel/kernel.ts', 'memory.grow(Math.ceil(missing / PAGE_BYTES))', 'pages of memory'],
  ['kernel/arrays.ts', 'const doubles = (count: number)', 'reserves memory'],
  ['kernel/recompress.ts', '.doubles(core, leftCount * rightCount)', 'summed for the report'],
  [
    'kernel/recompress.ts',
    'const values = [...arena.doubles(squares, rightCount)]',
    'back into the kernel as they are, and summed for the report',
  ],
  ['recompress.ts', 'Math.min(1, sum((module) => module.keptEnergy) / energy)', 'a share for the report'],
  ['rules/subset-count.ts', 'count = (count * BigInt(m - b + k)) / BigInt(k)', 'whole numbers of any size'],
  ['weights.ts', 'Math.floor((unsafe - safe) / 2)', 'whole numbers: half way between two caps'],
]

/** Source without comments, texts and regular expressions: what is left is code. Line numbers stay. */
function codeOf(source: string): string {
  const token =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|(?<=[(,=:[!&|?{};]\s*)\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g
  return source.replaceAll(token, (text) => text.replaceAll(/[^\n]/g, ' '))
}

const FORBIDDEN: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a division', /(?<![*/])\/(?![*/=>])|\/=/],
  ['a power', /\*\*(?!\s*\d)/],
  ['a float literal', /(?<![\w.])\d[\d_]*\.\d|(?<![\w.])\d[\d_]*e[-+]?\d/i],
  ['Math beyond whole numbers', /\bMath\.(?!min\b|max\b)/],
  ['parsing of a float', /\bparseFloat\b|\bNumber\.(?:EPSILON|MIN_VALUE|MAX_VALUE)\b/],
  ['a float array', /\bFloat(?:16|32|64)Array\b|\bgetFloat|\bsetFloat|\.doubles\(|\bdoubles\(at/],
]

/** All sources of the room but the kernel's own and declarations. */
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !file.startsWith('kernel/assembly/'))
const agreed = files.filter((file) => !(file in REPORTS) && file !== INTEGERS)

function breachesOf(file: string, source: string): readonly string[] {
  const lines = source.split('\n')
  const allowed = EXCEPTIONS.filter(([where]) => where === file).map(([, text]) => text)
  return codeOf(source)
    .split('\n')
    .flatMap((code, i) => {
      const line = lines[i] ?? ''
      if (allowed.some((text) => line.includes(text))) return []
      return FORBIDDEN.filter(([, pattern]) => pattern.test(code)).map(
        ([what]) => `${file}:${i + 1}: ${what}: ${line.trim()}`,
      )
    })
}

describe('the agreed path', () => {
  it.each(agreed)('%s touches no float', (file) => {
    expect(breachesOf(file, readFileSync(join(root, file), 'utf8'))).toEqual([])
  })

  it('has no exception that is not needed', () => {
    for (const [file, text] of EXCEPTIONS)
      expect(readFileSync(join(root, file), 'utf8'), `${file}: ${text}`).toContain(text)
    for (const file of [...Object.keys(REPORTS), INTEGERS]) expect(files).toContain(file)
  })

  it.each([
    ['a division', 'const x = a / b'],
    ['a float literal', 'const half = 0.5'],
    ['a float literal', 'const small = 1e-9'],
    ['Math beyond whole numbers', 'const root = Math.sqrt(x)'],
    ['a float array', 'const [x] = arena.doubles(at, 1)'],
    ['a float array', 'const x = new Float32Array(4)'],
  ])('would be found out: %s', (what, line) => {
    expect(breachesOf('rules/new.ts', `${line}\n`)).toEqual([`rules/new.ts:1: ${what}: ${line}`])
  })

  it.each(["const path = 'a/b 0.5'", '// a / b', 'const s = /a\\/b/.exec(x)', 'const n = 4 * m * 8'])(
    'is not troubled by %s',
    (line) => expect(breachesOf('rules/new.ts', `${line}\n`)).toEqual([]),
  )
})
