/**
 * A member's node, put together from given modules for one round of one charter. Holds the folder's lock while open.
 *
 * In: a node folder, its key, a charter in force, a round, and what to publish. Out: a `Node` with `start` and `stop`,
 * both idempotent, whose `outcome` is the certificate on disk, or the round undecided.
 * A restart finds the journal and what was received, sends again exactly what was sent, and goes on from there.
 */
import type { NetworkOptions } from '../exchange/interface.ts'
import { charterDigest, memberIndexOf, roundIdOf, roundScheduleOf } from '../charter/charter.ts'
import type { SignedCharter } from '../charter/charter-file.ts'
import { notAMember } from '../charter/signing.ts'
import type { Header } from '../agree/messages.ts'
import { publishSlot } from '../agree/slot.ts'
import type { HeaderDraft, Params } from '../agree/types.ts'
import { RoundError } from '../core/errors.ts'
import type { Digest, RoundId } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { createSigner, verifySignature } from '../core/signature.ts'
import { type ChunkStore, openChunkStore } from '../exchange/chunk-store.ts'
import type { ChunkPlan, ExchangeHandlers, ExchangeLimits, Traffic } from '../exchange/interface.ts'
import { ensureFolder } from '../files/index.ts'
import { admitStored } from './admission.ts'
import { layoutDigest } from '../update/layout.ts'
import { checkManifest, manifestSizeBytesMax } from '../update/manifest.ts'
import { basisFiles, readBasis } from './basis.ts'
import type { OnNodeEvent } from './events.ts'
import { type FolderWriter, openFolderWriter } from './folder-writer.ts'
import { type Journal, openJournal } from './journal.ts'
import type { Kernel, NodeModules } from './modules.ts'
import { prepareOwnUpdate } from './own-update.ts'
import { journalPath, roundFolder, type RoundFolder, statusPath } from './round-folder.ts'
import { RoundReporter } from './round-reporter.ts'
import type { RoundOutcome } from './cut-results.ts'
import { RoundRunner } from './round-runner.ts'
import { buildStatus, type StatusDocument } from './status.ts'

export interface CompositionOptions {
  /** The node's own folder, as `init` makes it. */
  readonly folder: string
  /** 32 secret bytes: the member's key. */
  readonly seed: Uint8Array
  /** In force: signed by all its members. */
  readonly signedCharter: SignedCharter
  /** From 1. */
  readonly roundNumber: number
  /**
   * PEFT folder to publish; null to take part without an update; undefined to say neither yet. Ignored when this member
   * has published already.
   */
  readonly ownUpdate: string | null | undefined
  /** Folder of the base model, if the node's options name one. */
  readonly baseModel?: string | null
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  readonly network?: NetworkOptions
  /** View v of the agreement lasts (v + 1) times this. Default 4000. */
  readonly viewTimeoutMs?: number
  /** How long to listen at most for words of my own key before I say any. Default 0: not at all. */
  readonly hearFirstMs?: number
  readonly exchangeLimits?: Partial<ExchangeLimits>
  readonly onEvent?: OnNodeEvent
}

export interface Node {
  readonly me: MemberIndex
  /** Names of all members, in roster order. */
  readonly members: readonly string[]
  readonly charter: Digest
  /** Whether a result is an adapter; it is none where the whole model is trained. */
  readonly hasAdapter: boolean
  readonly round: RoundId
  readonly roundNumber: number
  readonly folder: RoundFolder
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  readonly status: () => StatusDocument
  readonly addresses: () => readonly string[]
  /** What went over the network since the start. */
  readonly traffic: () => Traffic
  /** Cut 0's: resolves with the result on disk, or undecided. Rejects when this node cannot go on: its disk, its key. */
  readonly outcome: Promise<RoundOutcome>
  /** The same of a late cut, which may never come; it rejects only while somebody waited before. */
  readonly outcomeOf: (cut: number) => Promise<RoundOutcome>
  /** Resolves when everything is done that follows from what is here. */
  readonly quiet: () => Promise<void>
  /** The last cut whose certificate this run has written, or null. */
  readonly lastCertifiedCut: () => number | null
  /** The outcome when there is one, without waiting. Rejects as `outcome`. */
  readonly outcomeSoFar: () => Promise<RoundOutcome | null>
}

/** Long enough for a proposal and two rounds of votes between continents, short enough not to wait for a dead leader. */
const VIEW_TIMEOUT_MS = 4_000

export type NodeFault = { readonly code: 'ROUND_UNKNOWN'; readonly round: number; readonly rounds: number }

