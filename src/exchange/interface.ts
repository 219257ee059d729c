/**
 * What the exchange is, without a word of its transport: the stage's public types.
 *
 * In: signed objects as opaque bytes, updates as chunks behind a gate. Out: the same at every member. Never: meaning. The
 * exchange does not decode objects, does not know the phases of a round and decides nothing; `ExchangeHandlers` do.
 * Source: docs/PROTOCOL.md §10 (dissemination).
 */
import type { Digest, PublicKey, RoundId } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import type { Clock, Log, OnProgress, Rng } from '../core/ports.ts'
import type { ChunkStore } from './chunk-store.ts'
import type { SearchAddress } from './igd.ts'
import type { Proxy } from './proxy.ts'
import type { RouterWord } from './router-port.ts'
import type { UnreachableReason } from './unreachable.ts'

/**
 * What the node says about an object that came in. `reject` only for what no correct member can send: it costs the
 * member that forwarded it. Late, early, unneeded or not understood for a fault of ours is `ignore`.
 */
export type ObjectVerdict = 'accept' | 'ignore' | 'reject'

/** Sizes of an update's chunks: all of a file's chunks have `chunkSizeBytes` but the last. */
export interface ChunkPlan {
  readonly sizeBytes: number
  readonly chunkSizeBytes: number
  /** SHA-256 of each chunk, in order. */
  readonly chunks: readonly Digest[]
}

/** An update's bytes as they are served. */
export interface UpdateSource {
  /** The canonical manifest: `objectDigest('update', manifest)` is the update's digest. */
  readonly manifest: Uint8Array
  readonly chunkCount: number
  readonly readChunk: (index: number, signal: AbortSignal) => Promise<Uint8Array>
}

type OrLater<T> = T | Promise<T>

/** What the exchange asks of the node. Whatever a handler throws is ours, and never punishes a peer. */
export interface ExchangeHandlers {
  /** An object from gossip or sync. `from` is who handed it over, not who signed it. */
  readonly onObject: (bytes: Uint8Array, from: MemberIndex) => OrLater<ObjectVerdict>
  /** Digests of the round's objects that I hold, one for each object. Of the body, so that a second signature is no second object. */
  readonly listObjects: () => readonly Digest[]
  /** The envelope under a digest of that list, or null when it is gone. */
  readonly getObject: (digest: Digest) => OrLater<Uint8Array | null>
  /** Asked for every stream that wants an update: the reveal gate. Null when I do not hold it. */
  readonly updateSource: (digest: Digest, toMember: MemberIndex) => OrLater<UpdateSource | 'denied' | null>
  readonly onPeerConnected?: (member: MemberIndex) => void
  readonly onPeerDisconnected?: (member: MemberIndex) => void
  /** A member says that it holds the whole update. It may lie. */
  readonly onUpdateAnnounced?: (digest: Digest, member: MemberIndex) => void
  /** For logs and screens only: nothing may depend on it. */
  readonly onEvent?: (event: ExchangeEvent) => void
}

