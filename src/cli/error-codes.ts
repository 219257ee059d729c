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
  // A node's folder.
  KEY_PERMISSIONS: { exit: 'environment', when: 'the key file can be read by others on this machine' },
  KEY_MALFORMED: { exit: 'input', when: 'the key file does not hold 64 hex digits' },
  NODE_FOLDER_EXISTS: { exit: 'input', when: 'a new node was to be made where one is already' },
  NODE_OPTIONS_INVALID: { exit: 'input', when: 'node.json has an unknown field or a wrong value' },
  JOURNAL_MISSING: { exit: 'environment', when: 'a key is there without the journal of what it signed' },
  JOURNAL_EXISTS: { exit: 'input', when: 'a journal was to be made where one is already' },
  JOURNAL_CORRUPT: {
    exit: 'environment',
    when: 'the journal is damaged other than by a crash while writing',
  },
  JOURNAL_OF_ANOTHER_KEY: { exit: 'input', when: 'key and journal do not belong together' },
  STATUS_MISSING: { exit: 'input', when: 'the node has not run yet' },
  STATUS_UNREADABLE: { exit: 'input', when: 'status.json was not written by a node' },
  // A round.
  ROUND_UNKNOWN: { exit: 'usage', when: 'the charter has no round of this number' },
  NO_ADAPTER: { exit: 'usage', when: 'there is nothing to publish, and --pass was not given' },
  OWN_UPDATE_REFUSED: { exit: 'input', when: 'the members would refuse this adapter by the charter' },
  LISTEN_FAILED: { exit: 'environment', when: 'a port is in use, or an address is not this machine’s' },
  STORE_DAMAGED: { exit: 'environment', when: 'the disk returned other bytes than were written' },
  UPDATE_MODULES_MISMATCH: { exit: 'input', when: 'the adapter’s modules are not the charter’s' },
  UPDATE_SHAPE_MISMATCH: { exit: 'input', when: 'an adapter is for a weight of another shape' },
  UPDATE_RANK_TOO_LARGE: { exit: 'input', when: 'an adapter’s rank is above the charter’s cap' },
  UPDATE_NOT_FINITE: { exit: 'input', when: 'an adapter holds NaN or infinity' },
  UPDATE_TOO_LARGE: { exit: 'input', when: 'an update is larger than the charter allows' },
  // The charter.
  CHARTER_MALFORMED: { exit: 'input', when: 'a charter file is no JSON, has a wrong field, or was edited' },
  CHARTER_INVALID: { exit: 'input', when: 'the figures of a charter contradict each other' },
  CHARTER_UNSIGNED: { exit: 'input', when: 'members have not signed the charter yet' },
  CHARTER_SIGNATURE_WRONG: { exit: 'failed', when: 'a signature is not the member’s over this charter' },
  CHARTERS_DIFFER: { exit: 'failed', when: 'two files that should hold one charter hold two' },
  NOT_A_MEMBER: { exit: 'input', when: 'the key is of no member of the charter' },
  INVITE_INVALID: { exit: 'input', when: 'an invite was cut off, mistyped, or is not by its own key' },
  // The base model.
  BASE_MODEL_MISMATCH: {
    exit: 'failed',
    when: 'a file of the base model is not the one that the charter names',
  },
  BASE_MODEL_EMPTY: { exit: 'input', when: 'a folder holds no weights that are read' },
  // Weights.
  SAFETENSORS_INVALID: { exit: 'input', when: 'a safetensors file is damaged, cut short, or none' },
}
