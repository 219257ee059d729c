/**
 * A member that no network reaches: its part in a round by files, carried to the others and back.
 *
 * Export: everything this node holds of a round, and the updates that members may read by now, into one file. Import: the
 * same from a file, object by object through the engine and update by update through the same checks and the same reveal
 * gate as over the network; then all that follows from it is done: receipts, votes, the aggregate, the certificate.
 * Both open the node itself, so no other process may run it meanwhile. Both may be cut off at any moment and done again:
 * what was taken is in the journal, and a chunk that is on disk is not copied twice.
 * Source: docs/PROTOCOL.md §10.10.
 */
import { type Message, decodeEnvelope, decodeMessage, envelopeDigest } from '../agree/envelope.ts'
import type { Phase } from '../agree/report.ts'
import { equalBytes, toHex } from '../core/bytes.ts'
import { RoundError } from '../core/errors.ts'
import { type Digest, digestKey } from '../core/ids.ts'
import type { Log } from '../core/ports.ts'
import type { ExchangeHandlers } from '../exchange/interface.ts'
import { openAtomicWriter } from '../files/index.ts'
import { type CarriedExchange, openCarriedExchange } from './carried-exchange.ts'
import { type CarriedFile, openCarriedFile, writeCarried } from './carried-file.ts'
import type { Node } from './compose-node.ts'
import type { NodeModules } from './modules.ts'
import { type NodeOptions, openNode } from './open-node.ts'
import type { RoundOutcome } from './cut-results.ts'
import { systemModules } from './system-modules.ts'

export type CarryFault =
  | {
      readonly code: 'CARRIED_OTHER_ROUND'
      readonly file: string
      readonly expected: string
      readonly found: string
    }
  | { readonly code: 'MEMBER_UNKNOWN'; readonly member: string }

export interface CarryOptions extends NodeOptions {
  /** The file to write, or to read. */
  readonly file: string
}

export interface ExportOptions extends CarryOptions {
  /** Whom the file is for: updates that it says to hold are left out. By default all go in. */
  readonly to?: string
  /** Leave all updates out: a small file, for mail. */
  readonly isWithoutUpdates?: boolean
}

export interface ExportedObjects {
  readonly objects: number
  /** Whose updates are in the file, by name. */
  readonly updates: readonly string[]
  readonly phase: Phase
}

export interface ImportedObjects {
  /** Who wrote the file, as it says. */
  readonly from: string
  /** Objects that were new here, known, not taken (of another round, not needed), and refused: no correct member sends those. */
  readonly objects: {
    readonly taken: number
    readonly known: number
    readonly ignored: number
    readonly refused: number
  }
  /** Updates in the file whose bytes are not what their members committed to. */
  readonly damaged: number
  readonly phase: Phase
  /** Null while the round is not over here. */
  readonly outcome: RoundOutcome | null
}

/** The node without a network, started, with its exchange and what it would answer peers. */
interface Opened {
  readonly node: Node
  readonly exchange: CarriedExchange
  readonly handlers: ExchangeHandlers
}

async function withNode<T>(
  options: CarryOptions,
  log: Log,
  file: CarriedFile | null,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const exchange = openCarriedExchange(file)
  let handlers: ExchangeHandlers | null = null
  const modules: NodeModules = {
    ...systemModules(log),
    createExchange: (_, given) => {
      handlers = given
      return exchange
    },
  }
  // There is nobody to hear: what this key said elsewhere may be in the file, and meets §9.3 like any object.
  const node = await openNode({ ...options, isOwnOptional: true, hearFirstMs: 0 }, log, modules)
  try {
    if (file !== null) checkHead(file, node, options.file)
    await node.start()
    await node.quiet()
    if (handlers === null) throw new TypeError('a node makes its exchange when it is put together')
    return await work({ node, exchange, handlers })
  } finally {
    await node.stop()
  }
}

function checkHead({ head }: CarriedFile, { charter, round, roundNumber }: Node, file: string): void {
  if (equalBytes(head.charter, charter) && equalBytes(head.round, round)) return
  const found = `round ${head.roundNumber} of charter ${toHex(head.charter)}`
  const expected = `round ${roundNumber} of charter ${toHex(charter)}`
  throw new RoundError<CarryFault>(
    { code: 'CARRIED_OTHER_ROUND', file, expected, found },
    `${file}: is of ${found}, expected ${expected}`,
    { hint: 'Name the round with --round and the charter with --charter, or ask for the right file.' },
  )
}

/**
 * Writes everything this node holds of the round, after it has said what is due. With an adapter it publishes it first.
 * @throws as `openNode`, MEMBER_UNKNOWN | NO_SPACE
 */
