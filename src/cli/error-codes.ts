/**
 * Every error code that a command can print: its exit status, when it comes and what to do. The one table behind exit
 * statuses and docs/CLI.md; a test compares it with the codes that occur in src/. Codes are stable: scripts match them.
 */
import type { ExitName } from './exit-status.ts'

export interface ErrorCodeInfo {
  readonly exit: ExitName
  /** When it comes, as a clause. */
  readonly when: string
}

export const ERROR_CODES: Readonly<Record<string, ErrorCodeInfo>> = {
  // The command line.
  USAGE: { exit: 'usage', when: 'the command line is not understood' },
  RATIONAL_INVALID: { exit: 'usage', when: 'a decimal such as 1.5 was expected' },
  INTERRUPTED: { exit: 'interrupted', when: 'a signal stopped the command' },
  // Files and this machine.
  FILE_MISSING: { exit: 'input', when: 'a file or folder that is needed is not there' },
  FILE_UNREADABLE: {
    exit: 'environment',
    when: 'a file cannot be opened: rights, a folder in its place, the disk',
  },
  FILE_TOO_LARGE: { exit: 'input', when: 'a file is larger than what it should hold can be' },
  FILE_CUT_SHORT: { exit: 'input', when: 'a file ended while it was read' },
  NO_SPACE: { exit: 'environment', when: 'the disk is full' },
  LOCKED: { exit: 'environment', when: 'another process uses the same folder' },
  // Weights.
  SAFETENSORS_INVALID: { exit: 'input', when: 'a safetensors file is damaged, cut short, or none' },
}
