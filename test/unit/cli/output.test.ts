// Protects: pieces of an answer go out as they are, but never move a terminal; what was said already is not said again.
import { describe, expect, it } from 'vitest'
import { texts } from '../../../src/cli/command.ts'
import { createOutput, type OutputOptions } from '../../../src/cli/output.ts'

function open(own: { readonly isTTY?: boolean; readonly isJson?: boolean }) {
  const out: string[] = []
  const write = (text: string, written?: (error?: Error | null) => void): boolean => {
    out.push(text)
    written?.()
    return true
  }
  const options: OutputOptions = {
    stdout: { isTTY: own.isTTY ?? false, write },
    stderr: { write: () => true },
    isJson: own.isJson ?? false,
    isQuiet: false,
    isDebug: false,
    isColorAllowed: false,
  }
  return { output: createOutput(options), out }
}

describe('pieces', () => {
  const piece = 'a\u001b[2J\u009b\r\u0007\té\n'

  it('reach a pipe as they are', () => {
    const { output, out } = open({})
    output.write(piece)
    expect(out).toEqual([piece])
  })

  it('reach a terminal without control characters', () => {
    const { output, out } = open({ isTTY: true })
    output.write(piece)
    expect(out).toEqual(['a\uFFFD[2J\uFFFD\uFFFD\uFFFD\té\n'])
  })

  it('are left out under --json, where each answer is a document on a line', async () => {
    const { output, out } = open({ isJson: true })
    output.write(piece)
    await output.document({ text: 'a\nb' })
    await output.result({ document: { never: 1 }, text: 'never', isSaid: true })
    expect(out).toEqual(['{"text":"a\\nb"}\n'])
  })
})

describe('texts', () => {
  it('keep commas and spaces, and know line and tab', () => {
    expect(texts('--stop <text>', '').parse(' a, b\\n\\t\\x')).toEqual([' a, b\n\t\\x'])
  })
})
