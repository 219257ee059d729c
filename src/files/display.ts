/**
 * Files for people to look at while something runs: whole at any moment, but not synced. After a power cut they may be
 * an old version; nothing reads them back to decide anything. A sync costs 2 to 60 ms on a busy disk (measured), which a
 * status that changes ten times a second is not worth.
 */
import { appendFile, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileError } from './read.ts'

/** Replaces a file as a whole, not durably. @throws NO_SPACE | FILE_UNREADABLE */
export async function replaceForDisplay(path: string, content: string): Promise<void> {
  const aside = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  try {
    await writeFile(aside, content)
    await rename(aside, path)
  } catch (error) {
    throw fileError(error, path)
  }
}

/** Appends text, not durably. @throws NO_SPACE | FILE_UNREADABLE */
export async function appendForDisplay(path: string, text: string): Promise<void> {
  try {
    await appendFile(path, text)
  } catch (error) {
    throw fileError(error, path)
  }
}
