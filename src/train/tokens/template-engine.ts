/**
 * Rendering of chat templates, which come from strangers with their models: Jinja through the kept library, bounded.
 * In: a template's text and variables. Out: text.
 *
 * Bounds: the template's size and its runs of white space (the library's scanner takes quadratic time on those), the
 * number of nodes that are evaluated and items that are looped over, and the characters that evaluating makes, in all. Not bounded:
 * the time and memory of one single filter or method call, whose arguments are bounded by the same characters.
 * Templates reach nothing but their variables: no files, no network, no JavaScript.
 * Source: Jinja 3.1's template documentation; `transformers` apply_chat_template (trim_blocks, lstrip_blocks, `generation`
 * blocks, raise_exception, strftime_now).
 */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja'
import { messageOf } from '../../core/errors.ts'
import { chatTemplateInvalid, chatTemplateRefused } from './errors.ts'

/** What we use of the library: its own declarations name files without extension, which resolve to nothing here. */
interface Variables {
  readonly set: (name: string, value: unknown) => unknown
}
interface Evaluator {
  evaluate(node: unknown, environment: Variables): { readonly value: unknown }
  run(program: unknown): { readonly value: unknown }
}
const LibraryEnvironment: new () => Variables = Environment
const LibraryInterpreter: new (environment: Variables) => Evaluator = Interpreter
const scan: (text: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }) => unknown = tokenize
const parseTokens: (tokens: unknown) => unknown = parse

/** The longest published templates have some 20 kB. */
const TEMPLATE_LENGTH_MAX = 1 << 18
const BLANK_RUN_LENGTH_MAX = 4096
/** A message takes some hundred nodes at most, so that thousands of messages fit; a few seconds' work. */
const STEP_COUNT_MAX = 1 << 19
/** Characters of all values on the way: each character of a conversation passes through some ten nodes. */
const CHARACTER_COUNT_MAX = 1 << 28
const RANGE_COUNT_MAX = 1 << 16

/** Names of the variables that stand where `{% generation %}` and `{% endgeneration %}` stood. */
export const START_MARK = 'oneround_generation_start'
export const END_MARK = 'oneround_generation_end'

export interface CompiledTemplate {
  readonly hasGenerationMarks: boolean
  /**
   * Renders the template.
   * @param date — what `strftime_now` tells, in local time
   * @throws CHAT_TEMPLATE_REFUSED when the template raises, fails, or exceeds a bound
   */
  readonly render: (variables: Readonly<Record<string, unknown>>, date: Date) => string
}

const GENERATION = /\{%(-?)\s*(end)?generation\s*(-?)%\}/g

/** @param file — the name for errors @throws CHAT_TEMPLATE_INVALID */
export function compileTemplate(text: string, file: string): CompiledTemplate {
  if (text.length > TEMPLATE_LENGTH_MAX) {
    throw chatTemplateInvalid(file, `a template of ${text.length} characters, at most ${TEMPLATE_LENGTH_MAX}`)
  }
  if (longestBlank(text) > BLANK_RUN_LENGTH_MAX) {
    throw chatTemplateInvalid(file, `more than ${BLANK_RUN_LENGTH_MAX} characters of white space in a row`)
  }
  const program = parseTemplate(withMarks(text), file)
  return {
    hasGenerationMarks: text.search(GENERATION) >= 0,
    render: (variables, date) => {
      try {
        const environment = environmentOf(variables, date)
        const result = new BoundedInterpreter(environment).run(program).value
        return typeof result === 'string' ? result : String(result)
      } catch (error) {
        // A recursion without end is a RangeError of the JavaScript stack.
        const reason = error instanceof RangeError ? 'it recurses or grows without end' : messageOf(error)
        throw chatTemplateRefused(file, `the chat template does not render: ${reason}`, error)
      }
    },
  }
}

/** The blocks become variables that print a mark, or nothing; white space around them is treated as before. */
function withMarks(text: string): string {
  return text.replace(GENERATION, (_, before: string, end: string | undefined, after: string) => {
    const name = end === undefined ? START_MARK : END_MARK
    return `{%${before} if true %}{{ ${name} }}{% endif ${after}%}`
  })
}

