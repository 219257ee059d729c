// Protects: frames come out as they went in however the bytes are cut, and no length a peer sends allocates memory.
import { describe, expect, it } from 'vitest'
import { concatBytes, utf8 } from '../../../src/core/bytes.ts'
import { createFrameReader, lengthPrefix } from '../../../src/exchange/frames.ts'

const signal = new AbortController().signal
const frame = (text: string) => concatBytes(lengthPrefix(text.length), utf8(text))

describe('createFrameReader', () => {
  it('reads frames that came in one piece, and an empty one', async () => {
    const reader = createFrameReader(1, 1_000)
    reader.push(concatBytes(frame('one'), frame(''), frame('three')))
    reader.end()
    expect(await reader.receive(10, signal)).toEqual(utf8('one'))
    expect(await reader.receive(10, signal)).toEqual(utf8(''))
    expect(await reader.receive(10, signal)).toEqual(utf8('three'))
    expect(await reader.receive(10, signal)).toBeNull()
  })

  it('§10.4 refuses a length over the bound before its bytes come', async () => {
    const reader = createFrameReader(1, 1_000)
    reader.push(new Uint8Array([0xff, 0xff, 0xff, 0xff]))
    await expect(reader.receive(100, signal)).rejects.toMatchObject({
      code: 'FRAME_TOO_LARGE',
      info: { sizeBytes: 0xffffffff, maxSizeBytes: 100 },
    })
  })

  it.each([
    ['inside a length', new Uint8Array([0, 0])],
    ['inside a frame', frame('cut').subarray(0, 5)],
    ['right after a length', lengthPrefix(3)],
  ])('§10.4 never takes an end %s for the end', async (_, bytes) => {
    const reader = createFrameReader(1, 1_000)
    reader.push(bytes)
    const receiving = reader.receive(100, signal)
    reader.end()
    await expect(receiving).rejects.toMatchObject({ code: 'STREAM_CLOSED' })
  })

  it('delivers what came before an error, then the error', async () => {
    const reader = createFrameReader(1, 1_000)
    reader.push(frame('last'))
    reader.end(new Error('reset'))
    expect(await reader.receive(10, signal)).toEqual(utf8('last'))
    await expect(reader.receive(10, signal)).rejects.toMatchObject({ code: 'STREAM_CLOSED' })
  })

  it('says when more waits than may', () => {
    const reader = createFrameReader(1, 10)
    expect(reader.push(new Uint8Array(10))).toBe(true)
    expect(reader.push(new Uint8Array(1))).toBe(false)
  })

  it('stops waiting when its signal aborts, and can wait again', async () => {
    const reader = createFrameReader(1, 1_000)
    const stopping = new AbortController()
    const receiving = reader.receive(10, stopping.signal)
    stopping.abort(new Error('enough'))
    await expect(receiving).rejects.toThrow('enough')
    reader.push(frame('late'))
    expect(await reader.receive(10, signal)).toEqual(utf8('late'))
  })
})
