/**
 * The rule of Einsum: the gradient of an operand is the product of dy with the other operands, under the equation in which
 * that operand's letters are the result. Letters that only the operand has were summed away: their gradient is repeated.
 * An ellipsis is written out in letters of its own. Source: NumPy's `einsum`; ONNX operator Einsum-12.
 */
import { text } from '../../../model/attributes.ts'
import type { Dim } from '../graph-shapes.ts'
import type { GradContext, GradRule, RuleCheck } from '../context.ts'
import { gradientOf, inputOf, outputOf } from '../emit.ts'
import type { Looking } from './windows.ts'

interface Equation {
  /** Letters of each operand, one an axis. */
  readonly operands: readonly (readonly string[])[]
  readonly result: readonly string[]
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('')

function equationOf(c: Looking): Equation | null {
  const source = c.text('equation', '').replaceAll(' ', '')
  const [left = '', right] = source.split('->')
  const terms = left.split(',')
  const spare = terms.map((term, i) => {
    const named = term.replace('...', '').length
    return term.includes('...') ? c.typeOf(inputOf(c, i)).dims.length - named : 0
  })
  const free = ALPHABET.filter((letter) => !source.includes(letter))
  const width = Math.max(0, ...spare)
  if (width > free.length) return null
  // The ellipsis of a smaller operand stands for the last of these axes.
  const dots = free.slice(0, width)
  const spelled = (term: string, count: number): readonly string[] =>
    term.split(/(\.\.\.)/).flatMap((part) => (part === '...' ? dots.slice(width - count) : part.split('')))
  const operands = terms.map((term, i) => spelled(term, spare[i] ?? 0))
  return { operands, result: right === undefined ? implicit(terms, dots) : spelled(right, width) }
}

/** Without an arrow: the ellipsis, then the letters that occur once, in alphabetical order. */
function implicit(terms: readonly string[], dots: readonly string[]): readonly string[] {
  const letters = terms.join('').replaceAll('.', '').split('')
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter))
  return [...dots, ...once.sort()]
}

export const einsumCheck: RuleCheck = (c) => {
  const equation = equationOf(c)
  if (equation === null) return `the equation ${c.text('equation', '')} has too many axes`
  const isRepeated = equation.operands.some((letters) => new Set(letters).size < letters.length)
  return isRepeated ? `the equation ${c.text('equation', '')} takes a diagonal, which has no rule` : null
}

export const einsumRule: GradRule = (c) => {
  const equation = equationOf(c)
  return c.inputs.map((_, i) => (equation !== null && c.wants(i) ? operandGradient(c, equation, i) : null))
}

function operandGradient(c: GradContext, { operands, result }: Equation, place: number): string {
  const own = operands[place] ?? []
  const dims = c.typeOf(inputOf(c, place)).dims
  const terms = [
    { value: gradientOf(c), letters: result, dims: c.typeOf(outputOf(c)).dims },
    ...operands.flatMap((letters, i) =>
      i === place ? [] : [{ value: inputOf(c, i), letters, dims: c.typeOf(inputOf(c, i)).dims }],
    ),
  ]
  const extentIn = (letter: string): Dim | undefined =>
    terms
      .map((term) => term.dims[term.letters.indexOf(letter)])
      .find((dim) => dim !== undefined && dim.constant !== 1)
  // An axis of one element that met a longer one was repeated along it: the sum takes it away.
  const kept = own.filter((letter, axis) => {
    const isElsewhere = terms.some(({ letters }) => letters.includes(letter))
    return isElsewhere && !(dims[axis]?.constant === 1 && extentIn(letter) !== undefined)
  })
  const left = terms.map(({ letters }) => letters.join('')).join(',')
  const product = c.emit(
    'Einsum',
    terms.map(({ value }) => value),
    {
      equation: text(`${left}->${kept.join('')}`),
    },
  )
  const missing = own.flatMap((letter, axis) => (kept.includes(letter) ? [] : [axis]))
  if (missing.length === 0) return product
  return c.emit('Expand', [
    c.emit('Unsqueeze', [product, c.int64s(...missing)]),
    c.shapeOf(inputOf(c, place)),
  ])
}
