/**
 * Whether a file is the update that was decided on: its bytes, its one canonical form, and the manifest that follows from
 * them have the digest that the member's header commits to. The manifest is made anew from the file, so that no second
 * file is needed or believed.
 */
import type { Header } from '../agree/index.ts'
import type { Charter } from '../charter/index.ts'
import { equalBytes, fromHex, toHex } from '../core/bytes.ts'
import { isRoundError } from '../core/errors.ts'
import { hasFile } from '../files/index.ts'
import { readSafetensorsHeader } from '../model/weights.ts'
import { buildManifest, checkManifest, checkUpdateFile } from '../update/index.ts'

/** Why the file is not the decided update, as a clause; null when it is. */
export async function checkDecidedUpdate(
  path: string,
  header: Header,
  charter: Charter,
): Promise<string | null> {
  if (!(await hasFile(path))) return `its file ${path} is not there`
  try {
    return await findDifference(path, header, charter)
  } catch (error) {
    if (isRoundError(error) && OF_THE_FILE.has(error.code)) return error.message
    throw error
  }
}

const OF_THE_FILE: ReadonlySet<string> = new Set([
  'SAFETENSORS_INVALID',
  'UPDATE_TOO_LARGE',
  'UPDATE_NOT_CANONICAL',
  'UPDATE_RANK_TOO_LARGE',
  'UPDATE_FACTOR_DIFFERS',
  'MANIFEST_INVALID',
])

async function findDifference(path: string, header: Header, charter: Charter): Promise<string | null> {
  const nonce = fromHex((await readSafetensorsHeader(path)).metadata.get('nonce') ?? 'none')
  if (nonce === null) return 'its file has no nonce'
  const { round, member } = header
  const built = await buildManifest({ path, nonce, round, member, charter })
  if (!equalBytes(built.digest, header.update)) {
    return `its file gives the digest ${toHex(built.digest)}; decided was ${toHex(header.update)}`
  }
  checkManifest(built.bytes, charter, header)
  await checkUpdateFile(path, charter.layout, nonce)
  return null
}
