/**
 * Charters that succeed one another, at a node: approving a draft and taking part in the decision, and putting a successor
 * in place that others decided.
 *
 * The charter in force lies in `charter.json`; those that were, in `charters/<digest>.json`, since rounds under way end under
 * them; the proofs in `successions/<digest of the successor>.json`.
 * Source: docs/PROTOCOL.md §11.
 */
import { join } from 'node:path'
import { RULE_BOOK } from '../aggregate/rule-book.ts'
import type { SuccessionProof } from '../agree/succession-proof.ts'
import { memberIndexOf } from '../charter/charter.ts'
import { joinSigned, type SignedCharter } from '../charter/charter-file.ts'
import { checkCharter } from '../charter/checks.ts'
import { notAMember } from '../charter/signing.ts'
import { successorFault } from '../charter/succession.ts'
import { equalBytes, toHex } from '../core/bytes.ts'
import { RoundError } from '../core/errors.ts'
import type { MemberIndex } from '../core/order.ts'
import type { Log } from '../core/ports.ts'
import { createSigner } from '../core/signature.ts'
import { formatSuccessionFile, readSuccession, successionsFolder } from '../export/index.ts'
import { ensureFolder, hasFile, writeFileAtomic } from '../files/index.ts'
import { readCharterFile, readCharterInForce, writeCharterFile } from './charter-store.ts'
import { openJournal } from './journal.ts'
import type { NodeModules } from './modules.ts'
import { charterPath, readNodeFolder, readNetwork } from './node-folder.ts'
import { journalPath } from './round-folder.ts'
import { SuccessionRunner } from './succession-runner.ts'
import { systemModules } from './system-modules.ts'

export type SuccessorFault =
  | { readonly code: 'SUCCESSOR_INVALID'; readonly file: string; readonly reason: string }
  | { readonly code: 'SUCCESSION_MISSING'; readonly file: string }

export interface ApproveOptions {
  /** The node's folder. */
  readonly folder: string
  /** The draft that the operator approves, signed by all its members. */
  readonly draft: string
  /** The charter in force; by default `charter.json` in the folder. */
  readonly charter?: string
  readonly listen?: readonly string[]
  /** How long to stay for members that are behind, once it is decided. */
  readonly lingerMs: number
  readonly signal: AbortSignal
  readonly onSigned?: (type: string) => void
}

export interface Succeeded {
  readonly proof: SuccessionProof
  /** Whether what was decided is the draft that was approved here. */
  readonly isMine: boolean
  /** The proof's file. */
  readonly file: string
  /** The node's charter file, when this node is a member of the successor; null when it has left. */
  readonly charter: string | null
}

const POLL_MS = 250
/** One more interval of sync: nobody that is connected can still lack anything of mine. */
const SETTLED_MS = 6_000

/**
 * Approves a draft and takes part in the decision until it is made.
 * @returns null when the signal came first; started again, it goes on
 * @throws SUCCESSOR_INVALID | CHARTER_INVALID | NOT_A_MEMBER | LOCKED, and what reading folders and charters throws
 */
export async function approveSuccessor(
  options: ApproveOptions,
  log: Log,
  modules: NodeModules = systemModules(log),
): Promise<Succeeded | null> {
  const { folder, draft, signal } = options
  const node = await readNodeFolder(folder)
  const oldFile = options.charter ?? charterPath(folder)
  const old = await readCharterOfNode(folder, oldFile)
  const signer = createSigner(node.seed)
  const me = memberIndexOf(old.charter, signer.publicKey)
  if (me === null) throw notAMember(oldFile, signer.publicKey)
  const next = await readDraft(draft, old)
  const journal = await openJournal(journalPath(folder), signer.publicKey, log)
  const runner = new SuccessionRunner({
    old,
    me,
    seed: node.seed,
    signer,
    journal,
    listen: options.listen ?? node.options.listen,
    network: await readNetwork(node),
    peers: peersOf(old, node.options.peers, me),
    modules,
    ...(options.onSigned === undefined ? {} : { onSigned: ({ type }) => options.onSigned?.(type) }),
  })
  try {
    await runner.start(next)
    const stopped = new Promise<null>((resolve) => {
      if (signal.aborted) resolve(null)
      signal.addEventListener('abort', () => resolve(null), { once: true })
    })
    const proof = await Promise.race([runner.decided, stopped])
    if (proof === null) return null
    const placed = await putInPlace(folder, proof, signer.publicKey)
    await linger(runner, options)
    return { ...placed, proof, isMine: equalBytes(proof.next.digest, next.digest) }
  } finally {
    await runner.stop()
    await journal.close()
  }
}