export async function exportObjects(options: ExportOptions, log: Log): Promise<ExportedObjects> {
  return withNode(options, log, null, async ({ node, handlers }) => {
    const to = options.to === undefined ? null : memberNamed(node, options.to)
    const objects: Uint8Array[] = []
    const updates: { update: Digest; sizeBytes: number; source: Source; member: string }[] = []
    for (const digest of handlers.listObjects()) {
      const bytes = await handlers.getObject(digest)
      if (bytes === null) continue
      objects.push(bytes)
      const decoded = decodeMessage(bytes)
      if (!decoded.ok || options.isWithoutUpdates === true) continue
      const carried = await updateBehind(decoded.message, node, handlers, to)
      if (carried !== null) updates.push(carried)
    }
    const { me, charter, round, roundNumber, members } = node
    const writer = await openAtomicWriter(options.file)
    try {
      const from = members[me] ?? ''
      await writeCarried(writer, { head: { charter, round, roundNumber, from }, objects, updates })
      await writer.commit()
    } finally {
      await writer.abort()
    }
    return {
      objects: objects.length,
      updates: updates.map(({ member }) => member),
      phase: node.status().phase,
    }
  })
}

type Source = Exclude<Awaited<ReturnType<ExchangeHandlers['updateSource']>>, 'denied' | null>

/** The update that a Header names, when it may be read by now and is not held by whom the file is for. */
async function updateBehind(message: Message, node: Node, handlers: ExchangeHandlers, to: number | null) {
  if (message.type !== 'header') return null
  const { member, body } = message
  // [REJECT] §4.6 The gate that peers meet: only committed updates are read.
  const source = await handlers.updateSource(body.update, to ?? node.me)
  if (source === null || source === 'denied') return null
  const name = node.members[member] ?? ''
  const toName = to === null ? null : (node.members[to] ?? '')
  const holders = node.status().members.find((each) => each.name === name)?.heldBy ?? []
  if (toName !== null && holders.includes(toName)) return null
  return { update: body.update, sizeBytes: body.sizeBytes, source, member: name }
}

function memberNamed({ members }: Node, name: string): number {
  const index = members.indexOf(name)
  if (index !== -1) return index
  throw new RoundError<CarryFault>(
    { code: 'MEMBER_UNKNOWN', member: name },
    `--to: ${name} is no member; members are ${members.join(', ')}`,
  )
}

/**
 * Takes everything from a file, and does what follows from it.
 * @throws as `openNode`, CARRIED_FILE_INVALID | CARRIED_OTHER_ROUND | FILE_MISSING — nothing was taken then
 */
export async function importObjects(options: CarryOptions, log: Log): Promise<ImportedObjects> {
  const file = await openCarriedFile(options.file)
  try {
    return await withNode(options, log, file, async ({ node, exchange, handlers }) => {
      const objects = await takeObjects(file, node, handlers)
      await node.quiet()
      return {
        from: file.head.from,
        objects,
        damaged: exchange.damaged().length,
        phase: node.status().phase,
        outcome: await node.outcomeSoFar(),
      }
    })
  } finally {
    await file.close()
  }
}

/** Object by object, again and again while anything is taken: what was too early may be welcome once others are here. */
async function takeObjects(
  file: CarriedFile,
  node: Node,
  handlers: ExchangeHandlers,
): Promise<ImportedObjects['objects']> {
  const heldBefore = new Set(handlers.listObjects().map(digestKey))
  let taken = 0
  let refused = new Set<number>()
  for (let isProgress = true; isProgress;) {
    isProgress = false
    refused = new Set()
    const held = new Set(handlers.listObjects().map(digestKey))
    for (let index = 0; index < file.objectCount; index++) {
      const bytes = await file.readObject(index)
      const envelope = decodeEnvelope(bytes)
      if (envelope.ok && held.has(digestKey(envelopeDigest(envelope.value)))) continue
      const verdict = await handlers.onObject(bytes, node.me)
      if (verdict === 'reject') refused.add(index)
      if (verdict !== 'accept') continue
      taken++
      isProgress = true
    }
    await node.quiet()
  }
  let known = 0
  for (let index = 0; index < file.objectCount; index++) {
    const envelope = decodeEnvelope(await file.readObject(index))
    if (envelope.ok && heldBefore.has(digestKey(envelopeDigest(envelope.value)))) known++
  }
  const ignored = Math.max(0, file.objectCount - taken - known - refused.size)
  return { taken, known, ignored, refused: refused.size }
}
