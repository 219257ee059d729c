/** Reads what a node last wrote about itself, from outside its process: `oneround status`. */
import { isRoundError, messageOf, RoundError } from '../core/errors.ts'
import { readText } from '../files/index.ts'
import { statusPath } from './round-folder.ts'
import type { StatusDocument } from './status.ts'

export type StatusFault =
  | { readonly code: 'STATUS_MISSING'; readonly file: string }
  | { readonly code: 'STATUS_UNREADABLE'; readonly file: string }

const STATUS_SIZE_BYTES_MAX = 4 << 20

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The last status of the node in `nodeFolder`; `isRunning` is false when its process is gone. @throws STATUS_MISSING */
export async function readStatus(nodeFolder: string): Promise<StatusDocument> {
  const file = statusPath(nodeFolder)
  const text = await readText(file, STATUS_SIZE_BYTES_MAX).catch((error: unknown) => {
    if (!isRoundError(error, 'FILE_MISSING')) throw error
    throw new RoundError<StatusFault>({ code: 'STATUS_MISSING', file }, `${file}: no such file`, {
      cause: error,
      hint: 'This node has not run yet; start it with `oneround run`.',
    })
  })
  const document = parse(text, file)
  return { ...document, isRunning: document.isRunning && isAlive(document.pid) }
}

function parse(text: string, file: string): StatusDocument {
  const unreadable = (reason: string, cause?: unknown) =>
    new RoundError<StatusFault>({ code: 'STATUS_UNREADABLE', file }, `${file}: ${reason}`, {
      cause,
      hint: 'Something else wrote this file; a running node replaces it at its next event.',
    })
  try {
    const value: unknown = JSON.parse(text)
    const isOurs =
      typeof value === 'object' && value !== null && 'schema' in value && value.schema === 'oneround/status@1'
    if (!isOurs) throw unreadable('is no status document')
    // Sound: only status.ts writes documents of this schema, and they are replaced as a whole.
    return value as StatusDocument
  } catch (error) {
    throw error instanceof RoundError ? error : unreadable(messageOf(error), error)
  }
}
