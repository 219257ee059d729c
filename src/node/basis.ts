/**
 * What a round of mine builds on: where the charter says `basis: previous`, the attested aggregate of the round before, which
 * must lie in this node's folder with a certificate that holds. Everything that is wrong with it is wrong before any work.
 * Source: docs/PROTOCOL.md §4.8, §7.10.
 */
import type { SignedCharter } from '../charter/charter-file.ts'
import { fromHex } from '../core/bytes.ts'
import { assert, RoundError } from '../core/errors.ts'
import { asDigest, type Digest } from '../core/ids.ts'
import { basisMissing, buildsOnPrevious, verify } from '../export/index.ts'
import { hasFile } from '../files/index.ts'
import { roundFolder } from './round-folder.ts'

export type NodeBasisFault = { readonly code: 'BASIS_INVALID'; readonly file: string; readonly check: string }

/** Aggregates of the rounds that one builds on, lowest first, as `readBasis` has checked them. */
export function basisFiles(
  nodeFolder: string,
  charter: SignedCharter['charter'],
  roundNumber: number,
): readonly string[] {
  const files: string[] = []
  for (let round = roundNumber; buildsOnPrevious(charter, round); round--)
    files.unshift(roundFolder(nodeFolder, round - 1, charter.epoch).aggregate)
  return files
}

/**
 * @returns the aggregate that this round's Headers name, or null where it starts from the base model
 * @throws BASIS_MISSING | BASIS_INVALID
 */
export async function readBasis(
  nodeFolder: string,
  { charter, digest }: SignedCharter,
  roundNumber: number,
): Promise<Digest | null> {
  if (!buildsOnPrevious(charter, roundNumber)) return null
  const { certificate: file, aggregate } = roundFolder(nodeFolder, roundNumber - 1, charter.epoch)
  if (!(await hasFile(file)) || !(await hasFile(aggregate))) throw basisMissing(roundNumber, file)
  const { checks, claims } = await verify(file, { charterDigest: digest })
  const failed = checks.find(({ holds }) => !holds)
  const reason =
    failed?.text ??
    (claims.roundNumber === roundNumber - 1 && claims.cut === 0
      ? null
      : `is of round ${claims.roundNumber}, cut ${claims.cut}`)
  if (reason !== null) {
    throw new RoundError<NodeBasisFault>(
      { code: 'BASIS_INVALID', file, check: failed?.id ?? 'round' },
      `${file}: round ${roundNumber} cannot build on it: ${reason}`,
      {
        hint: `Remove that round's folder and take part in it again: oneround run --round ${roundNumber - 1}.`,
      },
    )
  }
  const bytes = fromHex(claims.aggregate)
  assert(bytes !== null, 'a certificate that holds names its aggregate')
  return asDigest(bytes)
}
