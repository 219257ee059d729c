/**
 * Symbolic dimensions: polynomials with integer coefficients over symbols such as `batch`, in one canonical form, so that
 * two dimensions are the same exactly when their `key`s are. What no polynomial expresses (a rounded quotient, a
 * minimum) is an opaque factor with a canonical key of its own.
 *
 * Symbols stand for integers ≥ 1: training never runs on empty tensors (an input that is empty, such as a fresh
 * cache, is bound to 0 before inference). What only a run tells has a symbol of its own, with a mark in front of its name.
 * Bounds that follow from this decide comparisons.
 */
import { assert } from '../../core/errors.ts'

/** Products of sums grow; beyond this the expression is given up, whatever file it comes from. */
const TERM_COUNT_MAX = 128
/** Steps of polynomial division. */
const DIVISION_STEP_COUNT_MAX = 64

/** Thrown where a shape cannot be known; inference turns it into a problem of the node at hand. */
export class Unresolved extends Error {
  override readonly name = 'Unresolved'
}

type Factor =
  | { readonly kind: 'symbol'; readonly key: string }
  | { readonly kind: 'floor' | 'min' | 'max'; readonly key: string; readonly a: Dim; readonly b: Dim }

interface Term {
  readonly coefficient: number
  /** Sorted by key; repeated for powers. */
  readonly factors: readonly Factor[]
}

const byKey = (a: { readonly key: string }, b: { readonly key: string }): number =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : 0
const keyOf = (factors: readonly Factor[]): string => factors.map((factor) => factor.key).join('*')

/** An immutable integer expression. Made by `dimOf`, `dimSymbol` and the arithmetic below. */
export class Dim {
  /** Canonical text: equal exactly when the expressions are. */
  readonly key: string
  /** The number, where it is one. */
  readonly constant: number | null
  /** Greatest first by degree, then by key. */
  readonly terms: readonly Term[]

  constructor(terms: readonly Term[]) {
    this.terms = terms
    const [first] = terms
    if (first === undefined) this.constant = 0
    else this.constant = terms.length === 1 && first.factors.length === 0 ? first.coefficient : null
    this.key = terms.length === 0 ? '0' : terms.map(textOfTerm).join(' + ').replaceAll('+ -', '- ')
  }

  /** The number that this is where symbols have these values. @throws AssertionError for a symbol without value */
  evaluate(symbols: Readonly<Record<string, number>>): number {
    return this.terms.reduce((sum, { coefficient, factors }) => {
      return sum + factors.reduce((product, factor) => product * evaluateFactor(factor, symbols), coefficient)
    }, 0)
  }

  toString(): string {
    return this.key
  }

  toJSON(): number | string {
    return this.constant ?? this.key
  }
}

function textOfTerm({ coefficient, factors }: Term): string {
  if (factors.length === 0) return String(coefficient)
  const product = keyOf(factors)
  if (coefficient === 1) return product
  return coefficient === -1 ? `-${product}` : `${coefficient}*${product}`
}

function evaluateFactor(factor: Factor, symbols: Readonly<Record<string, number>>): number {
  if (factor.kind === 'symbol') {
    const value = symbols[factor.key]
    assert(value !== undefined, `no value for the symbol ${factor.key}`)
    return value
  }
  const a = factor.a.evaluate(symbols)
  const b = factor.b.evaluate(symbols)
  if (factor.kind === 'floor') return Math.floor(a / b)
  return factor.kind === 'min' ? Math.min(a, b) : Math.max(a, b)
}

function fromTerms(terms: Iterable<Term>): Dim {
  const sums = new Map<string, Term>()
  for (const term of terms) {
    const key = keyOf(term.factors)
    const coefficient = (sums.get(key)?.coefficient ?? 0) + term.coefficient
    if (!Number.isSafeInteger(coefficient)) throw new Unresolved('a dimension beyond 2^53')
    if (coefficient === 0) sums.delete(key)
    else sums.set(key, { coefficient, factors: term.factors })
  }
  if (sums.size > TERM_COUNT_MAX) throw new Unresolved('a dimension of too many terms')
  const sorted = [...sums].sort(([a, x], [b, y]) => {
    return y.factors.length - x.factors.length || (a < b ? -1 : 1)
  })
  return new Dim(sorted.map(([, term]) => term))
}

/** A known dimension. */
export function dimOf(value: number): Dim {
  if (!Number.isSafeInteger(value)) throw new Unresolved(`${value} is no dimension`)
  return new Dim(value === 0 ? [] : [{ coefficient: value, factors: [] }])
}

export const DIM_ZERO: Dim = dimOf(0)
export const DIM_ONE: Dim = dimOf(1)

/** A symbol. Sums and products, which some exporters write as names (`past + sequence`), are taken apart. */
export function dimSymbol(name: string): Dim {
  const text = name.replaceAll(/\s/g, '')
  if (!/^[\w.]+([-+*][\w.]+)+$/.test(text)) return symbol(name)
  const signed = text.replaceAll('-', '+-').split('+')
  return signed.map((part) => part.split('*').map(parseFactor).reduce(dimMul)).reduce(dimAdd)
}

