// Protects: `oneround chat` as a process: one answer, conversations through a pipe, Ctrl-C, documents, and bad input named.
import { spawn, type ChildProcess } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entryArgs } from '../../src/core/entry.ts'
import { errorOf, oneround } from '../support/cli.ts'
import { makeTinyBase } from '../unit/train/tiny-base.ts'

const BASE = fileURLToPath(new URL('../../nodes/base-model', import.meta.url))
const MAIN = new URL('../../src/cli/main.ts', import.meta.url)
const DELIVERY = 'Mira sent 3 red boxes to the dock on Monday.'
/** The base was trained on lines such as these: a turn is a line, and the answer ends with the model's end token. */
const TEMPLATE = `{% for message in messages %}
{% if message.role == 'system' %}{{ message.content }} {% elif message.role == 'user' %}{{ message.content }}
{% else %}{{ message.content }}{{ eos_token }}{% endif %}
{% endfor %}
`

let folder = ''
const chat = (...args: readonly string[]) => oneround(['chat', '--threads', '1', ...args], { cwd: folder })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-chat-'))
  await cp(BASE, join(folder, 'talking'), { recursive: true })
  await writeFile(join(folder, 'talking', 'chat_template.jinja'), TEMPLATE)
  await makeTinyBase(join(folder, 'endless'))
  const config = join(folder, 'endless', 'config.json')
  const fields = JSON.parse(await readFile(config, 'utf8')) as Record<string, unknown>
  await writeFile(config, JSON.stringify({ ...fields, max_position_embeddings: 1_000_000 }))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A conversation through pipes. */
class Talk {
  readonly child: ChildProcess
  readonly #waiting: (() => void)[] = []
  stdout = ''
  stderr = ''
  readonly #end: Promise<number | null>

