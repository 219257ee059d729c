// Protects: no bytes a peer can send make a decoder throw, allocate beyond its bound, or accept two forms of one message.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, equalBytes } from '../../src/core/bytes.ts'
import type { Codec } from '../../src/core/canonical.ts'
import { asDigest, asRoundId } from '../../src/core/ids.ts'
import {
  chunkAnswerCodec,
  chunkRequestCodec,
  decodeChunk,
  chunkHead,
} from '../../src/exchange/chunk-messages.ts'
import { createChunkPool } from '../../src/exchange/chunk-pool.ts'
import { createFrameReader, lengthPrefix } from '../../src/exchange/frames.ts'
import { syncReplyCodec, syncRequestCodec } from '../../src/exchange/sync-messages.ts'
import { manifestCodec } from '../../src/update/manifest.ts'
import { STORE_LIMITS } from '../support/store-limits.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const digest = bytes(32).map(asDigest)
const round = bytes(32).map(asRoundId)
const count = fc.nat()
const clockMs = fc.nat()
const text = fc.uint8Array({ maxLength: 300 })

const syncRequest = fc.oneof(
  fc.record({ kind: fc.constant('list' as const), round, summary: digest }),
  fc.record({ kind: fc.constant('get' as const), digests: fc.array(digest, { minLength: 1, maxLength: 9 }) }),
  fc.record({
    kind: fc.constant('announce' as const),
    round,
    updates: fc.array(digest, { maxLength: 9 }),
    hint: fc.boolean(),
  }),
)
const syncReply = fc.oneof(
  fc.record({ kind: fc.constant('same' as const), clockMs }),
  fc.record({ kind: fc.constant('other-round' as const) }),
  fc.record({
    kind: fc.constant('digests' as const),
    clockMs,
    digests: fc.array(digest, { maxLength: 9 }),
    isLast: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('object' as const), digest, bytes: text }),
  fc.record({ kind: fc.constant('end' as const), isWhole: fc.boolean() }),
)
const chunkRequest = fc.oneof(
  fc.record({ kind: fc.constant('manifest' as const), update: digest }),
  fc.record({ kind: fc.constant('chunk' as const), update: digest, index: count }),
)
const chunkAnswer = fc.oneof(
  fc.record({ kind: fc.constant('manifest' as const), bytes: text }),
  fc.record({ kind: fc.constantFrom('denied' as const, 'missing' as const, 'busy' as const) }),
)
const manifest = fc.record({
  round,
  member: count,
  sizeBytes: fc.integer({ min: 1, max: 2 ** 40 }),
  chunkSizeBytes: fc.integer({ min: 1, max: 2 ** 22 }),
  layout: digest,
  nonce: bytes(32),
  chunks: fc.array(digest, { minLength: 1, maxLength: 9 }),
})

/** A codec's laws: what goes in comes out; hostile bytes give a fault or the same value; nothing throws. */
function laws<T>(name: string, codec: Codec<T>, values: fc.Arbitrary<T>): void {
  describe(name, () => {
    it('gives back what was encoded', () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(codec.decode(codec.encode(value))).toEqual({ ok: true, value })
        }),
        { numRuns: 200 },
      )
    })
    it('accepts one form of a value only, and never throws', () => {
      const damaged = fc
        .tuple(values, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
        .map(([value, edits]) => {
          const out = codec.encode(value).slice()
          for (const [at, byte] of edits) out[at % out.length] = byte
          return out
        })
      fc.assert(
        fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), damaged), (input) => {
          const decoded = codec.decode(input)
          if (decoded.ok) expect(equalBytes(codec.encode(decoded.value), input)).toBe(true)
        }),
        { numRuns: 500 },
      )
    })
    it('refuses what is over its bound, unread', () => {
      const decoded = codec.decode(new Uint8Array(codec.maxSizeBytes + 1))
      expect(decoded).toMatchObject({ ok: false, fault: { code: 'TOO_LARGE' } })
    })
  })
}

laws('sync requests', syncRequestCodec, syncRequest)
laws('sync replies', syncReplyCodec(1 << 16), syncReply)
laws('chunk requests', chunkRequestCodec, chunkRequest)
laws('chunk answers', chunkAnswerCodec(1 << 16), chunkAnswer)
laws('manifests', manifestCodec(STORE_LIMITS), manifest)

describe('chunk frames', () => {
  it('give back index and bytes, and are never taken for another answer', () => {
    fc.assert(
      fc.property(fc.nat(), text, (index, chunk) => {
        expect(decodeChunk(concatBytes(chunkHead(index), chunk))).toEqual({ index, bytes: chunk })
      }),
    )
    const { encode } = chunkAnswerCodec(1 << 16)
    fc.assert(fc.property(chunkAnswer, (answer) => decodeChunk(encode(answer)) === null))
  })
})

describe('frames', () => {
  it('come out whole however the bytes are cut', async () => {
    const signal = new AbortController().signal
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 6 }),
        fc.array(fc.nat(400), { maxLength: 30 }),
        async (frames, cuts) => {
          const reader = createFrameReader(0, 1 << 20)
          const all = concatBytes(...frames.flatMap((frame) => [lengthPrefix(frame.length), frame]))
          let at = 0
          for (const cut of cuts) {
            reader.push(all.slice(at, at + cut))
            at = Math.min(all.length, at + cut)
          }
          reader.push(all.slice(at))
          reader.end()
          const out: (Uint8Array | null)[] = []
          for (let i = 0; i <= frames.length; i++) out.push(await reader.receive(300, signal))
          expect(out).toEqual([...frames, null])
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('the chunk pool', () => {
  it('hands out every chunk again until it is done, whoever gives up', () => {
    const step = fc.tuple(fc.nat(3), fc.constantFrom('take', 'give back', 'done'))
    fc.assert(
      fc.property(fc.nat(12), fc.array(step, { maxLength: 60 }), (total, steps) => {
        const pool = createChunkPool(
          Array.from({ length: total }, (_, i) => i),
          5,
        )
        const held = new Map<number, Set<number>>()
        const done = new Set<number>()
        let nowMs = 0
        for (const [provider, action] of steps) {
          const mine = held.get(provider) ?? new Set<number>()
          held.set(provider, mine)
          nowMs++
          const [first] = mine
          if (action === 'take') {
            const index = pool.take(provider, nowMs)
            if (index !== null) {
              expect(done.has(index) || mine.has(index)).toBe(false)
              mine.add(index)
            }
          } else if (first !== undefined) {
            mine.delete(first)
            if (action === 'done') {
              done.add(first)
              pool.done(first)
            } else pool.giveBack(provider, first)
          }
        }
        expect(pool.missingCount()).toBe(total - done.size)
        for (const [provider, mine] of held) for (const index of mine) pool.giveBack(provider, index)
        const rest = new Set<number>()
        for (let i = 0; i < total - done.size; i++) rest.add(pool.take(99, 1_000) ?? -1)
        expect(rest.size).toBe(total - done.size)
        expect([...rest].some((index) => done.has(index) || index < 0)).toBe(false)
      }),
      { numRuns: 300 },
    )
  })
})
