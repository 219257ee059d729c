// Protects: the members of a charter decide on one successor or none, on what their operators approved, whatever a liar and the network do.
import { describe, expect, it } from 'vitest'
import {
  createSuccessionState,
  leaderOf,
  stepSuccession,
  type SuccessionEffect,
  type SuccessionEvent,
  type SuccessionParams,
  type SuccessionState,
} from '../../../src/agree/succession.ts'
import { successionFault, type SuccessionProof } from '../../../src/agree/succession-proof.ts'
import {
  decodeSuccessionEnvelope,
  encodeSuccession,
  encodeSuccessionEnvelope,
  openSuccession,
  type SuccessionBodies,
  type SuccessionMessage,
  type SuccessionType,
} from '../../../src/agree/succession-messages.ts'
import {
  charterCodec,
  decodeInvite,
  encodeInvite,
  type SignedCharter,
  signCharter,
  succeedingCharter,
  unsigned,
} from '../../../src/charter/index.ts'
import { toHex } from '../../../src/core/bytes.ts'
import { SeededRng } from '../../../src/core/seeded-rng.ts'
import { signedBytesOf, type Signer, verifySignature } from '../../../src/core/signature.ts'
import { signedByAll } from '../../support/certificate.ts'
import { testConsortium, testSigner } from '../../support/charter.ts'

const N = 4
const consortium = testConsortium(N, { f: 1, b: 1, rules: [{ id: 'trimmed-mean', version: 1 }] })
const old = signedByAll(consortium)
const VIEW_TIMEOUT_MS = 1_000

/** Real signatures, each checked once in all worlds. */
const checked = new Map<string, boolean>()
function verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  const key = `${toHex(publicKey)} ${toHex(bytes)} ${toHex(signature)}`
  const holds = checked.get(key) ?? verifySignature(publicKey, bytes, signature)
  checked.set(key, holds)
  return holds
}

/** A draft in which one more member joins; `fill` makes it another one. */
function draftWith(joiner: number): SignedCharter {
  const signer = testSigner(joiner)
  const invite = decodeInvite(encodeInvite(`site-${joiner}`, [], signer))
  const charter = succeedingCharter(old.charter, old.digest, {
    join: [invite],
    leave: [],
    rotate: [],
    rounds: old.charter.rounds,
  })
  const signers = [...consortium.signers, signer]
  return signers.reduce((signed, each) => signCharter(signed, each, 'next.json'), unsigned(charter))
}
const [A, B] = [draftWith(10), draftWith(11)]
const nameOf = ({ next }: { readonly next: SignedCharter }): string => toHex(next.digest)

const signerOf = (member: number): Signer => consortium.signers[member] ?? testSigner(member)

function say<T extends SuccessionType>(
  member: number,
  type: T,
  fields: Omit<SuccessionBodies[T], 'charter' | 'member'>,
): SuccessionMessage {
  const body = { ...fields, charter: old.digest, member } as SuccessionBodies[T]
  return signedBy(member, type, encodeSuccession(type, body))
}

/** The same body is the same message object in all worlds. */
const signedMessages = new Map<string, SuccessionMessage>()
function signedBy(member: number, type: SuccessionType, bytes: Uint8Array): SuccessionMessage {
  const key = `${member} ${type} ${toHex(bytes)}`
  const known = signedMessages.get(key)
  if (known !== undefined) return known
  const signature = signerOf(member).sign(signedBytesOf(type, bytes))
  const message = openSuccession({ type, body: bytes, signature })
  if (message === null) throw new Error('a message of its own type')
  signedMessages.set(key, message)
  return message
}

interface Site {
  readonly params: SuccessionParams
  state: SuccessionState
  readonly journal: SuccessionMessage[]
  readonly signed: SuccessionMessage[]
  decided: SuccessionProof | null
}

class World {
  readonly sites: readonly Site[]
  /** Messages under way: to whom. */
  readonly wire: { readonly to: number; readonly message: SuccessionMessage }[] = []

  constructor(n = N) {
    this.sites = Array.from({ length: n }, (_, me) => ({
      params: { old, me, verify, viewTimeoutMs: VIEW_TIMEOUT_MS },
      state: createSuccessionState(),
      journal: [],
      signed: [],
      decided: null,
    }))
    for (const me of this.sites.keys()) this.feed(me, { kind: 'restored', messages: [] })
  }

  site(me: number): Site {
    const site = this.sites[me]
    if (site === undefined) throw new Error(`no site ${me}`)
    return site
  }

  feed(me: number, event: SuccessionEvent): readonly SuccessionEffect[] {
    const site = this.site(me)
    const { state, effects } = stepSuccession(site.state, event, site.params)
    site.state = state
    for (const effect of effects) this.#perform(me, effect)
    return effects
  }