/** A draft that may follow. @throws SUCCESSOR_INVALID | CHARTER_INVALID */
async function readDraft(file: string, old: SignedCharter): Promise<SignedCharter> {
  const next = await readCharterFile(file)
  checkCharter(next.charter, RULE_BOOK, file)
  const reason = successorFault(old, next)
  if (reason === null) return next
  throw new RoundError<SuccessorFault>(
    { code: 'SUCCESSOR_INVALID', file, reason },
    `${file}: cannot succeed the charter in force: ${reason}`,
    {
      hint: 'Draw it up with `oneround charter succeed`, and let all its members sign it with `oneround charter sign`.',
    },
  )
}

function peersOf(
  { charter, addresses }: SignedCharter,
  own: Readonly<Record<string, readonly string[]>>,
  me: MemberIndex,
): ReadonlyMap<MemberIndex, readonly string[]> {
  const known = new Map([...addresses, ...Object.entries(own)])
  const peers = new Map<MemberIndex, readonly string[]>()
  for (const [member, { name }] of charter.members.entries()) {
    const at = known.get(name)
    if (member !== me && at !== undefined) peers.set(member, at)
  }
  return peers
}

async function linger(runner: SuccessionRunner, { lingerMs, signal }: ApproveOptions): Promise<void> {
  const untilMs = performance.now() + lingerMs
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
    })
  const isOver = (): boolean => signal.aborted || performance.now() >= untilMs
  while (!runner.isSettled() && !isOver()) await pause(POLL_MS)
  if (!isOver()) await pause(Math.min(SETTLED_MS, lingerMs))
}

/** Puts a successor that others decided in place of the charter that it succeeds. @throws SUCCESSION_INVALID | NOT_A_MEMBER */
export async function adoptSuccessor(folder: string, proofFile: string): Promise<Omit<Succeeded, 'isMine'>> {
  const node = await readNodeFolder(folder)
  const proof = await readSuccession(proofFile)
  const { publicKey } = createSigner(node.seed)
  if (memberIndexOf(proof.next.charter, publicKey) === null) throw notAMember(proofFile, publicKey)
  return { ...(await putInPlace(folder, proof, publicKey)), proof }
}

async function putInPlace(
  folder: string,
  proof: SuccessionProof,
  publicKey: ReturnType<typeof createSigner>['publicKey'],
): Promise<Pick<Succeeded, 'file' | 'charter'>> {
  const { old, next } = proof
  const file = successionPath(folder, next)
  await ensureFolder(successionsFolder(folder))
  await writeFileAtomic(file, formatSuccessionFile(proof))
  // Rounds under way end under the charter that they began with.
  await ensureFolder(join(folder, 'charters'))
  await writeCharterFile(join(folder, 'charters', `${toHex(old.digest)}.json`), old)
  if (memberIndexOf(next.charter, publicKey) === null) return { file, charter: null }
  const charter = charterPath(folder)
  const addresses = new Map([...old.addresses, ...next.addresses])
  await writeCharterFile(charter, joinSigned([], { file: charter, signed: { ...next, addresses } }))
  return { file, charter }
}

const successionPath = (folder: string, { digest }: SignedCharter): string =>
  join(successionsFolder(folder), `${toHex(digest)}.json`)

/**
 * A node's charter, in force: signed by all and, beyond epoch 0, decided by the members of the one before.
 * @throws as `readCharterInForce`, SUCCESSION_MISSING | SUCCESSION_INVALID
 */
export async function readCharterOfNode(folder: string, file: string): Promise<SignedCharter> {
  const signed = await readCharterInForce(file, RULE_BOOK)
  if (signed.charter.epoch === 0) return signed
  const path = successionPath(folder, signed)
  const missing = new RoundError<SuccessorFault>(
    { code: 'SUCCESSION_MISSING', file },
    `${file}: of epoch ${signed.charter.epoch}, with no proof that the members before decided on it`,
    {
      hint: 'Ask a member for its proof of the succession, and take it in with `oneround charter adopt`.',
    },
  )
  if (!(await hasFile(path))) throw missing
  const { next } = await readSuccession(path)
  if (!equalBytes(next.digest, signed.digest)) throw missing
  return signed
}