export type ExchangeEvent =
  | { readonly type: 'connected'; readonly member: MemberIndex }
  | { readonly type: 'disconnected'; readonly member: MemberIndex }
  | { readonly type: 'dial-failed'; readonly member: MemberIndex; readonly attempt: number }
  /** A member is reached through another from now on, or directly after that. Who connects without a word of this is direct. */
  | ({ readonly type: 'path' } & ConnectionPath)
  /** What the router says about the port that it was asked for. */
  | ({ readonly type: 'router' } & RouterWord)
  /** Somebody who is not in the roster tried to connect, or a roster address answered with another key. */
  | { readonly type: 'outsider-refused'; readonly publicKey: PublicKey | null }
  /** The member's node does not speak this protocol's version. */
  | {
      readonly type: 'version-mismatch'
      readonly member: MemberIndex
      /** What I asked for. */
      readonly protocol: string
      /** What it speaks instead, of this program's protocols. */
      readonly spoken: readonly string[]
    }
  | { readonly type: 'other-round'; readonly member: MemberIndex }
  /** Members are connected, yet what I published reached none of them by gossip. It goes by sync. */
  | { readonly type: 'gossip-silent'; readonly connected: number }
  | { readonly type: 'synced'; readonly member: MemberIndex; readonly received: number }
  | { readonly type: 'sync-failed'; readonly member: MemberIndex; readonly reason: string }
  /** The member hands over more than the limits allow: the rest is dropped, a sync's stream is closed. */
  | { readonly type: 'peer-over-bounds'; readonly member: MemberIndex }
  /** More of the member's than this relay passes on: its relayed connections were ended. */
  | { readonly type: 'relay-over-bounds'; readonly member: MemberIndex }
  | { readonly type: 'object-refused'; readonly member: MemberIndex; readonly reason: string }
  /** A chunk whose bytes are not what the manifest says: it was dropped and asked for elsewhere. */
  | {
      readonly type: 'chunk-refused'
      readonly member: MemberIndex
      readonly digest: Digest
      readonly index: number
    }
  | {
      readonly type: 'provider-failed'
      readonly member: MemberIndex
      readonly digest: Digest
      readonly reason: ProviderFailure
    }

/** Why a member's copy is not asked for a while. */
export type ProviderFailure =
  | 'denied'
  | 'missing'
  | 'busy'
  | 'timeout'
  | 'disconnected'
  | 'wrong-bytes'
  | 'wrong-manifest'
  | 'protocol'

/** How members reach each other beside plain TCP; all of it off by default. */
export interface NetworkOptions {
  /** 32 bytes that all members share: nobody without them can begin to speak. */
  readonly key?: Uint8Array
  /** `serve`: pass on connections between other members. `use`: be reachable through members that do. */
  readonly relay?: 'serve' | 'use'
  /** With `serve`: bytes of one member's that are passed on since the start; what is over it is not. */
  readonly relayedBytesMax?: number
  /** Find members on the same LAN by multicast. */
  readonly mdns?: boolean
  /** Ask the router to open the port that this node listens on. */
  readonly upnp?: boolean
  /** Where to search for that router: by default where UPnP says. */
  readonly routerSearch?: SearchAddress
  /** Whatever is dialled goes by way of this; nothing is looked up or dialled around it. */
  readonly proxy?: Proxy
}

/** What this member sent and got since the start. */
export interface Traffic {
  /** Over the wire, with everything around the content. */
  readonly sentBytes: number
  readonly receivedBytes: number
  /** Bytes of updates' chunks sent, by member. */
  readonly uploadedBytes: ReadonlyMap<MemberIndex, number>
}

/** How a connected member is reached. */
export interface ConnectionPath {
  readonly member: MemberIndex
  /** The member whose node passes the bytes on; null: direct. */
  readonly relayedBy: MemberIndex | null
}

export interface ExchangeOptions {
  /** 32 secret bytes: the member's signing key is its transport identity too. */
  readonly seed: Uint8Array
  /** Public keys of all members, in roster order. */
  readonly members: readonly PublicKey[]
  readonly me: MemberIndex
  /** Where to listen, as multiaddrs: `/ip4/127.0.0.1/tcp/0`. */
  readonly listen: readonly string[]
  /** Where the others may be dialled. A member without an address is waited for. */
  readonly peers: ReadonlyMap<MemberIndex, readonly string[]>
  readonly roundId: RoundId
  readonly limits?: Partial<ExchangeLimits>
  readonly network?: NetworkOptions
}

