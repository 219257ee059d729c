/**
 * Whether an update on disk is admissible: first its form (the one canonical file of its tensors), then its values (in
 * the kernel). A function of charter, manifest and bytes: all honest members answer alike. Whatever else goes wrong is
 * this machine's and is thrown.
 * Source: docs/PROTOCOL.md §6.
 */
import type { Header } from '../agree/messages.ts'
import type { AdmissionResult } from '../agree/types.ts'
import type { Charter } from '../charter/schema.ts'
import { assert, isRoundError } from '../core/errors.ts'
import type { ChunkStore } from '../exchange/chunk-store.ts'
import { checkUpdateFile } from '../update/check-file.ts'
import { checkManifest } from '../update/manifest.ts'
import type { Kernel } from './modules.ts'

/** Faults of the update itself, which every member finds. */
const UPDATE_FAULTS: ReadonlySet<string> = new Set([
  'UPDATE_NOT_CANONICAL',
  'UPDATE_RANK_TOO_LARGE',
  'UPDATE_FACTOR_DIFFERS',
  'MANIFEST_INVALID',
])

/** @param header — whose update lies whole in the store */
export async function admitStored(
  header: Header,
  {
    charter,
    store,
    kernel,
  }: { readonly charter: Charter; readonly store: ChunkStore; readonly kernel: Kernel },
): Promise<AdmissionResult> {
  const manifestBytes = await store.manifestOf(header.update)
  assert(manifestBytes !== null, 'an update that is whole has its manifest beside it')
  const path = store.pathOf(header.update)
  try {
    // A header of another size or layout than its manifest commits to nothing.
    const { nonce } = checkManifest(manifestBytes, charter, header)
    await checkUpdateFile(path, charter.layout, nonce)
  } catch (error) {
    if (isRoundError(error) && UPDATE_FAULTS.has(error.code)) return { kind: 'refused', fault: error.code }
    throw error
  }
  const answer = await kernel.admit(path)
  return answer.ok ? { kind: 'admitted' } : { kind: 'refused', fault: answer.fault.code }
}
