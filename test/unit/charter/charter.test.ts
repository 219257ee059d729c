// Protects: what all members share. One charter has one digest, is in force only when all signed, and adds up.
import { describe, expect, it } from 'vitest'
import {
  type Charter,
  charterCodec,
  charterDigest,
  checkCharter,
  checkSignatures,
  decodeInvite,
  encodeInvite,
  findCharterProblems,
  formatCharterFile,
  joinSigned,
  parseCharterFile,
  readSignatures,
  reportCharter,
  roundIdOf,
  ruleFor,
  signCharter,
  unsigned,
} from '../../../src/charter/index.ts'
import { fromHex, toHex } from '../../../src/core/bytes.ts'
import { isRoundError, type RoundError } from '../../../src/core/errors.ts'
import { asDigest, asPublicKey } from '../../../src/core/ids.ts'
import { TEST_RULES, testConsortium, testSigner } from '../../support/charter.ts'

function errorOf(act: () => unknown): RoundError {
  try {
    act()
  } catch (error) {
    if (isRoundError(error)) return error
    throw error
  }
  throw new Error('expected an operating error')
}

function signedByAll(n = 4) {
  const { charter, signers } = testConsortium(n)
  return signers.reduce((signed, signer) => signCharter(signed, signer, 'c.json'), unsigned(charter))
}

describe('ids', () => {
  it('of a charter change with every field, not with signatures', () => {
    const { charter } = testConsortium(4)
    const changed: readonly Partial<Charter>[] = [
      { consortium: new Uint8Array(16) },
      { f: 1 },
      { minUpdates: 2 },
      { latecomers: true },
      { retentionMs: 1 },
      { members: charter.members.toReversed() },
    ]
    const digests = [charter, ...changed.map((change) => ({ ...charter, ...change }))].map((each) =>
      toHex(charterDigest(each)),
    )
    expect(new Set(digests).size).toBe(digests.length)
    expect(toHex(charterDigest(charterOfBytes(charterCodec.encode(charter))))).toBe(digests[0])
  })

  it('of rounds differ by round and by charter', () => {
    const digest = charterDigest(testConsortium(4).charter)
    const ids = [
      roundIdOf(digest, 1),
      roundIdOf(digest, 2),
      roundIdOf(charterDigest(testConsortium(5).charter), 1),
    ]
    expect(new Set(ids.map(toHex)).size).toBe(3)
  })

  it('are what they were (a changed value here is another protocol)', () => {
    const digest = charterDigest(testConsortium(4).charter)
    expect(toHex(digest)).toMatchInlineSnapshot(
      `"0215bb7d520c58edecd331481cf62b1653d350faf43b1b2f95422c7aa3d47929"`,
    )
    expect(toHex(roundIdOf(digest, 1))).toMatchInlineSnapshot(
      `"7718a299db5d1b52dd7792b3d0e6ed15188da93b0322f960690356e93f98751a"`,
    )
  })
})

function charterOfBytes(bytes: Uint8Array): Charter {
  const decoded = charterCodec.decode(bytes)
  if (!decoded.ok) throw new Error(decoded.fault.code)
  return decoded.value
}