  #perform(me: number, effect: SuccessionEffect): void {
    const site = this.site(me)
    if (effect.kind === 'store') site.journal.push(effect.message)
    if (effect.kind === 'broadcast') this.send(me, effect.message)
    if (effect.kind === 'decided') {
      const finalizes = effect.finalizes.map(({ type, bytes, signature }) => ({
        type,
        body: bytes,
        signature,
      }))
      site.decided = { old, next: effect.next, finalizes }
    }
    if (effect.kind !== 'sign') return
    const message = signedBy(me, effect.type, effect.body)
    site.journal.push(message)
    site.signed.push(message)
    this.feed(me, { kind: 'signed', message })
  }

  send(from: number, message: SuccessionMessage): void {
    for (const to of this.sites.keys()) if (to !== from) this.wire.push({ to, message })
  }

  /** Delivers all that is under way, but to and from the silent ones. */
  deliver(silent: readonly number[] = []): void {
    for (let next = this.wire.shift(); next !== undefined; next = this.wire.shift()) {
      if (silent.includes(next.to) || silent.includes(next.message.member)) continue
      this.feed(next.to, { kind: 'message', message: next.message })
    }
  }

  clock(nowMs: number): void {
    for (const me of this.sites.keys()) this.feed(me, { kind: 'clock', nowMs })
  }
}

describe('the succession of a charter', () => {
  it('is said in messages that survive their encoding', () => {
    const message = say(1, 's-proposal', { view: 3, draft: A.digest, carriedFrom: 1 })
    const decoded = decodeSuccessionEnvelope(encodeSuccessionEnvelope(message))
    expect(decoded.ok && openSuccession(decoded.value)).toEqual(message)
    expect(openSuccession({ ...message, body: new Uint8Array([...message.bytes, 0]) })).toBe(null)
    expect(openSuccession({ type: 'vote', body: message.bytes, signature: message.signature })).toBe(null)
  })

  it('§11.2 §11.6 is decided once a quorum has approved, by votes of those who approved, and proves it offline', () => {
    const world = new World()
    world.feed(0, { kind: 'approved', next: A })
    world.feed(1, { kind: 'approved', next: A })
    world.deliver()
    expect(world.sites.every(({ decided }) => decided === null)).toBe(true)
    world.feed(2, { kind: 'approved', next: A })
    // The leader of the first view may be the one who did not approve: then its view ends.
    for (let view = 0; view < N; view++) {
      world.deliver()
      world.clock(1 + (view + 1) * (view + 2) * VIEW_TIMEOUT_MS)
    }
    world.deliver()
    for (const { decided } of world.sites) {
      expect(decided === null ? null : nameOf(decided)).toBe(nameOf({ next: A }))
      if (decided !== null) expect(successionFault(decided, verifySignature)).toBe(null)
    }
    // Votes are of those who approved, all of them.
    const votes = world.sites.flatMap(({ signed }) => signed.filter(({ type }) => type === 's-vote'))
    expect(new Set(votes.map(({ member }) => member))).toEqual(new Set([0, 1, 2]))
  })

  it('§11.6 is not proven by fewer than a quorum, by strangers, or for another draft', () => {
    const finalize = (member: number, view = 0, next = A) => {
      const { type, bytes, signature } = say(member, 's-finalize', { view, draft: next.digest })
      return { type, body: bytes, signature }
    }
    const proof = { old, next: A, finalizes: [finalize(0), finalize(1), finalize(3)] }
    expect(successionFault(proof, verifySignature)).toBe(null)
    const wrong = [
      [finalize(0), finalize(1)],
      [finalize(0), finalize(1), finalize(1)],
      [finalize(1), finalize(0), finalize(3)],
      [finalize(0), finalize(1), finalize(2, 1)],
      [finalize(0), finalize(1), finalize(2, 0, B)],
      [finalize(0), finalize(1), { ...finalize(2), signature: finalize(3).signature }],
    ]
    for (const finalizes of wrong)
      expect(successionFault({ ...proof, finalizes }, verifySignature)).not.toBe(null)
    expect(successionFault({ ...proof, next: old }, verifySignature)).toMatch(/predecessor/)
  })

  it('§11.1 §11.3 refuses drafts that cannot follow, and proposals of who does not lead', () => {
    const world = new World()
    const verdictOf = (message: SuccessionMessage): unknown =>
      world.feed(0, { kind: 'message', message }).find(({ kind }) => kind === 'verdict')
    const signatures = A.charter.members.map(({ name }) => A.signatures.get(name) ?? new Uint8Array(64))
    const draft = say(1, 's-draft', { successor: charterCodec.encode(A.charter), signatures })
    expect(verdictOf(draft)).toMatchObject({ verdict: 'accept' })
    const unsignedDraft = say(1, 's-draft', { successor: charterCodec.encode(B.charter), signatures })
    expect(verdictOf(unsignedDraft)).toMatchObject({ verdict: 'reject' })
    const follower = (leaderOf({ old }, 0) + 1) % N
    const proposal = say(follower, 's-proposal', { view: 0, draft: A.digest })
    expect(verdictOf(proposal)).toMatchObject({ verdict: 'reject' })
    const forged = { ...draft, signature: proposal.signature, key: 'other', digest: proposal.digest }
    expect(verdictOf(forged)).toMatchObject({ verdict: 'reject' })
  })

  it('§11.4 §11.5 burns no views while operators think, and signs again exactly what it signed after a restart', () => {
    const world = new World()
    world.feed(0, { kind: 'approved', next: A })
    world.feed(1, { kind: 'approved', next: B })
    world.deliver()
    for (let i = 1; i < 50; i++) world.clock(i * VIEW_TIMEOUT_MS)
    expect(world.sites.map(({ state }) => state.view)).toEqual([0, 0, 0, 0])
    const { journal, signed, params } = world.site(0)
    const restarted = stepSuccession(createSuccessionState(), { kind: 'restored', messages: journal }, params)
    const sent = restarted.effects.flatMap((effect) => (effect.kind === 'broadcast' ? [effect.message] : []))
    expect(sent.map(encodeSuccessionEnvelope)).toEqual(signed.map(encodeSuccessionEnvelope))
    const again = stepSuccession(restarted.state, { kind: 'approved', next: A }, params)
    expect(again.effects.filter(({ kind }) => kind === 'sign')).toEqual([])
  })

  it('ends with one successor at most, for each of many schedules with a liar that votes twice', () => {
    const outcomes = { decided: 0, none: 0, views: 0 }
    for (let seed = 0; seed < 40; seed++) {
      const world = runSeeded(seed)
      const honest = world.sites.filter((_, me) => me !== LIAR)
      const decided = honest.flatMap((site) => (site.decided === null ? [] : [nameOf(site.decided)]))
      expect(new Set(decided).size, `seed ${seed}`).toBeLessThanOrEqual(1)
      for (const { signed } of honest) {
        const slots = signed.map(({ slot }) => slot)
        expect(new Set(slots).size, `seed ${seed}`).toBe(slots.length)
      }
      // Everybody approves both drafts in the end and the network heals: then it must end.
      expect(decided, `seed ${seed}`).toHaveLength(honest.length)
      outcomes.decided++
      outcomes.views = Math.max(outcomes.views, ...honest.map(({ state }) => state.view))
    }
    expect(outcomes.decided).toBe(40)
    expect(outcomes.views).toBeGreaterThan(1)
  })
})

