// Protects: the frame of every command: one JSON document, errors as code, sentence and hint, documented exit statuses.
import { describe, expect, it } from 'vitest'
import {
  choice,
  type Command,
  count,
  decimal,
  defineCommand,
  flag,
  list,
  required,
  text,
  withDefault,
} from '../../../src/cli/command.ts'
import type { CommandEntry } from '../../../src/cli/commands/index.ts'
import { runCli } from '../../../src/cli/run-cli.ts'
import { RoundError } from '../../../src/core/errors.ts'

const weigh = defineCommand({
  name: 'weigh',
  description: 'Weighs things.',
  arguments: [{ name: 'thing', help: 'what to weigh', isVariadic: true }],
  options: {
    out: required(text('-o, --out <file>', 'where to')),
    unit: withDefault(choice('--unit <unit>', 'of weight', ['kg', 'lb']), 'kg'),
    times: count('--times <n>', 'how often', { min: 1, max: 9 }),
    factor: decimal('--factor <x>', 'to multiply with'),
    label: list('--label <text>', 'labels'),
    force: flag('--force', 'whatever happens'),
  },
  examples: ['oneround weigh a -o b'],
  run: async ({ args, options }, { output, signal }) => {
    output.note('a remark')
    output.say('half way')
    if (args[0] === 'nothing') {
      throw new RoundError(
        { code: 'FILE_MISSING', file: 'nothing', digest: new Uint8Array([1, 255]) },
        'nothing: no such file',
        {
          hint: 'Name another.',
        },
      )
    }
    if (args[0] === 'bug') throw new TypeError('broken')
    if (args[0] === 'wait') {
      signal.throwIfAborted()
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
    }
    return {
      document: { args, ...options },
      text: `weighed ${args.join(' ')}`,
      exitStatus: args[0] === 'light' ? 1 : 0,
    }
  },
})
const entry = (name: string, command: Command): CommandEntry => ({
  name,
  summary: `about ${name}`,
  load: async () => command,
})
const entries = [entry('weigh', weigh), entry('charter weigh', { ...weigh, name: 'charter weigh' })]

async function run(argv: readonly string[], signal = new AbortController().signal) {
  const written = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (chunk: string, done?: (error?: Error | null) => void) => {
      written[name] += chunk
      done?.(null)
      return true
    },
  })
  const terminal = { stdout: stream('stdout'), stderr: stream('stderr'), env: {}, signal, version: '1.2.3' }
  return { status: await runCli(argv, terminal, entries), ...written }
}

describe('a command', () => {
  it('gets its words and options, and prints its text', async () => {
    const { status, stdout, stderr } = await run(['weigh', 'a', 'b', '-o', 'x'])
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: 'half way\nweighed a b\n',
      stderr: 'a remark\n',
    })
  })

  it('prints one document on one line under --json, and everything else on stderr', async () => {
    const line = [
      'charter',
      'weigh',
      'a',
      '-o',
      'x',
      '--unit',
      'lb',
      '--times',
      '3',
      '--factor',
      '1e-2',
      '--force',
      '--json',
    ]
    const { status, stdout, stderr } = await run([...line, '--label', 'p,q', '--label', 'r'])
    expect(status).toBe(0)
    expect(stdout.split('\n')).toHaveLength(2)
    expect(JSON.parse(stdout)).toEqual({
      args: ['a'],
      out: 'x',
      unit: 'lb',
      times: 3,
      factor: 0.01,
      label: ['p', 'q', 'r'],
      force: true,
    })
    expect(stderr).toBe('a remark\nhalf way\n')
  })

  it('takes the options of all commands before its name too', async () => {
    expect((await run(['--log-level', 'debug', '--json', 'weigh', 'a', '-o', 'x'])).status).toBe(0)
  })

  it('says no by its exit status', async () => {
    expect((await run(['weigh', 'light', '-o', 'x'])).status).toBe(1)
  })

  it('keeps quiet under --quiet', async () => {
    expect((await run(['weigh', 'a', '-o', 'x', '--quiet'])).stderr).toBe('')
  })
})

