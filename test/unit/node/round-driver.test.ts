// Protects: nothing leaves unsigned or unjournalled, a restart says exactly what was said, our faults punish nobody.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { encodeEnvelope, envelopeOf, type Message } from '../../../src/agree/envelope.ts'
import { type Bodies, codecOf, type MessageType } from '../../../src/agree/messages.ts'
import type { HeaderDraft, Params } from '../../../src/agree/types.ts'
import { charterDigest, roundIdOf, roundScheduleOf } from '../../../src/charter/index.ts'
import { RoundError } from '../../../src/core/errors.ts'
import { asDigest } from '../../../src/core/ids.ts'
import { type Signer, signedBytesOf, verifySignature } from '../../../src/core/signature.ts'
import { createJournal, type Journal, openJournal } from '../../../src/node/journal.ts'
import { restoredMessages, RoundDriver, type RoundWork } from '../../../src/node/round-driver.ts'
import { layoutDigest } from '../../../src/update/layout.ts'
import { testConsortium, testSigner } from '../../support/charter.ts'

const root = mkdtempSync(join(tmpdir(), 'oneround-driver-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const nothing = (): void => undefined
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const rng = { bytes: (length: number) => new Uint8Array(length).fill(5) }
const { charter } = testConsortium(3)
const digest = charterDigest(charter)
const params: Params = {
  charter,
  charterDigest: digest,
  round: roundIdOf(digest, 1),
  schedule: roundScheduleOf(charter, 1),
  layout: layoutDigest(charter.layout),
  me: 0,
  verify: verifySignature,
  viewTimeoutMs: 1_000,
}
const draft = (fill: number): HeaderDraft => ({
  update: asDigest(new Uint8Array(32).fill(fill)),
  sizeBytes: 100,
  chunkSizeBytes: charter.limits.chunkSizeBytes,
  layout: params.layout,
  samples: 1,
  summary: { epochs: 1, steps: 1, tokens: 1 },
})

function envelope<T extends MessageType>(type: T, body: Bodies[T], signer: Signer): Uint8Array {
  const bytes = codecOf(type).encode(body)
  return encodeEnvelope({ type, body: bytes, signature: signer.sign(signedBytesOf(type, bytes)) })
}
const headerOf = (member: number, signer = testSigner(member)): Uint8Array =>
  envelope('header', { ...draft(member + 10), round: params.round, member }, signer)

interface Run {
  readonly driver: RoundDriver
  readonly journal: Journal
  readonly sent: readonly Message[]
  readonly failures: readonly unknown[]
}

function startDriver(journal: Journal): Run {
  const sent: Message[] = []
  const failures: unknown[] = []
  const work: RoundWork = {
    broadcast: (message) => {
      // The heart of it: by the time something leaves, the journal on disk has it.
      expect(journal.find(params.round, message.slot)?.body).toEqual(message.bytes)
      sent.push(message)
    },
    pull: nothing,
    fetchUpdate: nothing,
    allowServing: nothing,
    setTimer: nothing,
    decided: nothing,
    aggregate: nothing,
    certified: nothing,
    evidence: nothing,
    alarm: nothing,
    signed: nothing,
    taken: nothing,
    fail: (error) => failures.push(error),
  }
  const driver = new RoundDriver(params, { journal, signer: testSigner(0), log, work })
  driver.feed({ kind: 'restored', messages: restoredMessages(journal, params), observe: false })
  return { driver, journal, sent, failures }
}

let count = 0
async function openFresh(): Promise<Journal> {
  const path = join(root, `${count++}.log`)
  await createJournal(path, testSigner(0).publicKey, rng)
  return openJournal(path, testSigner(0).publicKey, log)
}
const reopen = (journal: Journal): Promise<Journal> => openJournal(journal.path, testSigner(0).publicKey, log)
const sentBytes = (run: Run) => run.sent.map((message) => encodeEnvelope(envelopeOf(message)))

/** One member's commit: its own header, the others' headers, and so its seal. */
async function runCommit(journal: Journal): Promise<Run> {
  const run = startDriver(journal)
  run.driver.feed({ kind: 'adapter-ready', header: draft(1) })
  for (const member of [1, 2]) expect(await run.driver.receive(headerOf(member))).toBe('accept')
  await expect.poll(() => run.sent.map(({ type }) => type)).toEqual(['header', 'seal'])
  await run.driver.stop()
  await journal.close()
  return run
}

describe('RoundDriver', () => {
  test('writes what it signs before it leaves, and what that rests on before that', async () => {
    const run = await runCommit(await openFresh())
    const journal = await reopen(run.journal)
    const kinds = journal.recordsOf(params.round).map(({ kind, type }) => `${kind} ${type}`)
    expect(kinds).toEqual(['signed header', 'held header', 'held header', 'signed seal'])
    await journal.close()
  })

  test('after a restart sends exactly what it sent, and signs no second header', async () => {
    const first = await runCommit(await openFresh())
    const second = startDriver(await reopen(first.journal))
    second.driver.feed({ kind: 'adapter-ready', header: draft(99) })
    await expect.poll(() => sentBytes(second)).toEqual(sentBytes(first))
    await second.driver.stop()
    expect(sentBytes(second)).toEqual(sentBytes(first))
    expect(second.failures).toEqual([])
    await second.journal.close()
  })

  test('tells the exchange what each object is worth', async () => {
    const journal = await openFresh()
    const { driver } = startDriver(journal)
    expect(await driver.receive(headerOf(1))).toBe('accept')
    expect(await driver.receive(headerOf(1))).toBe('ignore')
    expect(await driver.receive(headerOf(2, testSigner(1)))).toBe('reject')
    expect(await driver.receive(Uint8Array.of(1, 2, 3))).toBe('reject')
    const newer = encodeEnvelope({ type: 'novelty', body: Uint8Array.of(1), signature: new Uint8Array(64) })
    expect(await driver.receive(newer)).toBe('ignore')
    await driver.stop()
    expect(await driver.receive(headerOf(2))).toBe('ignore')
    await journal.close()
  })

  test('says nothing when the journal cannot be written, and stops', async () => {
    const real = await openFresh()
    const full = new RoundError({ code: 'NO_SPACE', file: real.path }, 'full')
    const run = startDriver({ ...real, append: () => Promise.reject(full) })
    run.driver.feed({ kind: 'adapter-ready', header: draft(1) })
    await expect.poll(() => run.failures).toEqual([full])
    expect(run.sent).toEqual([])
    expect(await run.driver.receive(headerOf(1))).toBe('ignore')
    await run.driver.stop()
    await real.close()
  })
})