const LIAR = 3

/** A schedule from a seed: split approvals, loss, duplication, reordering, timeouts; one member says everything twice. */
function runSeeded(seed: number): World {
  const rng = new SeededRng(`succession ${seed}`)
  const world = new World()
  let nowMs = 0
  const both = [A, B]
  for (let i = 0; i < 120; i++) {
    const me = rng.below(N)
    const roll = rng.below(10)
    if (roll < 1) world.feed(me, { kind: 'approved', next: both[rng.below(2)] ?? A })
    else if (roll < 2) world.clock((nowMs += rng.below(2 * VIEW_TIMEOUT_MS)))
    else if (roll < 4) lie(world, rng)
    else deliverOne(world, rng)
  }
  for (const me of world.sites.keys()) for (const next of both) world.feed(me, { kind: 'approved', next })
  for (let i = 0; i < 30 && world.sites.some(({ decided }) => decided === null); i++) {
    resend(world)
    world.deliver()
    world.clock((nowMs += (i + 2) * VIEW_TIMEOUT_MS))
  }
  return world
}

/** The liar votes, finalizes and proposes for both drafts in a view of its choice, each to whom it likes. */
function lie(world: World, rng: SeededRng): void {
  const view = rng.below(3)
  for (const { digest: draft } of [A, B]) {
    const messages = [
      say(LIAR, 's-vote', { view, draft }),
      say(LIAR, 's-finalize', { view, draft }),
      ...(leaderOf({ old }, view) === LIAR ? [say(LIAR, 's-proposal', { view, draft })] : []),
    ]
    for (const message of messages) world.wire.push({ to: rng.below(LIAR), message })
  }
}

function deliverOne(world: World, rng: SeededRng): void {
  const [next] = world.wire.splice(rng.below(Math.max(1, world.wire.length)), 1)
  if (next === undefined) return
  if (rng.below(5) === 0) world.wire.push(next)
  if (rng.below(8) !== 0) world.feed(next.to, { kind: 'message', message: next.message })
}

/** What sync does: whatever one holds comes to all. */
function resend(world: World): void {
  for (const [from, { state }] of world.sites.entries()) {
    for (const message of state.objects.values()) {
      for (const [to, site] of world.sites.entries())
        if (to !== from && !site.state.objects.has(message.key)) world.wire.push({ to, message })
    }
  }
}
