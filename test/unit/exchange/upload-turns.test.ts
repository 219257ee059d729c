// Protects: one member's many streams cannot crowd out the others, and spare bandwidth goes last.
import { describe, expect, it } from 'vitest'
import { createUploadTurns } from '../../../src/exchange/upload-turns.ts'

interface Turn {
  readonly end: () => void
  readonly done: Promise<void>
}

function world() {
  const turns = createUploadTurns()
  const log: string[] = []
  const signal = new AbortController().signal
  const take = (name: string, member: number, isSpare: boolean, until = signal): Turn => {
    let end: () => void = () => undefined
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const done = turns.take(member, isSpare, until, async () => {
      log.push(name)
      await ended
    })
    return { end, done }
  }
  return { log, take }
}

describe('createUploadTurns', () => {
  it('§10.9 serves one chunk a member at a time, members side by side', async () => {
    const { log, take } = world()
    const first = take('1a', 1, false)
    const second = take('1b', 1, false)
    const other = take('2a', 2, false)
    expect(log).toEqual(['1a', '2a'])
    first.end()
    await first.done
    second.end()
    await second.done
    expect(log).toEqual(['1a', '2a', '1b'])
    other.end()
    await other.done
  })

  it('serves who had its share only while nobody else waits', async () => {
    const { log, take } = world()
    const entitled = take('entitled', 1, false)
    const spare = take('spare', 2, true)
    expect(log).toEqual(['entitled'])
    entitled.end()
    await entitled.done
    spare.end()
    await spare.done
    expect(log).toEqual(['entitled', 'spare'])
  })

  it('lets a waiting one give up without taking the turn away', async () => {
    const { log, take } = world()
    const stopping = new AbortController()
    const first = take('first', 1, false)
    const waiting = take('waiting', 1, false, stopping.signal)
    stopping.abort(new Error('gone'))
    await expect(waiting.done).rejects.toThrow('gone')
    const third = take('third', 1, false)
    first.end()
    third.end()
    await Promise.all([first.done, third.done])
    expect(log).toEqual(['first', 'third'])
  })
})
