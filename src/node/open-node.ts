/**
 * A member's node from its folder, with the real modules: what `oneround run` and the library's `openNode` start.
 *
 * In: a node folder as `init` made it, with a charter in force. Out: a `Node`, not yet started.
 * Everything that can be wrong before a round is wrong here, by name: rights of the key, a charter that is not in force
 * or makes no sense, a base model that is not the charter's, an adapter that does not fit.
 */
import { join } from 'node:path'
import type { Charter } from '../charter/schema.ts'
import type { SignedCharter } from '../charter/charter-file.ts'
import { RoundError } from '../core/errors.ts'
import type { Log } from '../core/ports.ts'
import type { Proxy } from '../exchange/proxy.ts'
import { checkBaseModel } from '../model/base-digest.ts'
import { composeNode, type Node } from './compose-node.ts'
import type { OnNodeEvent } from './events.ts'
import type { NodeModules } from './modules.ts'
import { charterPath, type NodeFolder, pathFrom, readNodeFolder, readNetwork } from './node-folder.ts'
import { readCharterOfNode } from './succession.ts'
import { systemModules } from './system-modules.ts'

export interface NodeOptions {
  /** As `init` made it. */
  readonly folder: string
  /** The charter file; by default `charter.json` in the folder. */
  readonly charter?: string
  /** From 1; by default the first round whose final deadline lies ahead, or else the last. */
  readonly round?: number
  /** PEFT folder to publish; by default what `node.json` names. Null: take part without an update. */
  readonly adapter?: string | null
  /** Folder of the base model; by default what `node.json` names. Needed where something is trained whole. */
  readonly model?: string
  /** With no adapter at hand, say nothing about my update yet instead of refusing to start. */
  readonly isOwnOptional?: boolean
  /** In place of what `node.json` says. */
  readonly listen?: readonly string[]
  readonly proxy?: Proxy
  readonly onEvent?: OnNodeEvent
  /** How long to listen at most for words of this key that the journal lacks. Default 3000; 0 where there is no network. */
  readonly hearFirstMs?: number
}

/** Long beside a sync with members that run, short beside a round: who starts first waits so long. */
const HEAR_FIRST_MS = 3_000

export type OpenNodeFault = { readonly code: 'NO_ADAPTER'; readonly file: string }

/**
 * @throws KEY_PERMISSIONS | KEY_MALFORMED | CHARTER_MALFORMED | CHARTER_UNSIGNED | CHARTER_INVALID | SUCCESSION_MISSING | BASE_MODEL_MISMATCH |
 * NO_ADAPTER | ROUND_UNKNOWN | NOT_A_MEMBER | JOURNAL_MISSING | JOURNAL_CORRUPT | LOCKED
 */
export async function openNode(
  options: NodeOptions,
  log: Log,
  modules: NodeModules = systemModules(log),
): Promise<Node> {
  const nodeFolder = await readNodeFolder(options.folder)
  const charterFile = options.charter ?? charterPath(options.folder)
  const signedCharter = await readCharterOfNode(options.folder, charterFile)
  const baseModel = baseModelOf(options, nodeFolder)
  if (baseModel !== null) await checkBaseModel(baseModel, signedCharter.charter.baseModel)
  return composeNode(
    {
      folder: options.folder,
      seed: nodeFolder.seed,
      signedCharter: withOwnAddresses(signedCharter, nodeFolder),
      roundNumber: options.round ?? currentRound(signedCharter.charter, modules.clock.now()),
      ownUpdate: ownUpdateOf(options, nodeFolder),
      hearFirstMs: options.hearFirstMs ?? HEAR_FIRST_MS,
      baseModel,
      listen: options.listen ?? nodeFolder.options.listen,
      network: {
        ...(await readNetwork(nodeFolder)),
        ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
      },
      ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
    },
    modules,
  )
}

function baseModelOf({ folder, model }: NodeOptions, { options }: NodeFolder): string | null {
  if (model !== undefined) return model
  return options.model === undefined ? null : pathFrom(folder, options.model)
}

/** What this node's own options say about where to dial the others goes before what the charter file says. */
export function withOwnAddresses(signed: SignedCharter, { options }: NodeFolder): SignedCharter {
  return { ...signed, addresses: new Map([...signed.addresses, ...Object.entries(options.peers)]) }
}

function currentRound({ rounds }: Charter, nowMs: number): number {
  const index = rounds.findIndex(({ finalAtMs }) => finalAtMs > nowMs)
  return index === -1 ? rounds.length : index + 1
}

function ownUpdateOf(
  options: NodeOptions,
  { folder, options: { adapter } }: NodeFolder,
): string | null | undefined {
  if (options.adapter !== undefined) return options.adapter
  if (adapter !== undefined) return pathFrom(folder, adapter)
  if (options.isOwnOptional === true) return undefined
  const file = join(folder, 'node.json')
  throw new RoundError<OpenNodeFault>({ code: 'NO_ADAPTER', file }, `${file}: names no adapter to publish`, {
    hint: 'Train one with `oneround train`, name a PEFT folder with --adapter, or take part without an update with --pass.',
  })
}