function parseTemplate(text: string, file: string): unknown {
  try {
    return parseTokens(scan(text, { lstrip_blocks: true, trim_blocks: true }))
  } catch (error) {
    throw chatTemplateInvalid(file, `the chat template is not understood: ${messageOf(error)}`, error)
  }
}

function longestBlank(text: string): number {
  let longest = 0
  let run = 0
  for (let i = 0; i < text.length; i++) {
    run = /\s/.test(text.charAt(i)) ? run + 1 : 0
    if (run > longest) longest = run
  }
  return longest
}

class BoundedInterpreter extends LibraryInterpreter {
  /** What loops run over: the library makes a scope for each item before the first turn. */
  readonly #iterables = new Set<unknown>()
  #stepCount = 0
  #characterCount = 0

  override evaluate(node: unknown, environment: Variables): { readonly value: unknown } {
    const iterable = iterableOf(node)
    if (iterable !== null) this.#iterables.add(iterable)
    const result = super.evaluate(node, environment)
    this.#stepCount += 1 + (this.#iterables.has(node) ? itemCount(result.value) : 0)
    if (this.#stepCount > STEP_COUNT_MAX) throw new Error(`more than ${STEP_COUNT_MAX} steps`)
    if (typeof result.value === 'string') this.#characterCount += result.value.length
    if (this.#characterCount > CHARACTER_COUNT_MAX) {
      throw new Error(`more than ${CHARACTER_COUNT_MAX} characters on the way`)
    }
    return result
  }
}

/** The expression that a loop runs over, without its filter `if`; null for other nodes. */
function iterableOf(node: unknown): unknown {
  // What is left out, such as a slice's end, comes as undefined.
  const { type, iterable } = (node ?? {}) as { readonly type?: unknown; readonly iterable?: unknown }
  if (type !== 'For') return null
  const { type: kind, lhs } = (iterable ?? {}) as { readonly type?: unknown; readonly lhs?: unknown }
  return kind === 'SelectExpression' ? lhs : iterable
}

function itemCount(value: unknown): number {
  if (Array.isArray(value)) return value.length
  return value instanceof Map ? value.size : 0
}

function environmentOf(variables: Readonly<Record<string, unknown>>, date: Date): Variables {
  const environment = new LibraryEnvironment()
  const constants = { true: true, True: true, false: false, False: false, none: null, None: null }
  const functions = {
    raise_exception: (message: unknown): never => {
      throw new Error(String(message))
    },
    range: boundedRange,
    strftime_now: (format: unknown): string => formatDate(date, String(format)),
  }
  for (const [name, value] of Object.entries({ ...constants, ...functions, ...variables })) {
    environment.set(name, value)
  }
  return environment
}

/** Python's range. */
function boundedRange(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second]
  const count = Math.max(0, Math.ceil((stop - start) / step))
  if (!(count <= RANGE_COUNT_MAX)) throw new Error(`a range of more than ${RANGE_COUNT_MAX} numbers`)
  return Array.from({ length: count }, (_, i) => start + i * step)
}

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
)
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

/** Python's strftime in its C locale, the directives that templates use; others stay as they are. */
function formatDate(date: Date, format: string): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const month = MONTHS[date.getMonth()] ?? ''
  const day = DAYS[date.getDay()] ?? ''
  const directives: Readonly<Record<string, string>> = {
    '%Y': String(date.getFullYear()),
    '%y': two(date.getFullYear() % 100),
    '%m': two(date.getMonth() + 1),
    '%d': two(date.getDate()),
    '%B': month,
    '%b': month.slice(0, 3),
    '%A': day,
    '%a': day.slice(0, 3),
    '%H': two(date.getHours()),
    '%M': two(date.getMinutes()),
    '%S': two(date.getSeconds()),
    '%%': '%',
  }
  return format.replace(/%[A-Za-z%]/g, (directive) => directives[directive] ?? directive)
}
