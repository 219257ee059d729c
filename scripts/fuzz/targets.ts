/**
 * Every decoder of bytes that come from a peer, with valid examples to start from. A target returns a word for what the
 * bytes turned out to be, and throws nothing but a typed refusal.
 */
import {
  type Bodies,
  codecOf,
  decisionCodec,
  decodeEnvelope,
  decodeMessage,
  encodeEnvelope,
  MESSAGE_TYPES,
  type MessageType,
  openEnvelope,
} from '../../src/agree/index.ts'
import {
  decodeSuccessionEnvelope,
  encodeSuccession,
  openSuccession,
  type SuccessionBodies,
  type SuccessionType,
} from '../../src/agree/succession-messages.ts'
import { encodeInvite, decodeInvite } from '../../src/charter/invite.ts'
import { formatCharterFile, parseCharterFile } from '../../src/charter/charter-file.ts'
import { equalBytes, utf8 } from '../../src/core/bytes.ts'
import { type Codec, encodeCanonical } from '../../src/core/canonical.ts'
import { sha256 } from '../../src/core/hash.ts'
import { asRoundId } from '../../src/core/ids.ts'
import { encodeHeader, headerLengthOf, parseHeader } from '../../src/core/safetensors.ts'
import {
  type ChunkAnswer,
  chunkAnswerCodec,
  chunkHead,
  type ChunkRequest,
  chunkRequestCodec,
  decodeChunk,
} from '../../src/exchange/chunk-messages.ts'
import { punchCodec, type PunchMessage } from '../../src/exchange/hole-punch.ts'
import { createFrameReader, lengthPrefix } from '../../src/exchange/frames.ts'
import {
  type SyncReply,
  syncReplyCodec,
  type SyncRequest,
  syncRequestCodec,
} from '../../src/exchange/sync-messages.ts'
import { formatCertificateFile, parseCertificateFile } from '../../src/export/certificate-file.ts'
import { manifestCodec } from '../../src/update/manifest.ts'
import { signedByAll, testCertificate } from '../../test/support/certificate.ts'
import { testConsortium, testSigner } from '../../test/support/charter.ts'
import { manifestOfBytes } from '../../test/support/manifests.ts'
import { STORE_LIMITS } from '../../test/support/store-limits.ts'
import { carriedTarget } from './carried.ts'

export interface FuzzTarget {
  readonly name: string
  readonly examples: readonly Uint8Array[]
  /** @returns what became of the bytes, in a few words: a new one makes them an example @throws RoundError */
  readonly run: (bytes: Uint8Array) => string | Promise<string>
}

const digest = sha256(utf8('fuzz'))
const other = sha256(utf8('fuzz 2'))
const round = asRoundId(digest)
const author = { round, member: 1 }
const ballot = { ...author, cut: 0, view: 3 }
const named = [
  { member: 0, digest },
  { member: 2, digest: other },
]
const value = { round, cut: 0, statuses: named }

const BODIES: { readonly [T in MessageType]: Bodies[T] } = {
  header: {
    ...author,
    update: digest,
    sizeBytes: 5000,
    chunkSizeBytes: 4096,
    layout: other,
    samples: 10,
    summary: { epochs: 1, steps: 10, tokens: 1000 },
  },
  pass: author,
  seal: { ...author, published: named },
  receipt: { ...author, of: 2, header: digest },
  refusal: { ...author, of: 2, header: digest, fault: 'UPDATE_NOT_FINITE' },
  status: { ...author, cut: 0, certified: named, evidence: [] },
  proposal: { ...ballot, value, carriedFrom: 1 },
  vote: { ...ballot, value: digest },
  dummy: ballot,
  finalize: { ...ballot, value: digest },
  attestation: { ...author, cut: 0, decision: digest, aggregate: other, rule: { id: 'mean', version: 1 } },
  abandon: author,
}
const inView = { charter: digest, member: 1, view: 2 }
const SUCCESSIONS: { readonly [T in SuccessionType]: SuccessionBodies[T] } = {
  's-draft': {
    charter: digest,
    member: 0,
    successor: encodeCanonical({ a: 1 }),
    signatures: [new Uint8Array(64), new Uint8Array(64)],
  },
  's-approval': { charter: digest, member: 1, draft: other },
  's-proposal': { ...inView, draft: other, carriedFrom: 1 },
  's-vote': { ...inView, draft: other },
  's-dummy': inView,
  's-finalize': { ...inView, draft: other },
}
const SUCCESSION_TYPES = Object.keys(SUCCESSIONS) as SuccessionType[]