describe('errors', () => {
  const rows: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no command', [], /no command given/],
    ['an unknown command', ['weight'], /unknown command "weight"/],
    ['an unknown command of a group', ['charter', 'sing'], /unknown command "charter sing"/],
    ['a group alone', ['charter'], /no command given/],
    ['an unknown option', ['weigh', 'a', '-o', 'x', '--colour'], /unknown option '--colour'/],
    ['a missing option', ['weigh', 'a'], /--out <file>' not specified/],
    ['a missing argument', ['weigh', '-o', 'x'], /missing required argument 'thing'/],
    [
      'a value that is no count',
      ['weigh', 'a', '-o', 'x', '--times', '1.5'],
      /--times <n>: expected a whole number/,
    ],
    ['a count out of range', ['weigh', 'a', '-o', 'x', '--times', '10'], /from 1 to 9, got "10"/],
    [
      'a value that is no number',
      ['weigh', 'a', '-o', 'x', '--factor', 'big'],
      /--factor <x>: expected a number/,
    ],
    ['a value that is no choice', ['weigh', 'a', '-o', 'x', '--unit', 'st'], /expected kg or lb, got "st"/],
    ['an empty list item', ['weigh', 'a', '-o', 'x', '--label', 'a,,b'], /separated by commas/],
  ]
  it.each(rows)('%s: status 2, code USAGE', async (_, argv, message) => {
    const plain = await run(argv)
    expect(plain.status).toBe(2)
    expect(plain.stdout).toBe('')
    expect(plain.stderr).toMatch(/^USAGE: /)
    expect(plain.stderr).toMatch(message)
    const json = await run([...argv, '--json'])
    expect(json.status).toBe(2)
    expect(JSON.parse(json.stdout)).toMatchObject({
      error: { code: 'USAGE', message: expect.stringMatching(message) },
    })
  })

  it('of operation print code, sentence and hint, and no stack', async () => {
    const { status, stderr, stdout } = await run(['weigh', 'nothing', '-o', 'x', '--quiet', '--json'])
    expect(status).toBe(3)
    expect(stderr).toBe('half way\nFILE_MISSING: nothing: no such file\n  Name another.\n')
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'FILE_MISSING',
        file: 'nothing',
        digest: '01ff',
        message: 'nothing: no such file',
        hint: 'Name another.',
      },
    })
    expect((await run(['weigh', 'nothing', '-o', 'x', '--debug'])).stderr).toMatch(/\n\s+at /)
  })

  it('of ours are internal and carry the stack', async () => {
    const { status, stderr } = await run(['weigh', 'bug', '-o', 'x'])
    expect(status).toBe(70)
    expect(stderr).toMatch(/INTERNAL: broken\nTypeError: broken\n\s+at /)
  })

  it('by a signal are interruptions', async () => {
    const controller = new AbortController()
    const running = run(['weigh', 'wait', '-o', 'x'], controller.signal)
    queueMicrotask(() => controller.abort())
    const { status, stderr } = await running
    expect(status).toBe(130)
    expect(stderr).toMatch(/^.*INTERRUPTED: /ms)
  })
})

describe('help', () => {
  it('lists the commands and the exit statuses', async () => {
    const { status, stdout } = await run(['--help'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/weigh +about weigh/)
    expect(stdout).toMatch(/70 {2}a fault of the program itself/)
  })

  it('of a command shows its options, those of all commands and examples', async () => {
    const { stdout } = await run(['charter', 'weigh', '--help'])
    expect(stdout).toMatch(/--unit <unit>.*kg, lb.*default: kg/s)
    expect(stdout).toMatch(/--json/)
    expect(stdout).toMatch(/oneround weigh a -o b/)
  })

  it('is one document under --json', async () => {
    expect(JSON.parse((await run(['--help', '--json'])).stdout)).toHaveProperty('help')
    expect(JSON.parse((await run(['--version', '--json'])).stdout)).toEqual({ version: '1.2.3' })
  })
})