  constructor(...args: readonly string[]) {
    this.child = spawn(process.execPath, [...entryArgs(MAIN), 'chat', '--threads', '1', ...args], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const heard = (): void => this.#waiting.splice(0).forEach((wake) => wake())
    this.child.stdout?.on('data', (data: Buffer) => {
      this.stdout += data.toString('utf8')
      heard()
    })
    this.child.stderr?.on('data', (data: Buffer) => {
      this.stderr += data.toString('utf8')
      heard()
    })
    this.#end = new Promise((resolve) => this.child.on('close', resolve))
  }

  say(line: string): void {
    this.child.stdin?.write(`${line}\n`)
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  end(): Promise<number | null> {
    this.child.stdin?.end()
    return this.#end
  }

  get status(): Promise<number | null> {
    return this.#end
  }
}

describe('one answer', () => {
  it('is the text alone, and ends where the model ends', async () => {
    const end = await chat('--model', BASE, '--prompt', `${DELIVERY}\nWho? `)
    expect(end).toMatchObject({ status: 0, stdout: 'Mona\n', stderr: '' })
  })

  it('is one document with --json, cut at the tokens asked for', async () => {
    const args = ['--model', BASE, '--prompt', DELIVERY.slice(0, 12), '--max-tokens', '3', '--json']
    const end = await chat(...args, '--temperature', '0.8', '--top-k', '40', '--top-p', '0.95', '--seed', 's')
    expect(end.status, end.stderr).toBe(0)
    expect(end.document).toMatchObject({ schema: 'oneround/answer@1', finish: 'length', tokens: 3 })
    const again = await chat(
      ...args,
      '--temperature',
      '0.8',
      '--top-k',
      '40',
      '--top-p',
      '0.95',
      '--seed',
      's',
    )
    expect(again.document?.['text']).toBe(end.document?.['text'])
  })
})

describe('a base in four bits', () => {
  it('answers, and leaves no weights behind', async () => {
    const own = join(folder, 'temporary')
    await mkdir(own)
    const args = [
      'chat',
      '--model',
      BASE,
      '--prompt',
      DELIVERY,
      '--max-tokens',
      '4',
      '--quantise',
      'int4',
      '--json',
    ]
    const end = await oneround(args, { cwd: folder, env: { TMPDIR: own } })
    expect(end.status, end.stderr).toBe(0)
    expect(end.document).toMatchObject({ schema: 'oneround/answer@1', prompt: DELIVERY })
    expect((await readdir(own)).filter((name) => name.startsWith('oneround'))).toEqual([])
  })
})

describe('a conversation through a pipe', () => {
  it('remembers what was said until /new, and ends with the input', async () => {
    const talk = new Talk('--model', 'talking', '--system', DELIVERY, '--json', '--max-tokens', '20')
    for (const line of ['Who?', '', 'Where?', '/new', 'Who?']) talk.say(line)
    expect(await talk.end()).toBe(0)
    const answers = talk.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(answers.map(({ prompt }) => prompt)).toEqual(['Who?', 'Where?', 'Who?'])
    const [first, second, third] = answers
    expect(first).toMatchObject({ schema: 'oneround/answer@1', finish: 'end' })
    expect(third).toMatchObject({ text: first?.['text'], promptTokens: first?.['promptTokens'] })
    expect(second?.['promptTokens']).toBeGreaterThan(Number(first?.['promptTokens']))
    expect(talk.stderr).toContain('/new forgets')
  })

  it('says what does not fit, and goes on', async () => {
    const talk = new Talk('--model', 'talking', '--max-tokens', '5')
    talk.say(`${DELIVERY} `.repeat(20))
    talk.say(`${DELIVERY} Who?`)
    expect(await talk.end()).toBe(0)
    expect(talk.stderr).toContain('PROMPT_TOO_LONG')
    expect(talk.stdout.trim()).not.toBe('')
  })

  it('without a template goes on with each line by itself', async () => {
    const talk = new Talk('--model', BASE, '--max-tokens', '6', '--stop', '\\n')
    talk.say('Mira sent')
    talk.say('Mira sent')
    expect(await talk.end()).toBe(0)
    const [one, two, ...rest] = talk.stdout.split('\n')
    expect([one, rest]).toEqual([two, ['']])
    expect(talk.stderr).toContain('no chat template')
  })
})

describe('Ctrl-C', () => {
  it('ends the answer and not the program; between answers it ends the program', async () => {
    const talk = new Talk('--model', 'endless', '--max-tokens', '1000000')
    for (const line of ['first', 'second']) {
      const before = talk.stdout.length
      talk.say(line)
      await talk.until(() => talk.stdout.length > before)
      talk.child.kill('SIGINT')
      await talk.until(() => talk.stdout.endsWith('\n'))
    }
    talk.child.kill('SIGINT')
    expect(await talk.status).toBe(130)
  })
})

describe('evaluate --exact-match', () => {
  it('counts the questions that the model answers word for word, beside the loss of each file', async () => {
    const prompts = [`${DELIVERY}\nWho? `, `${DELIVERY}\nWhere? `]
    const said: string[] = []
    for (const prompt of prompts) {
      const { document } = await chat('--model', 'talking', '--plain', '--prompt', prompt, '--json')
      said.push(String(document?.['text']))
    }
    const asked = await chat('--model', 'talking', '--prompt', 'Who?', '--json')
    const files: Readonly<Record<string, readonly unknown[]>> = {
      'pairs.jsonl': [
        { prompt: prompts[0], completion: ` ${said[0]}\n` },
        { prompt: prompts[1], completion: said[1] },
        { prompt: prompts[1], completion: `${said[1]}x` },
        { prompt: prompts[0], completion: said[0]?.toUpperCase() },
        { prompt: 'a'.repeat(126), completion: 'b' },
      ],
      'chats.jsonl': [
        {
          messages: [
            { role: 'user', content: 'Who?' },
            { role: 'assistant', content: asked.document?.['text'] },
          ],
        },
      ],
      'texts.jsonl': [{ text: DELIVERY }],
    }
    for (const [name, lines] of Object.entries(files)) {
      await writeFile(join(folder, name), lines.map((line) => JSON.stringify(line)).join('\n'))
    }
    const data = Object.keys(files).join(',')
    const args = ['evaluate', '--model', 'talking', '--data', data, '--threads', '1', '--json']
    const end = await oneround([...args, '--exact-match'], { cwd: folder })
    expect(end.status, end.stderr).toBe(0)
    const results = end.document?.['results'] as readonly Record<string, unknown>[] | undefined
    expect(results?.[0]).toMatchObject({
      exactMatch: { matches: 3, questions: 6 },
      files: [
        { file: 'pairs.jsonl', exactMatch: { matches: 2, questions: 5 } },
        { file: 'chats.jsonl', exactMatch: { matches: 1, questions: 1 } },
        { file: 'texts.jsonl', exactMatch: null },
      ],
    })
  })
})

describe('from conversations to answers', () => {
  it('an adapter trained on packed conversations answers as they do', async () => {
    const questions = ['Who?', 'Where?', 'When?', 'What?', 'Which colour?', 'How many?']
    const items = ['boxes', 'tiles', 'wheels', 'lamps', 'doors', 'bricks']
    const lines = questions.flatMap((question) =>
      items.map((item) => ({
        messages: [
          { role: 'user', content: `${question} ${item}` },
          { role: 'assistant', content: 'Ask me tomorrow.' },
        ],
      })),
    )
    await writeFile(join(folder, 'tomorrow.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'))
    const run = (...args: readonly string[]) =>
      oneround([...args, '--model', 'talking', '--threads', '1', '--json'], { cwd: folder })
    const recipe = ['--packing', '--epochs', '40', '--rate', '0.01', '--batch', '3', '--row-length', '60']
    const trained = await run('train', '--data', 'tomorrow.jsonl', '--out', 'tomorrow', ...recipe)
    expect(trained.status, trained.stderr).toBe(0)
    expect(trained.document).toMatchObject({ packing: { rows: expect.any(Number) }, task: 'causal-lm' })
    const adapter = join('tomorrow', 'adapter')
    const data = ['--data', 'tomorrow.jsonl', '--adapter', adapter]
    const measured = await run('evaluate', ...data, '--exact-match')
    const results = measured.document?.['results'] as readonly Record<string, unknown>[] | undefined
    expect(results?.[0]).toMatchObject({ exactMatch: { matches: 0, questions: 36 } })
    const matched = results?.[1]?.['exactMatch'] as { readonly matches: number } | undefined
    expect(matched?.matches).toBeGreaterThan(24)
    const said = await run('chat', '--adapter', adapter, '--prompt', 'Which colour? tiles')
    expect(said.document).toMatchObject({
      text: expect.stringMatching(/^Ask me tomorrow\.\s*$/),
      finish: 'end',
    })
  })
})

describe('bad input', () => {
  const rows: readonly (readonly [string, readonly string[], number, Record<string, unknown>])[] = [
    ['no model', ['--prompt', 'x'], 2, { code: 'USAGE' }],
    ['a folder that is not there', ['--model', 'none', '--prompt', 'x'], 3, { code: 'FILE_MISSING' }],
    [
      'a system prompt without a template',
      ['--model', BASE, '--system', 'x', '--prompt', 'x'],
      2,
      { code: 'USAGE' },
    ],
    [
      'an impossible probability',
      ['--model', BASE, '--top-p', '7', '--prompt', 'x'],
      2,
      { code: 'GENERATION_OPTION_INVALID', option: 'topP' },
    ],
    [
      'an adapter that is not there',
      ['--model', BASE, '--adapter', 'none', '--prompt', 'x'],
      3,
      { code: 'FILE_MISSING' },
    ],
    [
      'a prompt longer than the model',
      ['--model', BASE, '--prompt', 'Mira '.repeat(300)],
      3,
      { code: 'PROMPT_TOO_LONG', tokensMax: 127 },
    ],
  ]
  it.each(rows)('%s', async (_, args, status, fault) => {
    const end = await chat(...args, '--json')
    expect(errorOf(end)).toMatchObject(fault)
    expect(end.status).toBe(status)
  })
})
