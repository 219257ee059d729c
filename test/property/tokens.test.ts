// Protects: for any text and any cut into tokens, streams give out the text and nothing else; packing loses nothing; answers alone are learned.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTextStream } from '../../src/generate/text-stream.ts'
import { createChatTemplate } from '../../src/train/tokens/chat-template.ts'
import { renderTargets } from '../../src/train/tokens/chat-targets.ts'
import { packRows } from '../../src/train/tokens/packing.ts'
import { STYLES } from '../unit/train/tokens/templates.ts'

const RUNS = 200
const text = fc.string({ unit: 'binary', maxLength: 40 })

/** Tokens are pieces of the bytes, cut anywhere. */
function cut(bytes: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

function streamed(content: string, sizes: readonly number[], stop: readonly string[]): readonly string[] {
  const pieces = cut(new TextEncoder().encode(content), sizes)
  const decode = (ids: readonly number[]): string =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(
      Buffer.concat(ids.map((id) => pieces[id] ?? new Uint8Array())),
    )
  const stream = createTextStream(decode, stop)
  const out: string[] = []
  for (let id = 0; id < pieces.length && !stream.isStopped(); id++) out.push(stream.push(id))
  return [...out, stream.end()]
}

const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 })

describe('streams', () => {
  it('give out the whole text, and no piece that ends inside a character', () => {
    const check = (content: string, given: readonly number[]): void => {
      const pieces = streamed(content, given, [])
      expect(pieces.join('')).toBe(content)
      for (const piece of pieces) expect(content).toContain(piece)
    }
    const whole = text.filter((content) => !content.includes('\uFFFD'))
    fc.assert(fc.property(whole, sizes, check), { numRuns: RUNS })
  })

  it('end before the first stop text (of one length: the one that begins first is the one that is whole first)', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 30 })
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 2, maxLength: 2 }), {
      maxLength: 3,
    })
    const check = (content: string, given: readonly number[], stop: readonly string[]): void => {
      const ends = stop.map((each) => content.indexOf(each)).filter((at) => at >= 0)
      const expected = ends.length === 0 ? content : content.slice(0, Math.min(...ends))
      expect(streamed(content, given, stop).join('')).toBe(expected)
    }
    fc.assert(fc.property(letters, sizes, stops, check), { numRuns: RUNS })
  })
})

describe('packing', () => {
  it('puts each sequence in one row, and two in one only where they fit', () => {
    const check = (lengths: readonly number[], capacity: number, seed: string): void => {
      const rows = packRows(lengths, capacity, seed)
      expect(rows.flat().toSorted((a, b) => a - b)).toEqual(lengths.map((_, i) => i))
      for (const row of rows) {
        const length = row.reduce((sum, i) => sum + (lengths[i] ?? 0), 0)
        expect(row.length === 1 || length <= capacity).toBe(true)
      }
    }
    const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 60 })
    fc.assert(fc.property(lengths, fc.integer({ min: 1, max: 80 }), fc.string(), check), { numRuns: RUNS })
  })
})

describe('conversations', () => {
  /** Texts that templates do not trim and whose marks they do not hold. */
  const words = fc.string({
    unit: fc.constantFrom('a', 'b', 'é', '世', '1', '.'),
    minLength: 1,
    maxLength: 8,
  })
  const turns = fc.array(fc.tuple(words, words), { minLength: 2, maxLength: 2 })

  it.each(STYLES)('in the style of $name: what is learned holds every answer, and no question', (style) => {
    const template = createChatTemplate(style.template, style.tokens, 'chat_template.jinja')
    const check = (pairs: readonly (readonly [string, string])[]): void => {
      const messages = pairs.flatMap(([question, answer]) => [
        { role: 'user', content: `Q${question}Q` },
        { role: 'assistant', content: `A${answer}A` },
      ])
      const { text: whole, targets } = renderTargets(template, {
        messages,
        tools: null,
        unlearned: new Set(),
      })
      expect(targets).toHaveLength(pairs.length)
      let at = 0
      let rest = ''
      for (const [i, [start, end]] of targets.entries()) {
        expect(whole.slice(start, end)).toContain(`A${pairs[i]?.[1]}A`)
        rest += whole.slice(at, start)
        at = end
      }
      expect(rest + whole.slice(at)).not.toMatch(/A[^A]*A(?!.*Q)/s)
      for (const [question] of pairs) expect(rest).toContain(`Q${question}Q`)
    }
    fc.assert(fc.property(turns, check), { numRuns: 40 })
  })
})

describe('templates', () => {
  const place = fc.integer({ min: 0, max: 2000 })
  const edit = fc.record({ style: fc.nat(STYLES.length - 1), from: place, length: fc.nat(40), to: place })
  const messages = [
    { role: 'system', content: 'S' },
    { role: 'user', content: 'Q' },
    { role: 'assistant', content: 'A' },
  ]

  it('with pieces moved, doubled and lost render or are refused by name, and end', () => {
    const check = (edits: readonly { style: number; from: number; length: number; to: number }[]): void => {
      let changed = STYLES[edits[0]?.style ?? 0]?.template ?? ''
      for (const { style, from, length, to } of edits) {
        const donor = STYLES[style]?.template ?? ''
        const piece = donor.slice(from % donor.length, (from % donor.length) + length)
        const at = to % (changed.length + 1)
        changed = changed.slice(0, at) + piece + changed.slice(at + (from % 3) * 7)
      }
      try {
        const template = createChatTemplate(changed, { bos_token: '<s>', eos_token: '</s>' }, 'f')
        renderTargets(template, { messages, tools: null, unlearned: new Set() })
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^CHAT_TEMPLATE_(?:INVALID|REFUSED)$/) })
      }
    }
    fc.assert(fc.property(fc.array(edit, { minLength: 1, maxLength: 5 }), check), { numRuns: 500 })
  })
})
