/**
 * Members that break the protocol, as a node with another exchange: the honest node runs as it is, and what leaves it is
 * changed on the way out. In: the real exchange's options and handlers. Out: an exchange that lies.
 * Nothing in src/node/ can reach it: the entry point of a lying site (lying-site.ts) hands it in as a module.
 */
import { decodeMessage, encodeEnvelope, type Message } from '../agree/envelope.ts'
import { codecOf, type Header } from '../agree/messages.ts'
import type { HeaderDraft } from '../agree/types.ts'
import { objectDigest } from '../core/hash.ts'
import { asRoundId, type Digest, digestKey } from '../core/ids.ts'
import { type Signer, signedBytesOf } from '../core/signature.ts'
import type { ChunkStore } from '../exchange/chunk-store.ts'
import type { Exchange, ExchangeHandlers, UpdateSource } from '../exchange/interface.ts'

export const CONDUCTS = [
  /** Signs two headers and shows both. */
  'equivocate',
  /** Commits to one update and serves another byte in one chunk. */
  'flipped-byte',
  /** Commits, and never serves. */
  'withhold',
  /** Its header is signed by a key that is no member's. */
  'stranger-signs',
  /** Its header names another round. */
  'other-round',
  /** Lists votes of its own for hundreds of views, and serves each of them. */
  'flood',
  /** Publishes a header for what is no admissible update (forged-update.ts). */
  'forged',
] as const
export type Conduct = (typeof CONDUCTS)[number]

export interface LyingParts {
  readonly conduct: Conduct
  readonly signer: Signer
  readonly stranger: Signer
  readonly store: ChunkStore
  /** The forged update's header, for `forged`. */
  readonly forged: HeaderDraft | null
}

export type CreateExchange = (handlers: ExchangeHandlers) => Exchange

/** An exchange whose member lies in one way. */
export function createLyingExchange(
  create: CreateExchange,
  handlers: ExchangeHandlers,
  parts: LyingParts,
): Exchange {
  /** What the others are shown under its digest, in place of or beside what the node said. */
  const shown = new Map<string, { readonly digest: Digest; readonly bytes: Uint8Array }>()
  const hidden = new Set<string>()
  const real = create({
    ...handlers,
    listObjects: () => [
      ...handlers.listObjects().filter((digest) => !hidden.has(digestKey(digest))),
      ...[...shown.values()].map(({ digest }) => digest),
    ],
    getObject: (digest) => shown.get(digestKey(digest))?.bytes ?? handlers.getObject(digest),
    updateSource: (digest, to) => lyingSource(digest, to, handlers, parts),
  })
  const publish = async (bytes: Uint8Array) => {
    const decoded = decodeMessage(bytes)
    if (!decoded.ok || decoded.message.type !== 'header') return real.publish(bytes)
    const others = forgeHeaders(decoded.message, parts)
    if (parts.conduct !== 'equivocate' && others.length > 0) hidden.add(decoded.message.key)
    else await real.publish(bytes)
    for (const other of others) {
      shown.set(digestKey(other.digest), other)
      await real.publish(other.bytes)
    }
    if (parts.conduct === 'flood')
      for (const each of floodOf(decoded.message.body, parts.signer)) shown.set(digestKey(each.digest), each)
    if (parts.forged !== null) real.announceUpdate(parts.forged.update)
    return { recipients: 0 }
  }
  return { ...real, publish }
}

const FLOOD_COUNT = 250

/** Votes for many views: each is what a correct member might sign, for once. Signed when it is asked for. */
function floodOf({ round, member }: Header, signer: Signer): readonly Shown[] {
  return Array.from({ length: FLOOD_COUNT }, (_, view) => {
    const value = objectDigest('value', new Uint8Array([view & 0xff, view >> 8]))
    const body = codecOf('vote').encode({ round, member, cut: 0, view, value })
    let signed: Uint8Array | null = null
    const envelope = (): Uint8Array =>
      encodeEnvelope({ type: 'vote', body, signature: signer.sign(signedBytesOf('vote', body)) })
    return {
      digest: objectDigest('vote', body),
      get bytes() {
        return (signed ??= envelope())
      },
    }
  })
}

interface Shown {
  readonly digest: Digest
  readonly bytes: Uint8Array
}

function forgeHeaders(message: Extract<Message, { type: 'header' }>, parts: LyingParts): readonly Shown[] {
  const { body } = message
  switch (parts.conduct) {
    case 'equivocate':
      return [signedHeader({ ...body, update: objectDigest('update', message.bytes) }, parts.signer)]
    case 'stranger-signs':
      return [signedHeader(body, parts.stranger)]
    case 'other-round':
      return [signedHeader({ ...body, round: asRoundId(objectDigest('round', message.bytes)) }, parts.signer)]
    case 'forged':
      return parts.forged === null ? [] : [signedHeader({ ...body, ...parts.forged }, parts.signer)]
    case 'flipped-byte':
    case 'withhold':
    case 'flood':
      return []
  }
}

function signedHeader(header: Header, signer: Signer): Shown {
  const body = codecOf('header').encode(header)
  const signature = signer.sign(signedBytesOf('header', body))
  return { digest: objectDigest('header', body), bytes: encodeEnvelope({ type: 'header', body, signature }) }
}

async function lyingSource(
  digest: Digest,
  to: number,
  handlers: ExchangeHandlers,
  { conduct, store, forged }: LyingParts,
): Promise<UpdateSource | 'denied' | null> {
  if (conduct === 'withhold') return null
  if (forged !== null && digestKey(forged.update) === digestKey(digest)) return store.source(digest)
  const source = await handlers.updateSource(digest, to)
  if (conduct !== 'flipped-byte' || source === null || source === 'denied') return source
  const readChunk = async (index: number, signal: AbortSignal): Promise<Uint8Array> => {
    const bytes = Uint8Array.from(await source.readChunk(index, signal))
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    return bytes
  }
  return { ...source, readChunk }
}