function parseFactor(text: string): Dim {
  const name = text.replace(/^-/, '')
  const value = /^\d+$/.test(name) ? dimOf(Number(name)) : symbol(name)
  return text.startsWith('-') ? dimMul(value, dimOf(-1)) : value
}

const symbol = (key: string): Dim => new Dim([{ coefficient: 1, factors: [{ kind: 'symbol', key }] }])

const SIZE_MARK = '?'
const INTEGER_MARK = '~'

/** A size that only a run tells, such as how many elements are not zero: 0 or more, and equal to nothing but itself. */
export const dimUnknown = (name: string): Dim => symbol(`${SIZE_MARK}${name}`)
/** A whole number of any sign that only a run tells. */
export const integerUnknown = (name: string): Dim => symbol(`${INTEGER_MARK}${name}`)
/** Whether something that only a run tells has a part in it. */
export const isUnknown = (dim: Dim): boolean =>
  symbolsOf(dim).some((key) => key.startsWith(SIZE_MARK) || key.startsWith(INTEGER_MARK))

export function dimEquals(a: Dim, b: Dim): boolean {
  return a.key === b.key
}

export function dimAdd(a: Dim, b: Dim): Dim {
  return fromTerms([...a.terms, ...b.terms])
}

export function dimSub(a: Dim, b: Dim): Dim {
  return dimAdd(a, dimMul(b, dimOf(-1)))
}

export function dimMul(a: Dim, b: Dim): Dim {
  if (a.terms.length * b.terms.length > TERM_COUNT_MAX ** 2) {
    throw new Unresolved('a dimension of too many terms')
  }
  return fromTerms(
    a.terms.flatMap((x) =>
      b.terms.map((y) => ({
        coefficient: x.coefficient * y.coefficient,
        factors: [...x.factors, ...y.factors].sort(byKey),
      })),
    ),
  )
}

export function dimProduct(dims: readonly Dim[]): Dim {
  return dims.reduce(dimMul, DIM_ONE)
}

/** The exact quotient, or null where `b` does not divide `a` as a polynomial. */
export function dimExactDiv(a: Dim, b: Dim): Dim | null {
  const [leading] = b.terms
  if (leading === undefined) return null
  let quotient = DIM_ZERO
  let rest = a
  for (let step = 0; step < DIVISION_STEP_COUNT_MAX; step++) {
    const [term] = rest.terms
    if (term === undefined) return quotient
    const part = divideTerm(term, leading)
    if (part === null) return null
    const partial = new Dim([part])
    quotient = dimAdd(quotient, partial)
    rest = dimSub(rest, dimMul(partial, b))
  }
  return null
}

function divideTerm(a: Term, b: Term): Term | null {
  if (a.coefficient % b.coefficient !== 0) return null
  const factors = [...a.factors]
  for (const { key } of b.factors) {
    const index = factors.findIndex((factor) => factor.key === key)
    if (index < 0) return null
    factors.splice(index, 1)
  }
  return { coefficient: a.coefficient / b.coefficient, factors }
}

/** The quotient rounded down: exact where `b` divides `a`, else with an opaque part. */
export function dimDiv(a: Dim, b: Dim): Dim {
  if (b.constant === 0) throw new Unresolved('division by zero')
  const exact = dimExactDiv(a, b)
  if (exact !== null) return exact
  if (a.constant !== null && b.constant !== null) return dimOf(Math.floor(a.constant / b.constant))
  const [divisor] = b.terms
  if (divisor === undefined || b.terms.length > 1) return opaque('floor', a, b)
  // Whatever the divisor divides comes out: floor((4n + 3)/2) = 2n + floor(3/2).
  let whole = DIM_ZERO
  let rest = DIM_ZERO
  for (const term of a.terms) {
    const remainder = euclidean(term.coefficient, divisor.coefficient)
    const divided = divideTerm({ ...term, coefficient: term.coefficient - remainder }, divisor)
    if (divided === null) rest = dimAdd(rest, new Dim([term]))
    else {
      if (divided.coefficient !== 0) whole = dimAdd(whole, new Dim([divided]))
      if (remainder !== 0) rest = dimAdd(rest, new Dim([{ ...term, coefficient: remainder }]))
    }
  }
  return dimAdd(whole, whole.terms.length === 0 ? floorOf(a, b) : dimDiv(rest, b))
}

function floorOf(a: Dim, b: Dim): Dim {
  const isBelow = boundsOf(a).low >= 0 && boundsOf(dimSub(b, a)).low > 0
  return isBelow ? DIM_ZERO : opaque('floor', a, b)
}

const euclidean = (a: number, b: number): number => ((a % b) + Math.abs(b)) % Math.abs(b)

