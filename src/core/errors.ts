/**
 * The two families of failure (docs/STYLE.md): *operating* errors are `RoundError`s, carry a typed code with its data,
 * and are expected to happen; *programmer* errors are assertions and crash, in production too.
 */

/** The data of an operating error: a finite, documented code and whatever names the file, field or peer. */
export interface ErrorInfo {
  readonly code: string
}

export interface RoundErrorOptions {
  /** What the person reading it can do about it: one sentence. */
  readonly hint?: string
  readonly cause?: unknown
}

/**
 * An operating error that crosses a stage's door.
 * `message` is one sentence that names the file, field or peer, what was found and what was expected.
 */
export class RoundError<T extends ErrorInfo = ErrorInfo> extends Error {
  override readonly name = 'RoundError'
  readonly info: T
  readonly hint: string | undefined

  constructor(info: T, message: string, options: RoundErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.info = info
    this.hint = options.hint
  }

  get code(): T['code'] {
    return this.info.code
  }
}

/** Whether `error` is an operating error, optionally of one code. */
export function isRoundError(error: unknown, code?: string): error is RoundError {
  return error instanceof RoundError && (code === undefined || error.code === code)
}

/** A broken invariant of our own: never used for input of any kind. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** Closes a `switch` over a union: a new member of the union is a compile error at the call. */
export function assertNever(value: never): never {
  throw new AssertionError(`unexpected value: ${JSON.stringify(value)}`)
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
