/** A real certificate of a small round, signed by its members: what the agreement would have produced. */
import {
  type Bodies,
  type Certificate,
  codecOf,
  decisionCodec,
  type Envelope,
  envelopeDigest,
  type Header,
  type MessageType,
} from '../../src/agree/index.ts'
import { decisionOf, valueDigest } from '../../src/agree/value.ts'
import {
  charterDigest,
  roundIdOf,
  signCharter,
  type SignedCharter,
  unsigned,
} from '../../src/charter/index.ts'
import { compareBytes } from '../../src/core/bytes.ts'
import { objectDigest, sha256 } from '../../src/core/hash.ts'
import type { Digest } from '../../src/core/ids.ts'
import { signedBytesOf, type Signer } from '../../src/core/signature.ts'
import type { CertificateFile } from '../../src/export/certificate-file.ts'
import { testConsortium, type TestConsortium } from './charter.ts'

export interface TestCertificateOptions {
  readonly consortium?: TestConsortium
  /** SHA-256 of the aggregate file. */
  readonly aggregate?: Digest
  /** Members whose updates count. Default: all but the excluded. */
  readonly updates?: readonly number[]
  /** What the headers say, by member, where it is not made up. */
  readonly headers?: readonly Partial<Header>[]
  /** A member that signed two Passes. */
  readonly excluded?: number
  readonly rule?: { readonly id: string; readonly version: number }
}

export function signedByAll({ charter, signers }: TestConsortium): SignedCharter {
  return signers.reduce((signed, signer) => signCharter(signed, signer, 'charter.json'), unsigned(charter))
}

export function envelopeBy<T extends MessageType>(
  signer: Signer | undefined,
  type: T,
  body: Bodies[T],
): Envelope {
  if (signer === undefined) throw new Error('a signer for every member')
  const bytes = codecOf(type).encode(body)
  return { type, body: bytes, signature: signer.sign(signedBytesOf(type, bytes)) }
}

export function testCertificate(options: TestCertificateOptions = {}): CertificateFile {
  const consortium =
    options.consortium ?? testConsortium(4, { f: 1, b: 1, rules: [{ id: 'trimmed-mean', version: 1 }] })
  const { charter, signers } = consortium
  const { excluded } = options
  const everyone = signers.map((_, member) => member)
  const honest = everyone.filter((member) => member !== excluded)
  const updates = options.updates ?? honest
  const round = roundIdOf(charterDigest(charter), 1)
  const rule = options.rule ?? charter.aggregation.rules[0] ?? { id: 'mean', version: 1 }
  const headers = updates.map((member) =>
    envelopeBy(signers[member], 'header', {
      round,
      member,
      update: sha256(new Uint8Array([member])),
      sizeBytes: 1000 + member,
      chunkSizeBytes: 1 << 20,
      layout: sha256(new Uint8Array([99])),
      samples: 100 * (member + 1),
      summary: { epochs: 1, steps: 10, tokens: 1000 },
      ...options.headers?.[member],
    }),
  )
  const pair = everyone
    .filter((member) => member === excluded)
    .map((member): readonly [Envelope, Envelope] => {
      const seals = [[], [{ member, digest: sha256() }]].map((published) =>
        envelopeBy(signers[member], 'seal', { round, member, published }),
      )
      const [first, second] = seals.sort((a, b) => compareBytes(envelopeDigest(a), envelopeDigest(b)))
      if (first === undefined || second === undefined) throw new Error('two seals')
      return [first, second]
    })
  const certified = updates.map((member, i) => ({ member, digest: digestAt(headers, i) }))
  const evidence = pair.map(([first, second]) => ({
    member: excluded ?? 0,
    first: envelopeDigest(first),
    second: envelopeDigest(second),
  }))
  const statuses = honest.map((member) =>
    envelopeBy(signers[member], 'status', { round, member, cut: 0, certified, evidence }),
  )
  const value = {
    round,
    cut: 0,
    statuses: honest.map((member, i) => ({ member, digest: digestAt(statuses, i) })),
  }
  const decision = decisionOf(
    value,
    statuses.map((status) => decoded('status', status)),
    (_, digest) => {
      const found = headers.find((header) => compareBytes(envelopeDigest(header), digest) === 0)
      return found === undefined ? null : decoded('header', found)
    },
    null,
  )
  if (decision === null) throw new Error('the statuses agree')
  const aggregate = options.aggregate ?? sha256(new Uint8Array([1, 2, 3]))
  const decisionDigest = objectDigest('decision', decisionCodec.encode(decision))
  const certificate: Certificate = {
    round,
    charter: charterDigest(charter),
    cut: 0,
    decision,
    aggregate,
    rule,
    value,
    finalizes: honest.map((member) =>
      envelopeBy(signers[member], 'finalize', { round, member, cut: 0, view: 0, value: valueDigest(value) }),
    ),
    statuses,
    headers,
    evidence: pair,
    attestations: honest.map((member) =>
      envelopeBy(signers[member], 'attestation', {
        round,
        member,
        cut: 0,
        decision: decisionDigest,
        aggregate,
        rule,
      }),
    ),
  }
  return { signedCharter: signedByAll(consortium), roundNumber: 1, certificate }
}

function digestAt(envelopes: readonly Envelope[], i: number): Digest {
  const envelope = envelopes[i]
  if (envelope === undefined) throw new Error('one envelope a member')
  return envelopeDigest(envelope)
}

function decoded<T extends MessageType>(type: T, { body }: Envelope): Bodies[T] {
  const result = codecOf(type).decode(body)
  if (!result.ok) throw new Error(result.fault.code)
  return result.value
}