/** What a codec takes must be what it makes of it again: one value, one encoding. */
function codecTarget<T>(name: string, codec: Codec<T>, examples: readonly T[]): FuzzTarget {
  return {
    name,
    examples: examples.map(codec.encode),
    run: (bytes) => {
      const decoded = codec.decode(bytes)
      if (!decoded.ok) return decoded.fault.code
      if (!equalBytes(codec.encode(decoded.value), bytes)) throw new Error('two encodings of one value')
      return `ok ${bytes.length >> 6}`
    },
  }
}

const envelopes = MESSAGE_TYPES.map((type) =>
  encodeEnvelope({
    type,
    body: codecOf(type).encode(BODIES[type] as never),
    signature: new Uint8Array(64).fill(3),
  }),
)
const envelopeTarget: FuzzTarget = {
  name: 'envelope',
  examples: envelopes,
  run: (bytes) => {
    const decoded = decodeEnvelope(bytes)
    if (!decoded.ok) return decoded.fault.code
    if (!equalBytes(encodeEnvelope(decoded.value), bytes)) throw new Error('two encodings of one envelope')
    const [opened, whole] = [openEnvelope(decoded.value), decodeMessage(bytes)]
    if (opened.ok !== whole.ok) throw new Error('opened in two ways with two answers')
    return opened.ok ? `ok ${opened.message.type}` : `body ${opened.fault.code}`
  },
}
const successionTarget: FuzzTarget = {
  name: 'succession',
  examples: SUCCESSION_TYPES.map((type) =>
    encodeCanonical({
      type,
      body: encodeSuccession(type, SUCCESSIONS[type] as never),
      signature: new Uint8Array(64),
    }),
  ),
  run: (bytes) => {
    const decoded = decodeSuccessionEnvelope(bytes)
    if (!decoded.ok) return decoded.fault.code
    const type = openSuccession(decoded.value)?.type
    return type === undefined ? 'no succession' : `ok ${type}`
  },
}
const chunkTarget: FuzzTarget = {
  name: 'chunk',
  examples: [Buffer.concat([chunkHead(7), digest])],
  run: (bytes) => {
    const chunk = decodeChunk(bytes)
    return chunk === null ? 'no chunk' : `ok ${chunk.bytes.length === bytes.length - 5}`
  },
}
const FRAME_SIZE_BYTES_MAX = 4096
/** Frames arrive in pieces: cut at a place that the bytes themselves choose. */
const frameTarget: FuzzTarget = {
  name: 'frames',
  examples: [
    Buffer.concat([lengthPrefix(32), digest, lengthPrefix(0), lengthPrefix(5), utf8('hello')]),
    Buffer.concat([lengthPrefix(FRAME_SIZE_BYTES_MAX), new Uint8Array(FRAME_SIZE_BYTES_MAX)]),
  ],
  run: async (bytes) => {
    const reader = createFrameReader(1, 1 << 20)
    const cut = (bytes[0] ?? 0) % (bytes.length + 1)
    const isFine = reader.push(bytes.subarray(0, cut)) && reader.push(bytes.subarray(cut))
    reader.end()
    for (let count = 0; ; count++) {
      const frame = await reader.receive(FRAME_SIZE_BYTES_MAX, new AbortController().signal)
      if (frame === null) return `ok ${isFine} ${Math.min(count, 3)}`
      if (frame.length > FRAME_SIZE_BYTES_MAX) throw new Error('a frame over its bound')
    }
  },
}
const FILE = 'fuzz'
const tensors = [
  { name: 'a.lora_A', dtype: 'F32', shape: [2, 3] },
  { name: 'a.lora_B', dtype: 'BF16', shape: [4, 2] },
]
const safetensorsTarget: FuzzTarget = {
  name: 'safetensors-header',
  examples: [encodeHeader(tensors, new Map([['nonce', 'ab']])).prefix, encodeHeader([]).prefix],
  run: (bytes) => {
    const length = headerLengthOf(bytes, FILE)
    const { entries } = parseHeader(bytes.subarray(8, 8 + length), 8 + length + 40, FILE)
    return `ok ${Math.min(entries.length, 4)}`
  },
}
/** A text file of a member's. */
const textTarget = (name: string, example: string, parse: (text: string) => unknown): FuzzTarget => ({
  name,
  examples: [utf8(example)],
  run: (bytes) => {
    parse(new TextDecoder().decode(bytes))
    return 'ok'
  },
})

