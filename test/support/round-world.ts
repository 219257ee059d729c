/**
 * Whole nodes of one consortium in one process: real exchange over the loopback network, real journals, one real kernel
 * process for all of them, and a clock that the test moves, so that nobody waits for a deadline.
 */
import { rmSync } from 'node:fs'
import { createLyingExchange, type Conduct } from '../../src/attack/conduct.ts'
import { type Forgery, forgeUpdate } from '../../src/attack/forged-update.ts'
import { memberIndexOf, roundIdOf } from '../../src/charter/index.ts'
import { createSigner } from '../../src/core/signature.ts'
import { openChunkStore } from '../../src/exchange/chunk-store.ts'
import type { ExchangeLimits } from '../../src/exchange/interface.ts'
import {
  composeNode,
  type Node,
  type NodeModules,
  roundFolder,
  type TimedNodeEvent,
} from '../../src/node/index.ts'
import { readSeed } from '../../src/node/node-folder.ts'
import { systemModules } from '../../src/node/system-modules.ts'
import type { Consortium } from './consortium.ts'

export interface Lie {
  readonly conduct: Conduct
  readonly forgery?: Forgery
}

export interface WorldNode {
  readonly name: string
  readonly node: Node
  readonly events: readonly TimedNodeEvent[]
}

export interface World {
  readonly nodes: readonly WorldNode[]
  readonly advance: (seconds: number) => void
  readonly stop: () => Promise<void>
}

const nothing = (): void => undefined
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** Starts a node for each member but the absent ones. @param lies — what a member's node does instead, by name */
export async function startWorld(
  consortium: Consortium,
  {
    lies = {},
    absent = [],
    exchangeLimits = {},
  }: {
    readonly lies?: Readonly<Record<string, Lie>>
    readonly absent?: readonly string[]
    readonly exchangeLimits?: Partial<ExchangeLimits>
  } = {},
): Promise<World> {
  const real = systemModules(log)
  const kernel = await real.openKernel(consortium.signed.charter)
  let shiftMs = 0
  const modules: NodeModules = {
    ...real,
    clock: { now: () => Date.now() + shiftMs },
    openKernel: () => Promise.resolve({ ...kernel, stop: () => Promise.resolve() }),
  }
  const nodes: WorldNode[] = []
  const closers: (() => Promise<void>)[] = []
  for (const name of consortium.names.filter((each) => !absent.includes(each))) {
    nodes.push(await openWorldNode(consortium, name, modules, lies[name], closers, exchangeLimits))
  }
  await Promise.all(nodes.map(({ node }) => node.start()))
  return {
    nodes,
    advance: (seconds) => {
      shiftMs += 1000 * seconds
    },
    stop: async () => {
      await Promise.all(nodes.map(({ node }) => node.stop()))
      for (const close of closers) await close()
      await kernel.stop()
      rmSync(consortium.root, { recursive: true, force: true })
    },
  }
}

async function openWorldNode(
  consortium: Consortium,
  name: string,
  modules: NodeModules,
  lie: Lie | undefined,
  closers: (() => Promise<void>)[],
  exchangeLimits: Partial<ExchangeLimits>,
): Promise<WorldNode> {
  const folder = consortium.folderOf(name)
  const seed = await readSeed(folder)
  const events: TimedNodeEvent[] = []
  const node = await composeNode(
    {
      folder,
      seed,
      signedCharter: consortium.signed,
      roundNumber: 1,
      ownUpdate: consortium.adapterOf(name),
      exchangeLimits,
      listen: consortium.signed.addresses.get(name) ?? [],
      onEvent: (event) => events.push(event),
    },
    lie === undefined ? modules : await lyingModules(consortium, seed, folder, modules, lie, closers),
  )
  return { name, node, events }
}

async function lyingModules(
  { signed }: Consortium,
  seed: Uint8Array,
  folder: string,
  modules: NodeModules,
  { conduct, forgery }: Lie,
  closers: (() => Promise<void>)[],
): Promise<NodeModules> {
  const { charter, digest } = signed
  const signer = createSigner(seed)
  const updates = roundFolder(folder, 1).updates
  const store = openChunkStore({ folder: updates, limits: charter.limits })
  closers.push(store.close)
  const place = {
    charter,
    round: roundIdOf(digest, 1),
    member: memberIndexOf(charter, signer.publicKey) ?? 0,
    store,
    folder: updates,
    rng: modules.rng,
  }
  const forged = forgery === undefined ? null : await forgeUpdate(forgery, place)
  const stranger = createSigner(modules.rng.bytes(32))
  return {
    ...modules,
    createExchange: (options, handlers, exchangeModules) =>
      createLyingExchange((lying) => modules.createExchange(options, lying, exchangeModules), handlers, {
        conduct,
        signer,
        stranger,
        store,
        forged,
      }),
  }
}
