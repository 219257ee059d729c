/**
 * Where a node keeps what, below its own folder:
 *
 *   key, node.json, charter files      made by `init` and `charter` (src/charter/)
 *   journal.log, journal.log.lock      everything this key signed, and what that rests on (journal.ts)
 *   status.json                        what the round looks like from here (status.ts)
 *   rounds/<number>/
 *     updates/                         update files and manifests by digest (exchange/chunk-store.ts)
 *     aggregate.safetensors            the result that members attest
 *     report.json                      what the rule did, member by member
 *     certificate.json                 the proof that anybody can check
 *     adapter/                         the result as a PEFT folder
 *     cut-<k>/                         the same four of a late cut that added updates
 *     events.jsonl                     what happened, one line an event
 *
 *   epoch-<e>/rounds/<number>/         the same for rounds of a charter that succeeded another
 *   charters/, successions/            charters that were, and the proofs of what succeeded them (succession.ts)
 *
 * Everything that `verify` needs lies in here, so the folder can be moved anywhere after the round.
 */
import { join } from 'node:path'

export interface RoundFolder {
  readonly path: string
  readonly updates: string
  readonly aggregate: string
  readonly report: string
  readonly certificate: string
  readonly adapter: string
  readonly events: string
}

export const journalPath = (nodeFolder: string): string => join(nodeFolder, 'journal.log')
export const statusPath = (nodeFolder: string): string => join(nodeFolder, 'status.json')

/** @param roundNumber — from 1, as in the charter @param epoch — the charter's: each has rounds from 1 */
export function roundFolder(nodeFolder: string, roundNumber: number, epoch = 0): RoundFolder {
  const folder = epoch === 0 ? nodeFolder : join(nodeFolder, `epoch-${epoch}`)
  const path = join(folder, 'rounds', String(roundNumber))
  return {
    path,
    updates: join(path, 'updates'),
    aggregate: join(path, 'aggregate.safetensors'),
    report: join(path, 'report.json'),
    certificate: join(path, 'certificate.json'),
    adapter: join(path, 'adapter'),
    events: join(path, 'events.jsonl'),
  }
}

/** Where the result of a cut lies: cut 0's in the round's folder, a late one's below it. Updates and events are the round's. */
export function cutFolder(round: RoundFolder, cut: number): RoundFolder {
  if (cut === 0) return round
  const path = join(round.path, `cut-${cut}`)
  return {
    ...round,
    path,
    aggregate: join(path, 'aggregate.safetensors'),
    report: join(path, 'report.json'),
    certificate: join(path, 'certificate.json'),
    adapter: join(path, 'adapter'),
  }
}
