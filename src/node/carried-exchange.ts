/**
 * An exchange without a network: what would be pulled from members lies in a file, or is not to be had now.
 *
 * In: the node's handlers, a carried file or none. Out: the same interface as over libp2p, so the node's engine, gate and
 * checks are the same. Nothing is sent: what this node says goes into its journal, and from there into the next file.
 * Source: docs/PROTOCOL.md §10.10.
 */
import { equalBytes } from '../core/bytes.ts'
import { RoundError } from '../core/errors.ts'
import { type Digest, digestKey } from '../core/ids.ts'
import type { Exchange, FetchedUpdate, FetchUpdateOptions } from '../exchange/interface.ts'
import { chunkRange, updateDigest } from '../update/manifest.ts'
import type { CarriedFile } from './carried-file.ts'

export type CarriedFault = {
  readonly code: 'NOT_CARRIED'
  readonly update: string
  /** Whether the file has it, with bytes that are not the update's. */
  readonly isDamaged: boolean
}

export interface CarriedExchange extends Exchange {
  /** Updates that the file claims to hold, with other bytes than their members committed to; as hex. */
  readonly damaged: () => readonly string[]
}

/** @param file — null: nothing can be pulled */
export function openCarriedExchange(file: CarriedFile | null): CarriedExchange {
  const damaged = new Set<string>()
  const refuse = (digest: Digest, isDamaged: boolean): RoundError<CarriedFault> => {
    const update = digestKey(digest)
    if (isDamaged) damaged.add(update)
    return new RoundError(
      { code: 'NOT_CARRIED', update, isDamaged },
      `update ${update} is not in the file${isDamaged ? ' as its member committed to it' : ''}`,
    )
  }
  const fetchUpdate = async (options: FetchUpdateOptions): Promise<FetchedUpdate> => {
    const { digest, store, checkManifest, onProgress } = options
    const carried = file?.updates.get(digestKey(digest))
    if (carried === undefined) throw refuse(digest, false)
    const { manifest } = carried
    // [REJECT] §10.7 What the node checks further must be the manifest that the member committed to, not the file's.
    if (!equalBytes(updateDigest(manifest), digest)) throw refuse(digest, true)
    const plan = checkManifest(manifest)
    if (plan.sizeBytes !== carried.sizeBytes) throw refuse(digest, true)
    const partial = await store.begin(digest, manifest, plan)
    try {
      for (const index of partial.missing()) {
        options.signal.throwIfAborted()
        const range = chunkRange(plan, index)
        // [REJECT] §10.8 A chunk is verified before it is written.
        const isRight = await partial.write(index, await carried.read(range.offset, range.sizeBytes))
        if (!isRight) throw refuse(digest, true)
        onProgress?.({ unit: 'byte', done: partial.heldBytes(), total: plan.sizeBytes })
      }
      const path = await partial.complete()
      return { digest, manifest, path, sizeBytes: plan.sizeBytes }
    } finally {
      await partial.close()
    }
  }
  return {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    addresses: () => [],
    paths: () => [],
    unreachable: () => new Map(),
    traffic: () => ({ sentBytes: 0, receivedBytes: 0, uploadedBytes: new Map() }),
    publish: () => Promise.resolve({ recipients: 0 }),
    connectedMembers: () => [],
    clockOffsetsMs: () => new Map(),
    syncNow: () => Promise.resolve(),
    announceUpdate: () => undefined,
    providersOf: () => [],
    fetchUpdate,
    damaged: () => [...damaged],
  }
}
