/**
 * How a command is declared: name, arguments, options, handler. One file a command in commands/, which exports one value
 * made by `defineCommand`; commands/index.ts lists them with a lazy import each, so that starting up loads one command.
 *
 * In: the words after the command's name. Out: a `CommandResult`, the same facts as one JSON document and as text.
 * A handler holds no logic: it reads files through the library, calls the library, and words the result.
 */
import { RoundError } from '../core/errors.ts'
import type { Log } from '../core/ports.ts'
import type { ExitStatus } from './exit-status.ts'
import type { Output } from './output.ts'

/** Anything that `JSON.stringify` writes as it is. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }

export interface CommandResult {
  /** The whole result; printed on one line under `--json`. */
  readonly document: Json
  /** The same for people. Printed on stdout without `--json`; may hold several lines. */
  readonly text: string
  /** Everything was printed as it happened: neither is printed now. */
  readonly isSaid?: boolean
  /** Default 0. Not 0 when the question was answered and the answer is no. */
  readonly exitStatus?: ExitStatus
}

/** What a handler gets from the world. */
export interface CommandContext {
  readonly output: Output
  /** JSON lines on stderr, at `--log-level` and above. */
  readonly log: Log
  /** Aborted by the first SIGINT or SIGTERM; the second ends the process. */
  readonly signal: AbortSignal
  /**
   * Lets a command take SIGINT for itself, such as to end an answer and not the program.
   * @param handler — answers whether it took the signal; if not, the command is asked to stop as always
   * @returns what ends this
   */
  readonly onInterrupt: OnInterrupt
}

export type OnInterrupt = (handler: () => boolean) => () => void

export interface Argument {
  readonly name: string
  readonly help: string
  readonly isOptional?: boolean
  /** Takes all remaining words; the last argument only. */
  readonly isVariadic?: boolean
}

/** One option with the type of its value. Made by the functions below. */
export interface Option<T> {
  /** As commander reads them: `-o, --out <folder>`. The long form names the value: `--min-updates` → `minUpdates`. */
  readonly flags: string
  readonly help: string
  readonly kind: 'switch' | 'value' | 'list'
  readonly isRequired: boolean
  /** Stated in the help; the value when the option is absent. */
  readonly default?: T
  /** One text of the command line as a value. @throws USAGE */
  readonly parse: (text: string) => unknown
}

export type Options = Readonly<Record<string, Option<unknown>>>
export type OptionValues<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never
}

export interface CommandInput<O extends Options> {
  /** Positional words, as many as declared. */
  readonly args: readonly string[]
  readonly options: OptionValues<O>
}

export interface CommandDefinition<O extends Options> {
  /** Words as typed: `merge`, `charter new`. */
  readonly name: string
  /** What it does, what it reads and writes: some lines, shown by `--help` under the summary of commands/index.ts. */
  readonly description: string
  readonly arguments?: readonly Argument[]
  /** Keys are the long flags in camel case. */
  readonly options: O
  /** Whole command lines, shown at the end of `--help`. */
  readonly examples?: readonly string[]
  readonly run: (input: CommandInput<O>, context: CommandContext) => Promise<CommandResult>
}

/** A command with the types of its options hidden: `invoke` takes what the parser read, checked by `readOptions`. */
export interface Command extends Omit<CommandDefinition<Options>, 'run'> {
  readonly invoke: (
    args: readonly string[],
    values: Readonly<Record<string, unknown>>,
    context: CommandContext,
  ) => Promise<CommandResult>
}

export function defineCommand<O extends Options>(definition: CommandDefinition<O>): Command {
  const { run, ...rest } = definition
  return {
    ...rest,
    invoke: (args, values, context) =>
      run({ args, options: readOptions(definition.options, values) }, context),
  }
}

