// Protects: rules that draw lots draw them from the round, the cut and everybody's nonce, by a generator whose numbers are
// known; and refuse to draw from nothing.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { aggregate, readRoundSeed, roundSeed } from '../../../src/aggregate/index.ts'
import { loadKernel } from '../../../src/aggregate/kernel/kernel.ts'
import { toHex, utf8 } from '../../../src/core/bytes.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { asRoundId } from '../../../src/core/ids.ts'
import { writeUpdateFile } from '../../../src/update/build.ts'
import { aggregationOf, tempFolder, writeUpdate } from '../../support/update-files.ts'
import { testConsortium } from '../../support/charter.ts'

const folder = tempFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('Philox4x32-10', () => {
  // Salmon et al. 2011, known answers of the Random123 distribution (kat_vectors), words as little-endian bytes.
  const word = (...values: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer)
  const ones = 0xffffffff
  it.each([
    ['zeros', [0, 0], [0, 0, 0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    ['ones', [ones, ones], [ones, ones, ones, ones], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
    [
      'digits of π',
      [0xa4093822, 0x299f31d0],
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('of %s', async (_what, key, counter, block) => {
    const { exports, arena } = await loadKernel()
    const [seed, from, to] = [arena.reserve(8), arena.reserve(16), arena.reserve(16)]
    arena.bytes(seed, 8).set(word(...key))
    arena.bytes(from, 16).set(word(...counter))
    exports.philoxBlock(seed, from, to)
    expect(toHex(arena.bytes(to, 16))).toBe(toHex(word(...block)))
  })
})

describe('the seed of a round', () => {
  const round = asRoundId(sha256(utf8('a round')))
  const nonces = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill))

  it('§8.12 follows from the round, the cut, and the nonces in roster order', () => {
    const seed = toHex(roundSeed(round, 0, nonces))
    expect(toHex(roundSeed(round, 0, nonces))).toBe(seed)
    expect(toHex(roundSeed(round, 1, nonces))).not.toBe(seed)
    expect(toHex(roundSeed(asRoundId(sha256(utf8('another'))), 0, nonces))).not.toBe(seed)
    expect(toHex(roundSeed(round, 0, nonces.toReversed()))).not.toBe(seed)
    expect(toHex(roundSeed(round, 0, nonces.slice(1)))).not.toBe(seed)
  })

  it('is read from the update files, whatever their order of arrival', async () => {
    const { charter } = testConsortium(3)
    const updates: { member: number; path: string }[] = []
    for (const [member, nonce] of nonces.entries()) {
      const modules = charter.layout.modules.map(({ name, in: width, out }) => ({
        name,
        rank: 1,
        scale: 2,
        in: width,
        out,
        a: new Float32Array(width).fill(1),
        b: new Float32Array(out).fill(1),
      }))
      const path = join(folder, `update-${member}`)
      await writeUpdateFile(path, { modules }, charter.layout, { bytes: () => nonce })
      updates.push({ member, path })
    }
    const seed = await readRoundSeed({ round, cut: 0, updates: updates.toReversed() })
    expect(toHex(seed)).toBe(toHex(roundSeed(round, 0, nonces)))
  })

  it('is asked for by the rules that need one', async () => {
    const { charter } = testConsortium(3)
    const { layout } = charter
    const path = writeUpdate(join(folder, 'plain'), layout, { rank: 1, modules: [] })
    const inputs = [0, 1, 2].map((member) => ({ member, claim: 1, path }))
    for (const rule of ['dare-linear', 'bucketing+mean']) {
      const aggregation = await aggregationOf([rule], 0)
      const request = { layout, aggregation, inputs, outputPath: join(folder, 'out') }
      await expect(aggregate(request)).rejects.toMatchObject({ info: { code: 'SEED_MISSING' } })
    }
    await expect(readRoundSeed({ round, cut: 0, updates: [{ member: 0, path }] })).rejects.toMatchObject({
      info: { code: 'INPUT_MISMATCH' },
    })
  })
})