describe('the charter file', () => {
  it('holds the charter, signatures and addresses', () => {
    const signed = { ...signedByAll(), addresses: new Map([['site-b', ['/ip4/127.0.0.1/tcp/4101']]]) }
    const read = parseCharterFile(formatCharterFile(signed), 'c.json')
    expect(toHex(read.digest)).toBe(toHex(signed.digest))
    expect(read.charter).toEqual(signed.charter)
    expect([...read.signatures.keys()]).toEqual(['site-a', 'site-b', 'site-c', 'site-d'])
    expect(read.addresses).toEqual(signed.addresses)
    expect(formatCharterFile(read)).toBe(formatCharterFile(signed))
  })

  it('holds every field of bytes that a charter may have', () => {
    const { charter } = testConsortium(4)
    const bytes = (fill: number) => asDigest(new Uint8Array(32).fill(fill))
    const whole = {
      ...charter,
      epoch: 1,
      predecessor: bytes(3),
      layout: { ...charter.layout, sharedA: bytes(4), dense: [{ name: 'score.weight', shape: [2, 4] }] },
    }
    const read = parseCharterFile(formatCharterFile(unsigned(whole)), 'c.json')
    expect(read.charter).toEqual(whole)
    expect(toHex(read.digest)).toBe(toHex(charterDigest(whole)))
  })

  it('holds the windows of convolutions, and refuses one that the module has no room for', () => {
    const { charter } = testConsortium(4)
    const [first, ...others] = charter.layout.modules
    if (first === undefined) throw new Error('a module')
    const windowed = (kernel: number[]) => ({
      ...charter,
      layout: { ...charter.layout, modules: [{ ...first, in: 18, kernel }, ...others] },
    })
    const read = parseCharterFile(formatCharterFile(unsigned(windowed([3, 3]))), 'c.json')
    expect(read.charter).toEqual(windowed([3, 3]))
    expect(toHex(charterDigest(windowed([3, 3])))).not.toBe(toHex(charterDigest(windowed([1, 9]))))
    expect(() => checkCharter(windowed([4, 4]), TEST_RULES, 'c.json')).toThrow(
      /no multiple of its kernel 4×4/,
    )
  })

  const edits: readonly (readonly [string, (text: string) => string, RegExp])[] = [
    ['no JSON', () => '{', /c\.json: no JSON/],
    ['another kind of file', () => '{"schema": "x"}', /schema/],
    ['an unknown field', (text) => text.replace('"epoch"', '"epochs": 1, "epoch"'), /charter\.epochs/],
    [
      'a changed figure',
      (text) => text.replace('"minUpdates": 4', '"minUpdates": 3'),
      /digest: is [0-9a-f]{64}/,
    ],
    ['a float', (text) => text.replace('"minUpdates": 4', '"minUpdates": 3.5'), /charter\.minUpdates/],
    [
      'upper-case hex',
      (text) => text.replace(/"publicKey": "[0-9a-f]*/, (key) => key.toUpperCase()),
      /PUBLICKEY|publicKey/,
    ],
    [
      'a short key',
      (text) => text.replace(/("publicKey": "[0-9a-f]{62})[0-9a-f]{2}/, '$1'),
      /members\.0\.publicKey.*32 bytes/,
    ],
    [
      'a stranger’s signature',
      (text) => text.replace('"site-a": "', '"site-x": "'),
      /signatures\.site-x: is of no member/,
    ],
    [
      'a short signature',
      (text) => text.replace(/("site-a": "[0-9a-f]{126})../, '$1'),
      /signatures\.site-a: expected 64/,
    ],
  ]
  it.each(edits)('refuses %s', (_, edit, message) => {
    const text = formatCharterFile(signedByAll())
    expect(edit(text)).not.toBe(text)
    const error = errorOf(() => parseCharterFile(edit(text), 'c.json'))
    expect(error.code).toBe('CHARTER_MALFORMED')
    expect(error.message).toMatch(message)
  })
})

describe('signatures', () => {
  it('are by all members, or the charter is not in force', () => {
    const { charter, signers } = testConsortium(4)
    const two = [signers[2], signers[0]].reduce(
      (signed, signer) => (signer ? signCharter(signed, signer, 'c.json') : signed),
      unsigned(charter),
    )
    expect(readSignatures(two)).toEqual({
      signed: ['site-a', 'site-c'],
      missing: ['site-b', 'site-d'],
      wrong: [],
    })
    const error = errorOf(() => checkSignatures(two, 'c.json'))
    expect(error.info).toEqual({ code: 'CHARTER_UNSIGNED', file: 'c.json', missing: ['site-b', 'site-d'] })
    checkSignatures(signedByAll(), 'c.json')
  })

  it('are of this charter and by the member’s own key', () => {
    const signed = signedByAll()
    const a = signed.signatures.get('site-a')
    const swapped = {
      ...signed,
      signatures: new Map([...signed.signatures, ['site-b', a ?? new Uint8Array(64)]]),
    }
    expect(errorOf(() => checkSignatures(swapped, 'c.json')).info).toMatchObject({
      code: 'CHARTER_SIGNATURE_WRONG',
      member: 'site-b',
    })
    const other = unsigned({ ...signed.charter, minUpdates: 1 })
    expect(readSignatures({ ...other, signatures: signed.signatures }).wrong).toHaveLength(4)
  })

  it('are for members only', () => {
    expect(
      errorOf(() => signCharter(unsigned(testConsortium(4).charter), testSigner(9), 'c.json')).code,
    ).toBe('NOT_A_MEMBER')
  })

  it('made on copies are joined, but not those of two charters', () => {
    const { charter, signers } = testConsortium(3)
    const copies = signers.map((signer, i) => ({
      file: `${i}.json`,
      signed: signCharter(unsigned(charter), signer, `${i}.json`),
    }))
    const [first, ...rest] = copies
    if (first === undefined) throw new Error('three copies')
    checkSignatures(joinSigned(rest, first), 'c.json')
    const other = { file: 'other.json', signed: unsigned({ ...charter, minUpdates: 1 }) }
    const error = errorOf(() => joinSigned([other], first))
    expect(error.info).toMatchObject({ code: 'CHARTERS_DIFFER', files: ['0.json', 'other.json'] })
  })
})

describe('a charter that adds up', () => {
  it('has no problems', () => {
    for (const n of [2, 3, 4, 7, 64]) {
      const { charter } = testConsortium(n)
      expect(findCharterProblems(charter, TEST_RULES).problems).toEqual([])
    }
  })

  it('names a rule for every number of updates', () => {
    const rules = [
      { id: 'multi-krum', version: 1 },
      { id: 'trimmed-mean', version: 1 },
    ]
    const { charter } = testConsortium(5, { f: 1, b: 1, rules, minUpdates: 3 })
    expect(checkCharter(charter, TEST_RULES, 'c.json')).toEqual([])
    expect([3, 4, 5].map((m) => ruleFor(charter, m, TEST_RULES)?.id)).toEqual([
      'trimmed-mean',
      'trimmed-mean',
      'multi-krum',
    ])
    const report = reportCharter(charter, TEST_RULES)
    expect(report).toMatchObject({ n: 5, f: 1, q: 4, b: 1, absentCountMax: 1, liarCountMax: 2 })
    expect(report.cost.receivedBytes).toBe(4 * report.cost.updateSizeBytes)
  })

  const { charter } = testConsortium(4)
  const member = (i: number) =>
    charter.members[i] ?? { name: '', publicKey: asPublicKey(new Uint8Array(32)), weight: 1 }
  const identity = asPublicKey(fromHex(`01${'00'.repeat(31)}`) ?? new Uint8Array(32))
  const [round] = charter.rounds
  const rows: readonly (readonly [string, Partial<Charter>, string, RegExp])[] = [
    [
      'two members of one name',
      { members: [member(0), { ...member(1), name: 'site-a' }] },
      'members.1.name',
      /also the name of member 0/,
    ],
    [
      'two members of one key',
      { members: [member(0), { ...member(0), name: 'x' }] },
      'members.1.publicKey',
      /key of member 0/,
    ],
    [
      'a key of small order',
      { members: [member(0), { ...member(1), publicKey: identity }] },
      'members.1.publicKey',
      /prime order/,
    ],
    ['a quorum above n', { q: 5 }, 'q', /more than the 4 members/],
    [
      'a quorum that is not safe',
      { f: 1, q: 2, aggregation: { ...charter.aggregation, b: 1 } },
      'q',
      /at least 3 is safe/,
    ],
    ['b below f', { f: 1, q: 3 }, 'aggregation.b', /less than f = 1/],
    ['too many updates wanted', { minUpdates: 5 }, 'minUpdates', /more than the 4 members/],
    [
      'a rule that does not hold for all',
      {
        minUpdates: 4,
        aggregation: { ...charter.aggregation, b: 1, rules: [{ id: 'multi-krum', version: 1 }] },
      },
      'aggregation.rules',
      /none holds for 4 updates with b = 1; valid are trimmed-mean/,
    ],
    [
      'an unknown rule',
      { aggregation: { ...charter.aggregation, rules: [{ id: 'mean', version: 2 }] } },
      'aggregation.rules.0',
      /no rule mean of version 2/,
    ],
    [
      'a range of samples turned round',
      { aggregation: { ...charter.aggregation, samplesRange: [5, 4] } },
      'aggregation.samplesRange',
      /5 is more than 4/,
    ],
    [
      'λ of zero',
      { aggregation: { ...charter.aggregation, lambda: [0, 1] } },
      'aggregation.lambda',
      /base model/,
    ],
    [
      'modules out of order',
      { layout: { ...charter.layout, modules: charter.layout.modules.toReversed() } },
      'layout.modules.1',
      /byte order/,
    ],
    [
      'nothing that is trained',
      { layout: { ...charter.layout, modules: [] } },
      'layout',
      /neither modules nor dense parts/,
    ],
    [
      'a rank for results of whole models',
      {
        layout: { ...charter.layout, modules: [], dense: [{ name: 'weight', shape: [2] }] },
        aggregation: { ...charter.aggregation, resultRank: 2 },
      },
      'aggregation.resultRank',
      /no module has one/,
    ],
    [
      'an A for whole models',
      {
        layout: {
          ...charter.layout,
          modules: [],
          dense: [{ name: 'weight', shape: [2] }],
          sharedA: asDigest(new Uint8Array(32)),
        },
      },
      'layout.sharedA',
      /no module has one/,
    ],
    [
      'entries that overflow',
      { limits: { ...charter.limits, entry: [65_537, 2] } },
      'limits.entry',
      /at most 2\^15/,
    ],
    [
      'a bound of zero',
      { limits: { ...charter.limits, updateNorm: [0, 1] } },
      'limits.updateNorm',
      /every update/,
    ],
    [
      'updates that cannot fit',
      { limits: { ...charter.limits, updateSizeBytes: 100 } },
      'limits.updateSizeBytes',
      /needs \d+/,
    ],
    [
      'deadlines out of order',
      { rounds: round ? [{ ...round, cutAtMs: 1 }] : [] },
      'rounds.0',
      /commitAtMs ≤ cutAtMs/,
    ],
    [
      'a first round that builds on one before',
      { rounds: round ? [{ ...round, basis: 'previous' }] : [] },
      'rounds.0.basis',
      /no round comes before/,
    ],
    [
      'rounds out of order',
      { rounds: round ? [round, { ...round, commitAtMs: 1 }] : [] },
      'rounds.1',
      /before the cut/,
    ],
    ['a predecessor of the first', { predecessor: charterDigest(charter) }, 'predecessor', /epoch 0/],
    ['no predecessor of the second', { epoch: 1 }, 'predecessor', /missing/],
  ]
  it.each(rows)('does not have %s', (_, change, field, reason) => {
    const found = findCharterProblems({ ...charter, ...change }, TEST_RULES).problems
    const problem = found.find((each) => each.field === field)
    expect(problem?.reason).toMatch(reason)
    const error = errorOf(() => checkCharter({ ...charter, ...change }, TEST_RULES, 'c.json'))
    expect(error.code).toBe('CHARTER_INVALID')
    expect(error.message).toMatch(/^c\.json: /)
  })

  it('is remarked upon where it may surprise', () => {
    const three = { ...testConsortium(3, { f: 1, b: 1, q: 3 }).charter, reveal: 'immediate' as const }
    const { remarks } = findCharterProblems({ ...three, layout: { ...three.layout, rankMax: 5 } }, TEST_RULES)
    expect(remarks.join('\n')).toMatch(/stall the round: only 0/)
    expect(remarks.join('\n')).toMatch(/read the others/)
    expect(remarks.join('\n')).toMatch(/rank 5 is more than layers\.0\.v_proj \(4×8\)/)
  })
})

describe('invites', () => {
  const invite = encodeInvite('site-a', ['/ip4/192.0.2.7/tcp/4101'], testSigner(0))

  it('carry name, key and addresses', () => {
    expect(decodeInvite(` ${invite}\n`)).toEqual({
      name: 'site-a',
      publicKey: testSigner(0).publicKey,
      addresses: ['/ip4/192.0.2.7/tcp/4101'],
    })
  })

  const damaged: readonly (readonly [string, string])[] = [
    ['another text', 'hello'],
    ['one cut off', invite.slice(0, -2)],
    ['one with a changed letter', invite.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'))],
    ['one with a foreign letter', `${invite}!`],
    ['an empty one', 'oneround-invite:'],
  ]
  it.each(damaged)('refuse %s', (_, text) => {
    expect(errorOf(() => decodeInvite(text)).code).toBe('INVITE_INVALID')
  })

  it('refuse every changed letter', () => {
    for (let i = 'oneround-invite:'.length; i < invite.length; i++) {
      const letter = invite[i] === 'A' ? 'B' : 'A'
      const text = `${invite.slice(0, i)}${letter}${invite.slice(i + 1)}`
      expect(errorOf(() => decodeInvite(text)).code).toBe('INVITE_INVALID')
    }
  })
})