/** Bounds and times. The same at all members where they meet on the wire: see `DEFAULT_LIMITS`. */
export interface ExchangeLimits {
  /** A larger object is refused unread. */
  readonly objectSizeBytesMax: number
  /** Larger objects go by stream, not by gossip. */
  readonly gossipSizeBytesMax: number
  /** How many objects a member may list in one sync. */
  readonly objectCountMax: number
  /** Objects that a member may hand over at once, and for ever a second: each may cost a signature's check. */
  readonly objectBurst: number
  readonly objectsPerSecond: number
  readonly objectBurstBytes: number
  readonly objectBytesPerSecond: number
  readonly manifestSizeBytesMax: number
  readonly chunkSizeBytesMax: number
  /** Updates a member may announce. */
  readonly announceCountMax: number
  readonly syncIntervalMs: number
  /** The longest wait for the next frame of a sync. */
  readonly syncTimeoutMs: number
  /** The longest wait for the next chunk that was asked for. */
  readonly chunkTimeoutMs: number
  /** How long one provider has a chunk to itself once nothing else is left to ask for. */
  readonly hedgeMs: number
  /** Bytes asked for and not yet there, for each provider. */
  readonly windowBytes: number
  readonly dialTimeoutMs: number
  readonly redialMinMs: number
  readonly redialMaxMs: number
  /** How long a provider that failed is left alone at first; doubles with each failure in a row. */
  readonly providerPauseMs: number
}

export interface ExchangeModules {
  readonly log: Log
  readonly rng: Rng
  readonly clock: Clock
}

export interface PublishResult {
  /** To how many members the object was handed. 0 is no loss: sync brings it to whoever connects. */
  readonly recipients: number
}

export interface FetchUpdateOptions {
  readonly digest: Digest
  /** The update's manifest, if it is at hand already. */
  readonly manifest?: Uint8Array
  /**
   * Decodes a manifest whose digest is right and checks it against charter and header.
   * What it throws ends the fetch with that error: the bytes are what the member committed to, nobody else has others.
   */
  readonly checkManifest: (manifest: Uint8Array) => ChunkPlan
  /** Whom to ask, asked again whenever somebody connects or announces. Default: all who announced the update. */
  readonly providers?: () => readonly MemberIndex[]
  readonly store: ChunkStore
  readonly signal: AbortSignal
  readonly onProgress?: OnProgress
}

export interface FetchedUpdate {
  readonly digest: Digest
  readonly manifest: Uint8Array
  /** The whole, verified, synced file. */
  readonly path: string
  readonly sizeBytes: number
}

/** The exchange of one round at one member. */
export interface Exchange {
  /** @throws LISTEN_FAILED when an address is in use or not ours */
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  /** Where I can be dialled, with the ports really taken. */
  readonly addresses: () => readonly string[]
  /** How each connected member is reached, in roster order. */
  readonly paths: () => readonly ConnectionPath[]
  /** Why members that are not connected are not, as far as a dial said, by member. */
  readonly unreachable: () => ReadonlyMap<MemberIndex, UnreachableReason>
  readonly traffic: () => Traffic
  /** Hands my own object to everyone. @throws OBJECT_TOO_LARGE */
  readonly publish: (bytes: Uint8Array) => Promise<PublishResult>
  readonly connectedMembers: () => readonly MemberIndex[]
  /** Their clocks less mine in milliseconds, as of the last sync with each; half a round trip of error. */
  readonly clockOffsetsMs: () => ReadonlyMap<MemberIndex, number>
  /** Pulls what I lack from one member, or from all that are connected, now. */
  readonly syncNow: (member?: MemberIndex) => Promise<void>
  /** Tells the others that I hold the whole update. The gate is asked all the same for each request. */
  readonly announceUpdate: (digest: Digest) => void
  /** Members that announced the update and are connected, in roster order. */
  readonly providersOf: (digest: Digest) => readonly MemberIndex[]
  /**
   * Pulls an update from all providers at once, resumes what a crash left, and returns when the file is whole.
   * Waits for providers as long as `signal` lets it.
   * @throws NO_SPACE | FILE_UNREADABLE — ours: nothing is lost, call again; the signal's reason; what `checkManifest` threw
   */
  readonly fetchUpdate: (options: FetchUpdateOptions) => Promise<FetchedUpdate>
}