/** @throws ROUND_UNKNOWN | NOT_A_MEMBER | BASIS_MISSING | BASIS_INVALID | JOURNAL_MISSING | JOURNAL_CORRUPT | LOCKED */
export async function composeNode(options: CompositionOptions, modules: NodeModules): Promise<Node> {
  const params = await roundParams(options)
  const me = params.me
  const folder = roundFolder(options.folder, options.roundNumber, options.signedCharter.charter.epoch)
  await ensureFolder(folder.updates)
  const signer = createSigner(options.seed)
  const closers: (() => Promise<void>)[] = []
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const journal = await openJournal(journalPath(options.folder), signer.publicKey, modules.log)
    closers.push(journal.close)
    const store = openChunkStore({ folder: folder.updates, limits: params.charter.limits })
    const kernel = await modules.openKernel(params.charter)
    closers.push(kernel.stop)
    const writer = openFolderWriter({
      eventsPath: folder.events,
      statusPath: statusPath(options.folder),
      buildStatus: () => status(),
      log: modules.log,
    })
    closers.push(writer.close)
    const runner = composeRunner(options, modules, {
      params,
      folder,
      journal,
      store,
      kernel,
      writer,
    })
    let isRunning = false
    const status = (): StatusDocument =>
      buildStatus({
        state: runner.driver.state,
        params,
        roundNumber: options.roundNumber,
        paths: isRunning ? runner.exchange.paths() : [],
        unreachable: isRunning ? runner.exchange.unreachable() : new Map(),
        aggregate: runner.aggregate,
        nowMs: modules.clock.now(),
        pid: process.pid,
        isRunning,
        warnings: runner.warnings,
      })
    let starting: Promise<void> | null = null
    let stopping: Promise<void> | null = null
    const startOnce = async (): Promise<void> => {
      const isPublished = journal.find(params.round, publishSlot(me)) !== null
      const own = isPublished ? undefined : await prepare(options, modules, { params, store, kernel, folder })
      isRunning = true
      await runner.start(own)
    }
    const stopOnce = async (): Promise<void> => {
      isRunning = false
      await runner.stop()
      await closeAll()
    }
    return {
      me,
      members: params.charter.members.map(({ name }) => name),
      charter: params.charterDigest,
      hasAdapter: params.charter.layout.modules.length > 0,
      round: params.round,
      roundNumber: options.roundNumber,
      folder,
      status,
      addresses: () => runner.exchange.addresses(),
      traffic: () => runner.exchange.traffic(),
      outcome: runner.outcomeOf(0),
      outcomeOf: (cut) => runner.outcomeOf(cut),
      lastCertifiedCut: () => runner.lastCertifiedCut,
      quiet: () => runner.quiet(),
      outcomeSoFar: () => Promise.race([runner.outcomeOf(0), Promise.resolve(null)]),
      start: () => (starting ??= startOnce()),
      stop: () => (stopping ??= stopOnce()),
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

async function roundParams(options: CompositionOptions): Promise<Params & { readonly me: MemberIndex }> {
  const { charter } = options.signedCharter
  const { publicKey } = createSigner(options.seed)
  const digest = charterDigest(charter)
  const me = memberIndexOf(charter, publicKey)
  if (me === null) throw notAMember(options.folder, publicKey)
  if (charter.rounds[options.roundNumber - 1] === undefined) {
    throw new RoundError<NodeFault>(
      { code: 'ROUND_UNKNOWN', round: options.roundNumber, rounds: charter.rounds.length },
      `round ${options.roundNumber}: the charter has rounds 1 to ${charter.rounds.length}`,
    )
  }
  const basis = await readBasis(options.folder, options.signedCharter, options.roundNumber)
  return {
    ...(basis === null ? {} : { basis }),
    charter,
    charterDigest: digest,
    round: roundIdOf(digest, options.roundNumber),
    schedule: roundScheduleOf(charter, options.roundNumber),
    layout: layoutDigest(charter.layout),
    me,
    verify: verifySignature,
    viewTimeoutMs: options.viewTimeoutMs ?? VIEW_TIMEOUT_MS,
  }
}

interface Opened {
  readonly params: Params & { readonly me: MemberIndex }
  readonly folder: RoundFolder
  readonly journal: Journal
  readonly store: ChunkStore
  readonly kernel: Kernel
  readonly writer: FolderWriter
}

function composeRunner(options: CompositionOptions, modules: NodeModules, opened: Opened): RoundRunner {
  const { params, writer } = opened
  const { charter } = params
  const { seed, listen, signedCharter } = options
  const peers = new Map<MemberIndex, readonly string[]>()
  for (const [member, { name }] of charter.members.entries()) {
    const addresses = signedCharter.addresses.get(name)
    if (member !== params.me && addresses) peers.set(member, addresses)
  }
  const createExchange = (handlers: ExchangeHandlers) =>
    modules.createExchange(
      {
        seed,
        members: charter.members.map(({ publicKey }) => publicKey),
        me: params.me,
        listen,
        peers,
        ...(options.network === undefined ? {} : { network: options.network }),
        roundId: params.round,
        limits: { manifestSizeBytesMax: manifestSizeBytesMax(charter.limits), ...options.exchangeLimits },
      },
      handlers,
      modules,
    )
  const reporter = new RoundReporter(params, {
    clock: modules.clock,
    log: modules.log,
    onEvent: (event) => {
      writer.event(event)
      options.onEvent?.(event)
    },
    onChanged: writer.changed,
  })
  return new RoundRunner({
    ...opened,
    admit: (header) => admitStored(header, { ...opened, charter }),
    signedCharter,
    roundNumber: options.roundNumber,
    signer: createSigner(seed),
    checkManifest: (manifest, header) => planOf(manifest, header, params),
    createExchange,
    reporter,
    hearFirstMs: options.hearFirstMs ?? 0,
    modules,
  })
}

function planOf(manifest: Uint8Array, header: Header, { charter }: Params): ChunkPlan {
  return checkManifest(manifest, charter, header)
}

/** My update in its final form, on disk and admitted, before anything is said about it. */
async function prepare(
  options: CompositionOptions,
  { rng }: NodeModules,
  { params, store, kernel, folder }: Pick<Opened, 'params' | 'store' | 'kernel' | 'folder'>,
): Promise<HeaderDraft | null | undefined> {
  if (typeof options.ownUpdate !== 'string') return options.ownUpdate
  const admit = (header: Header) => admitStored(header, { charter: params.charter, store, kernel })
  return prepareOwnUpdate(options.ownUpdate, {
    params,
    store,
    folder: folder.updates,
    admit,
    rng,
    baseModel: options.baseModel ?? null,
    basis: basisFiles(options.folder, options.signedCharter.charter, options.roundNumber),
  })
}
