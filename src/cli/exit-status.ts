/**
 * Exit statuses: the answer of a command in one number, for scripts. In: an error. Out: a number of the table below,
 * which docs/CLI.md repeats (a test compares them). Invariant: 0 means that everything that was asked for is true.
 */
import { isRoundError } from '../core/errors.ts'
import { ERROR_CODES } from './error-codes.ts'

export const EXIT_STATUS = {
  ok: 0,
  failed: 1,
  usage: 2,
  input: 3,
  undecided: 4,
  environment: 5,
  internal: 70,
  interrupted: 130,
} as const

export type ExitName = keyof typeof EXIT_STATUS
export type ExitStatus = (typeof EXIT_STATUS)[ExitName]

/** What each status means, as docs/CLI.md and `oneround --help` print it. */
export const EXIT_MEANINGS: Readonly<Record<ExitName, string>> = {
  ok: 'done, and every check held',
  failed: 'a check failed or something differs: a signature, a digest, an aggregate, an evaluation',
  usage: 'the command line is wrong: unknown command or option, missing or malformed value',
  input: 'a file, folder, field or peer is not what it must be; the message names it',
  undecided: 'the round ended undecided, or is stalled: too few members, no quorum',
  environment: 'this machine cannot do it now: port, disk, memory, device, lock, file rights',
  internal: 'a fault of the program itself; please report it with --debug output',
  interrupted: 'stopped by a signal; what was done is kept',
}

/** The status for anything that was thrown. An operating error that the table lacks is about input, the usual case. */
export function exitStatusOf(error: unknown): ExitStatus {
  if (!isRoundError(error)) return EXIT_STATUS.internal
  return EXIT_STATUS[ERROR_CODES[error.code]?.exit ?? 'input']
}