/** Everything, in a fixed order. Files are made below `folder`, which must exist. */
export async function fuzzTargets(folder: string): Promise<readonly FuzzTarget[]> {
  const content = new Uint8Array(200_000).fill(5)
  const certificate = testCertificate({ excluded: 3 })
  return [
    ...MESSAGE_TYPES.map((type) => codecTarget<Bodies[MessageType]>(type, codecOf(type), [BODIES[type]])),
    envelopeTarget,
    successionTarget,
    codecTarget('decision', decisionCodec, [certificate.certificate.decision]),
    codecTarget<ChunkRequest>('chunk-request', chunkRequestCodec, [
      { kind: 'manifest', update: digest },
      { kind: 'chunk', update: digest, index: 9 },
    ]),
    codecTarget<ChunkAnswer>('chunk-answer', chunkAnswerCodec(1 << 16), [
      { kind: 'manifest', bytes: digest },
      { kind: 'denied' },
    ]),
    chunkTarget,
    frameTarget,
    codecTarget<PunchMessage>('punch', punchCodec, [
      { kind: 'addresses', open: [], punched: ['/ip4/11.0.1.1/tcp/40001'] },
      { kind: 'go' },
    ]),
    codecTarget<SyncRequest>('sync-request', syncRequestCodec, [
      { kind: 'list', round, summary: digest },
      { kind: 'get', digests: [digest, other] },
      { kind: 'announce', round, updates: [digest], hint: true },
    ]),
    codecTarget<SyncReply>('sync-reply', syncReplyCodec(1 << 16), [
      { kind: 'same', clockMs: 5 },
      { kind: 'digests', clockMs: 5, digests: [digest, other], isLast: true },
      { kind: 'object', digest, bytes: envelopes[0] ?? digest },
      { kind: 'end', isWhole: false },
    ]),
    {
      ...codecTarget('manifest', manifestCodec(STORE_LIMITS), []),
      examples: [manifestOfBytes(content, 0, STORE_LIMITS.chunkSizeBytes)],
    },
    safetensorsTarget,
    textTarget('certificate-file', formatCertificateFile(certificate), (text) =>
      parseCertificateFile(text, FILE),
    ),
    textTarget('charter-file', formatCharterFile(signedByAll(testConsortium(4))), (text) =>
      parseCharterFile(text, FILE),
    ),
    textTarget('invite', encodeInvite('site-a', ['/ip4/192.0.2.7/tcp/4101'], testSigner(0)), decodeInvite),
    await carriedTarget(
      folder,
      envelopes.slice(0, 3),
      manifestOfBytes(content, 0, STORE_LIMITS.chunkSizeBytes),
      content,
    ),
  ]
}