function readOptions<O extends Options>(options: O, raw: Readonly<Record<string, unknown>>): OptionValues<O> {
  const values: Record<string, unknown> = {}
  for (const [key, option] of Object.entries(options)) {
    const given = raw[key]
    if (given === undefined) {
      if (option.isRequired) throw usageError(`missing ${option.flags}`)
      values[key] = option.default
    } else if (option.kind === 'switch') {
      values[key] = given === true
    } else if (option.kind === 'list') {
      values[key] = (given as readonly string[]).flatMap((text) => withFlag(option, text))
    } else {
      values[key] = withFlag(option, given as string)
    }
  }
  // Sound: every key of O was set by its own option's parser.
  return values as OptionValues<O>
}

function withFlag(option: Option<unknown>, text: string): unknown {
  try {
    return option.parse(text)
  } catch (error) {
    if (error instanceof RoundError && error.code === 'USAGE') {
      throw usageError(`${option.flags}: ${error.message}`, { cause: error })
    }
    throw error
  }
}

export type UsageFault = { readonly code: 'USAGE' }

export function usageError(
  message: string,
  options: { readonly cause?: unknown; hint?: string } = {},
): RoundError {
  return new RoundError<UsageFault>({ code: 'USAGE' }, message, {
    hint: 'Add --help to see what is expected.',
    ...options,
  })
}

// ---- Kinds of options --------------------------------------------------------------------------------------------

/** On when given: `--force`. */
export function flag(flags: string, help: string): Option<boolean> {
  return { flags, help, kind: 'switch', isRequired: false, default: false, parse: () => true }
}

export function text(flags: string, help: string): Option<string | undefined> {
  return { flags, help, kind: 'value', isRequired: false, parse: (given) => given }
}

/** A whole number from `min` (default 0) to `max`. */
export function count(
  flags: string,
  help: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number } = {},
): Option<number | undefined> {
  const parse = (given: string): number => {
    const value = Number(given)
    if (!/^\d+$/.test(given) || value < min || value > max || !Number.isSafeInteger(value)) {
      const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`
      throw usageError(`expected a whole number ${range}, got "${given}"`)
    }
    return value
  }
  return { flags, help, kind: 'value', isRequired: false, parse }
}

/** A finite number: `3e-4`, `0.5`. */
export function decimal(flags: string, help: string): Option<number | undefined> {
  const parse = (given: string): number => {
    const value = Number(given)
    if (given.trim() === '' || !Number.isFinite(value)) throw usageError(`expected a number, got "${given}"`)
    return value
  }
  return { flags, help, kind: 'value', isRequired: false, parse }
}

export function choice<const C extends readonly string[]>(
  flags: string,
  help: string,
  choices: C,
): Option<C[number] | undefined> {
  const parse = (given: string): string => {
    if (!choices.includes(given)) throw usageError(`expected ${choices.join(' or ')}, got "${given}"`)
    return given
  }
  return { flags, help: `${help} (${choices.join(', ')})`, kind: 'value', isRequired: false, parse }
}

/** Texts, separated by commas, or the option several times. */
export function list(flags: string, help: string): Option<readonly string[]> {
  const parse = (given: string): readonly string[] => {
    const items = given.split(',').map((item) => item.trim())
    if (items.includes('')) throw usageError(`expected texts separated by commas, got "${given}"`)
    return items
  }
  return { flags, help, kind: 'list', isRequired: false, default: [], parse }
}

/** Texts as they are, commas and all, one each time the option is given; `\\n` and `\\t` stand for line and tab. */
export function texts(flags: string, help: string): Option<readonly string[]> {
  const parse = (given: string): readonly string[] => [
    given.replaceAll(/\\([nt])/g, (_, letter: string) => (letter === 'n' ? '\n' : '\t')),
  ]
  return { flags, help, kind: 'list', isRequired: false, default: [], parse }
}

/** The same option, but it must be given. */
export function required<T>(option: Option<T>): Option<NonNullable<T>> {
  const { flags, help, kind, parse } = option
  return { flags, help, kind, parse, isRequired: true }
}

/** The same option with a value for when it is absent. */
export function withDefault<T>(option: Option<T>, value: NonNullable<T>): Option<NonNullable<T>> {
  return { ...option, isRequired: false, default: value }
}
