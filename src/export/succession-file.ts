/**
 * A succession as a file, `oneround/succession@1`: the charter that was succeeded, the one that succeeds it, and the proof
 * that the old members decided so. Whoever knows the old charter can check the new one offline.
 * In: text from anybody. Out: a proof of the right shape, every value in it still hostile.
 * Source: docs/PROTOCOL.md §11.6.
 */
import { join } from 'node:path'
import * as v from 'valibot'
import { successionFault, type SuccessionProof } from '../agree/index.ts'
import {
  CHARTER_FILE_SIZE_BYTES_MAX,
  formatCharterFile,
  MEMBER_COUNT_MAX,
  parseCharterFile,
} from '../charter/index.ts'
import { equalBytes, fromHex, toHex } from '../core/bytes.ts'
import { messageOf, RoundError } from '../core/errors.ts'
import type { Digest } from '../core/ids.ts'
import { verifySignature } from '../core/signature.ts'
import { listFiles, readText } from '../files/index.ts'

export const SUCCESSION_SCHEMA = 'oneround/succession@1'
/** Two charters, and some hundred bytes a member. */
export const SUCCESSION_FILE_SIZE_BYTES_MAX: number = 2 * CHARTER_FILE_SIZE_BYTES_MAX + (1 << 20)

export type SuccessionFault = {
  readonly code: 'SUCCESSION_INVALID'
  readonly file: string
  readonly reason: string
}

const hex = v.pipe(
  v.string(),
  v.check((text) => fromHex(text) !== null, 'expected lower-case hex'),
  v.transform((text) => fromHex(text) ?? new Uint8Array()),
)
const fileSchema = v.strictObject({
  schema: v.literal(SUCCESSION_SCHEMA),
  predecessor: v.looseObject({}),
  successor: v.looseObject({}),
  finalizes: v.pipe(
    v.array(v.strictObject({ type: v.string(), body: hex, signature: hex })),
    v.maxLength(MEMBER_COUNT_MAX),
  ),
})

export function formatSuccessionFile({ old, next, finalizes }: SuccessionProof): string {
  const value = {
    schema: SUCCESSION_SCHEMA,
    predecessor: JSON.parse(formatCharterFile(old)) as unknown,
    successor: JSON.parse(formatCharterFile(next)) as unknown,
    finalizes: finalizes.map(({ type, body, signature }) => ({
      type,
      body: toHex(body),
      signature: toHex(signature),
    })),
  }
  return `${JSON.stringify(value, null, 2)}\n`
}

function invalid(file: string, reason: string): RoundError<SuccessionFault> {
  return new RoundError(
    { code: 'SUCCESSION_INVALID', file, reason },
    `${file}: proves no succession: ${reason}`,
    { hint: 'Ask a member for the file that its `oneround charter approve` wrote.' },
  )
}

/** A proof that holds. @throws FILE_MISSING | FILE_TOO_LARGE | CHARTER_MALFORMED | SUCCESSION_INVALID */
export async function readSuccession(file: string): Promise<SuccessionProof> {
  const text = await readText(file, SUCCESSION_FILE_SIZE_BYTES_MAX)
  let value: unknown = null
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw invalid(file, `no JSON (${messageOf(error)})`)
  }
  const checked = v.safeParse(fileSchema, value, { abortEarly: true })
  if (!checked.success)
    throw invalid(file, `${v.getDotPath(checked.issues[0]) ?? ''}: ${checked.issues[0].message}`)
  const { predecessor, successor, finalizes } = checked.output
  const proof: SuccessionProof = {
    old: parseCharterFile(JSON.stringify(predecessor), file),
    next: parseCharterFile(JSON.stringify(successor), file),
    finalizes,
  }
  const fault = successionFault(proof, verifySignature)
  if (fault !== null) throw invalid(file, fault)
  return proof
}

/** Where a node keeps the proofs that it knows. */
export const successionsFolder = (nodeFolder: string): string => join(nodeFolder, 'successions')

/**
 * The successions that lead from one charter to another, in order; null when the folder holds no such chain.
 * @throws as `readSuccession`: a proof that does not hold is named, not passed over
 */
export async function successionChain(
  folder: string,
  from: Digest,
  to: Digest,
): Promise<readonly SuccessionProof[] | null> {
  const proofs: SuccessionProof[] = []
  for (const name of await listFiles(folder)) {
    if (name.endsWith('.json')) proofs.push(await readSuccession(join(folder, name)))
  }
  const chain: SuccessionProof[] = []
  for (let at = from; !equalBytes(at, to);) {
    const step = proofs.find(({ old }) => equalBytes(old.digest, at))
    // Epochs only grow, so a chain has no circle; the bound is for the reader.
    if (step === undefined || chain.length > proofs.length) return null
    chain.push(step)
    at = step.next.digest
  }
  return chain
}
