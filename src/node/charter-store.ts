/** Charter files on disk: read, joined from copies, checked to be in force, written as a whole. */
import {
  CHARTER_FILE_SIZE_BYTES_MAX,
  formatCharterFile,
  joinSigned,
  parseCharterFile,
  type SignedCharter,
} from '../charter/charter-file.ts'
import { checkCharter } from '../charter/checks.ts'
import type { RuleBook } from '../charter/rule-book.ts'
import { checkSignatures } from '../charter/signing.ts'
import { readText, writeFileAtomic } from '../files/index.ts'

/** @throws FILE_MISSING | FILE_TOO_LARGE | CHARTER_MALFORMED */
export async function readCharterFile(path: string): Promise<SignedCharter> {
  return parseCharterFile(await readText(path, CHARTER_FILE_SIZE_BYTES_MAX), path)
}

/**
 * One charter from copies of its file that members signed apart.
 * @param paths — at least one
 * @throws as `readCharterFile`, and CHARTERS_DIFFER
 */
export async function readCharterCopies(paths: readonly string[]): Promise<SignedCharter> {
  const [first, ...rest] = await Promise.all(
    paths.map(async (file) => ({ file, signed: await readCharterFile(file) })),
  )
  if (first === undefined) throw new TypeError('no charter file was named')
  return joinSigned(rest, first)
}

/**
 * A charter that is in force: it adds up and every member has signed it.
 * @throws as `readCharterFile`, CHARTER_INVALID | CHARTER_UNSIGNED | CHARTER_SIGNATURE_WRONG
 */
export async function readCharterInForce(path: string, rules: RuleBook): Promise<SignedCharter> {
  const signed = await readCharterFile(path)
  checkCharter(signed.charter, rules, path)
  checkSignatures(signed, path)
  return signed
}

export async function writeCharterFile(path: string, signed: SignedCharter): Promise<void> {
  await writeFileAtomic(path, formatCharterFile(signed))
}