/** The remainder of a division rounded down, as Mod of non-negative integers has it. */
export function dimMod(a: Dim, b: Dim): Dim {
  return dimSub(a, dimMul(dimDiv(a, b), b))
}

export function dimCeilDiv(a: Dim, b: Dim): Dim {
  return dimDiv(dimAdd(a, dimSub(b, DIM_ONE)), b)
}

export function dimMin(a: Dim, b: Dim): Dim {
  if (isAtLeast(b, a) || isWithin(a, 'min', b) || isWithin(b, 'max', a)) return a
  if (isAtLeast(a, b) || isWithin(b, 'min', a) || isWithin(a, 'max', b)) return b
  return opaque('min', ...([a, b].sort(byKey) as [Dim, Dim]))
}

export function dimMax(a: Dim, b: Dim): Dim {
  if (isAtLeast(a, b) || isWithin(a, 'max', b) || isWithin(b, 'min', a)) return a
  if (isAtLeast(b, a) || isWithin(b, 'max', a) || isWithin(a, 'min', b)) return b
  return opaque('max', ...([a, b].sort(byKey) as [Dim, Dim]))
}

/** Whether `whole` is the smaller or larger of two, one of which is `part`. */
function isWithin(whole: Dim, kind: 'min' | 'max', part: Dim): boolean {
  const factor = soleFactor(whole)
  return factor?.kind === kind && (factor.a.key === part.key || factor.b.key === part.key)
}

function soleFactor(dim: Dim): Factor | null {
  const [term, ...others] = dim.terms
  if (term?.coefficient !== 1 || others.length > 0 || term.factors.length !== 1) return null
  return term.factors[0] ?? null
}

/** Whether `a` is the smaller of `b` and something that is at least 2: where it is 1, `b` is. */
export function isCappedAt(a: Dim, b: Dim): boolean {
  const factor = soleFactor(a)
  if (factor?.kind !== 'min') return false
  const [own, cap] = factor.a.key === b.key ? [factor.a, factor.b] : [factor.b, factor.a]
  return own.key === b.key && boundsOf(cap).low >= 2
}

function opaque(kind: 'floor' | 'min' | 'max', a: Dim, b: Dim): Dim {
  const key = kind === 'floor' ? `floor((${a.key})/(${b.key}))` : `${kind}(${a.key}, ${b.key})`
  if (key.length > 4096) throw new Unresolved('a dimension of too many terms')
  return new Dim([{ coefficient: 1, factors: [{ kind, key, a, b }] }])
}

export interface Bounds {
  readonly low: number
  readonly high: number
}

/** What a dimension can be, symbols being at least 1. */
export function boundsOf(dim: Dim): Bounds {
  let low = 0
  let high = 0
  for (const { coefficient, factors } of dim.terms) {
    const product = factors
      .map(boundsOfFactor)
      .reduce(multiplyBounds, { low: coefficient, high: coefficient })
    low += product.low
    high += product.high
  }
  return { low, high }
}

function boundsOfFactor(factor: Factor): Bounds {
  if (factor.kind === 'symbol') return { low: lowestOf(factor.key), high: Infinity }
  const a = boundsOf(factor.a)
  const b = boundsOf(factor.b)
  if (factor.kind === 'min') return { low: Math.min(a.low, b.low), high: Math.min(a.high, b.high) }
  if (factor.kind === 'max') return { low: Math.max(a.low, b.low), high: Math.max(a.high, b.high) }
  // Only quotients of non-negative by positive numbers are bounded.
  if (a.low < 0 || b.low <= 0) return { low: -Infinity, high: Infinity }
  return { low: b.high === Infinity ? 0 : Math.floor(a.low / b.high), high: Math.floor(a.high / b.low) }
}

const lowestOf = (key: string): number =>
  key.startsWith(SIZE_MARK) ? 0 : key.startsWith(INTEGER_MARK) ? -Infinity : 1

function multiplyBounds(a: Bounds, b: Bounds): Bounds {
  const products = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]
  const known = products.map((product) => (Number.isNaN(product) ? 0 : product))
  return { low: Math.min(...known), high: Math.max(...known) }
}

/** Whether a ≥ b for all symbols ≥ 1, as far as bounds tell. */
export function isAtLeast(a: Dim, b: Dim): boolean {
  return a.key === b.key || boundsOf(dimSub(a, b)).low >= 0
}

/** Whether a ≠ b for all symbols ≥ 1, as far as bounds tell. */
export function isDistinct(a: Dim, b: Dim): boolean {
  const { low, high } = boundsOf(dimSub(a, b))
  return low > 0 || high < 0
}

/** Names of the symbols in a dimension. */
export function symbolsOf(dim: Dim): readonly string[] {
  const names = dim.terms.flatMap(({ factors }) =>
    factors.flatMap((factor) =>
      factor.kind === 'symbol' ? [factor.key] : [...symbolsOf(factor.a), ...symbolsOf(factor.b)],
    ),
  )
  return [...new Set(names)].sort()
}
