// Protects: what a peer sends is refused, ignored or taken for the reason that the protocol names, and nothing crashes.
import { describe, expect, it } from 'vitest'
import { openEnvelope } from '../../../src/agree/index.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { asRoundId } from '../../../src/core/ids.ts'
import { checkMessage } from '../../../src/agree/validity.ts'
import { headerDraft, leaderAt, ROUND, sitDown, verdictOf } from './kit.ts'

describe('what a peer sends', () => {
  it('§2.3 is refused when its body is not the canonical form of its type', () => {
    const table = sitDown()
    const header = table.say(1, 'header', headerDraft('a'))
    const longer = new Uint8Array([...header.bytes, 0])
    expect(openEnvelope({ type: 'header', body: longer, signature: header.signature }).ok).toBe(false)
    const asPass = openEnvelope({ type: 'pass', body: header.bytes, signature: header.signature })
    expect(asPass.ok).toBe(false)
    const unknown = openEnvelope({ type: 'gift', body: header.bytes, signature: header.signature })
    expect(unknown).toEqual({ ok: false, fault: { code: 'UNKNOWN_TYPE' } })
  })

  it('§2.4 is ignored when it is of another round', () => {
    const table = sitDown()
    const other = asRoundId(sha256(ROUND))
    const pass = table.say(1, 'pass', {})
    const message = { ...pass, body: { ...pass.body, round: other } }
    expect(verdictOf(table.hear(message))).toBe('ignore OTHER_ROUND')
  })

  it('§2.5 is refused when signer or a named member is not in the roster', () => {
    const table = sitDown()
    expect(verdictOf(table.hear(table.say(7, 'pass', {})))).toBe('reject NOT_A_MEMBER')
    const digest = sha256(ROUND)
    const seal = table.say(1, 'seal', { published: [{ member: 9, digest }] })
    expect(verdictOf(table.hear(seal))).toBe('reject NAMES_NO_MEMBER')
    const receipt = table.say(1, 'receipt', { of: 4, header: digest })
    expect(verdictOf(table.hear(receipt))).toBe('reject NAMES_NO_MEMBER')
    const status = table.say(1, 'status', { cut: 0, certified: [{ member: 4, digest }], evidence: [] })
    expect(verdictOf(table.hear(status))).toBe('reject NAMES_NO_MEMBER')
  })

  it('§2.6 is refused when another member signed it', () => {
    const table = sitDown()
    const mine = table.say(1, 'pass', {})
    const theirs = table.say(2, 'pass', {})
    expect(verdictOf(table.hear({ ...mine, signature: theirs.signature }))).toBe('reject BAD_SIGNATURE')
    expect(verdictOf(table.hear(mine))).toBe('accept')
  })

  it('§4.1 is refused when a Header is over the limits or of another layout', () => {
    const table = sitDown()
    const { limits } = table.params.charter
    const huge = table.say(1, 'header', { ...headerDraft('a'), sizeBytes: limits.updateSizeBytes + 1 })
    expect(verdictOf(table.hear(huge))).toBe('reject HEADER_OVER_LIMITS')
    const coarse = table.say(1, 'header', { ...headerDraft('a'), chunkSizeBytes: limits.chunkSizeBytes + 1 })
    expect(verdictOf(table.hear(coarse))).toBe('reject HEADER_OVER_LIMITS')
    const alien = table.say(1, 'header', { ...headerDraft('a'), layout: sha256(ROUND) })
    expect(verdictOf(table.hear(alien))).toBe('reject HEADER_OTHER_LAYOUT')
  })

  it('§4.8 is refused when a Header starts from elsewhere than the round', () => {
    const { params, say } = sitDown()
    const basis = sha256(ROUND)
    const plain = say(1, 'header', headerDraft('a'))
    const building = say(1, 'header', { ...headerDraft('a'), basis })
    const other = say(1, 'header', { ...headerDraft('a'), basis: sha256(basis) })
    const refused = { kind: 'reject', code: 'HEADER_OTHER_BASIS' }
    expect(checkMessage(plain, params)).toEqual({ kind: 'accept' })
    expect(checkMessage(building, params)).toEqual(refused)
    expect(checkMessage(building, { ...params, basis })).toEqual({ kind: 'accept' })
    expect(checkMessage(plain, { ...params, basis })).toEqual(refused)
    expect(checkMessage(other, { ...params, basis })).toEqual(refused)
  })

  it('§6.2 is refused when a proposal is not the leader’s', () => {
    const table = sitDown()
    const value = { round: ROUND, cut: 0, statuses: statusNames(3) }
    const follower = (leaderAt(table, 0) + 1) % 4
    const proposal = table.say(follower, 'proposal', { cut: 0, view: 0, value })
    expect(verdictOf(table.hear(proposal))).toBe('reject PROPOSAL_NOT_BY_LEADER')
  })

  it('§6.3 is refused when x has too few statuses, is of another round, or follows a decision at cut 0', () => {
    const table = sitDown()
    const leader = leaderAt(table, 0)
    const propose = (value: object): string | undefined => {
      const base = { round: ROUND, cut: 0, statuses: statusNames(3) }
      return verdictOf(
        table.hear(table.say(leader, 'proposal', { cut: 0, view: 0, value: { ...base, ...value } })),
      )
    }
    expect(propose({ statuses: statusNames(2) })).toBe('reject PROPOSAL_TOO_FEW_STATUSES')
    expect(propose({ round: asRoundId(sha256(ROUND)) })).toBe('reject PROPOSAL_OTHER_INSTANCE')
    expect(propose({ previous: sha256(ROUND) })).toBe('reject PROPOSAL_OTHER_INSTANCE')
    expect(propose({ cut: 1, previous: sha256(ROUND) })).toBe('reject PROPOSAL_OTHER_INSTANCE')
  })

  it('§6.4 is refused when a value is carried from the same or a later view', () => {
    const table = sitDown()
    const value = { round: ROUND, cut: 0, statuses: statusNames(3) }
    const proposal = table.say(leaderAt(table, 1), 'proposal', { cut: 0, view: 1, value, carriedFrom: 1 })
    expect(verdictOf(table.hear(proposal))).toBe('reject PROPOSAL_CARRIED_FROM_LATER')
  })

  it('§6.9 is dropped when its view is far beyond mine', () => {
    const table = sitDown()
    expect(verdictOf(table.hear(table.say(1, 'dummy', { cut: 0, view: 17 })))).toBe('ignore VIEW_FAR')
    expect(verdictOf(table.hear(table.say(1, 'dummy', { cut: 0, view: 16 })))).toBe('accept')
  })

  it('§7.1 is ignored when its cut is not open', () => {
    const table = sitDown()
    const status = table.say(1, 'status', { cut: 1, certified: [], evidence: [] })
    expect(verdictOf(table.hear(status))).toBe('ignore OTHER_CUT')
  })
})

const statusNames = (count: number): { member: number; digest: ReturnType<typeof sha256> }[] =>
  Array.from({ length: count }, (_, member) => ({ member, digest: sha256(new Uint8Array([member])) }))
