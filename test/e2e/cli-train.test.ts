// Protects: `oneround train` and `oneround evaluate` as processes: one document each, and every bad input named.
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorOf, oneround } from '../support/cli.ts'
import { makeTinyBase, ruleLines } from '../unit/train/tiny-base.ts'

let folder = ''
const run = (...args: readonly string[]) => oneround([...args, '--json'], { cwd: folder })
const trained = (...args: readonly string[]) => run('train', '--model', 'base', '--threads', '1', ...args)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-train-'))
  await makeTinyBase(join(folder, 'base'))
  await makeTinyBase(join(folder, 'cut'))
  await truncate(join(folder, 'cut', 'model.safetensors'), 9000)
  await makeTinyBase(join(folder, 'pickled'))
  await rm(join(folder, 'pickled', 'model.safetensors'))
  await writeFile(join(folder, 'pickled', 'pytorch_model.bin'), 'PK')
  await writeFile(join(folder, 'data.jsonl'), ruleLines(40))
  await writeFile(join(folder, 'bad.jsonl'), `${ruleLines(2)}not json\n`)
  await writeFile(join(folder, 'empty.jsonl'), '')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('train and evaluate', () => {
  it('make an adapter and measure it, each as one document on one line', async () => {
    const end = await trained(
      '--data',
      'data.jsonl',
      '--out',
      'mine',
      '--epochs',
      '3',
      '--rate',
      '0.02',
      '--rank',
      '4',
    )
    expect(end.status, end.stderr).toBe(0)
    expect(end.document).toMatchObject({ schema: 'oneround/training@1', out: join('mine', 'adapter') })
    const config = JSON.parse(await readFile(join(folder, 'mine', 'adapter', 'adapter_config.json'), 'utf8'))
    expect(config).toMatchObject({ r: 4, target_modules: ['q_proj', 'v_proj'] })
    const adapter = join('mine', 'adapter')
    const measured = await run('evaluate', '--model', 'base', '--adapter', adapter, '--data', 'data.jsonl')
    expect(measured.status, measured.stderr).toBe(0)
    const results = measured.document?.['results'] as readonly {
      readonly name: string
      readonly loss: number
    }[]
    expect(results.map(({ name }) => name)).toEqual(['base', adapter])
    expect(results[1]?.loss).toBeLessThan(results[0]?.loss ?? 0)
  })
})

describe('train --find-lr', () => {
  it('writes one document and nothing else; without it --out is missed', async () => {
    const end = await trained('--data', 'data.jsonl', '--find-lr')
    expect(end.status, end.stderr).toBe(0)
    expect(end.document).toMatchObject({ schema: 'oneround/find-lr@1', suggestion: expect.any(Number) })
    const missed = await trained('--data', 'data.jsonl')
    expect(missed.status).toBe(2)
    expect(missed.stderr).toContain('missing -o, --out <folder>')
  })
})

describe('train --recipe', () => {
  it('repeats a run from its training.json, bit by bit, and takes flags over it', async () => {
    await writeFile(
      join(folder, 'recipe.json'),
      '{"epochs": 1, "seed": "x", "mode": {"kind": "lora", "rank": 3}}',
    )
    const first = await trained('--data', 'data.jsonl', '--recipe', 'recipe.json', '--out', 'first')
    expect(first.status, first.stderr).toBe(0)
    expect(first.document).toMatchObject({
      recipe: { epochs: 1, seed: 'x', mode: { kind: 'lora', rank: 3 } },
    })
    const summary = join('first', 'training.json')
    const second = await trained('--data', 'data.jsonl', '--recipe', summary, '--out', 'second')
    expect(second.document?.['recipe']).toEqual(first.document?.['recipe'])
    const weights = (out: string) => readFile(join(folder, out, 'adapter', 'adapter_model.safetensors'))
    expect(await weights('second')).toEqual(await weights('first'))
    const third = await trained('--data', 'data.jsonl', '--recipe', summary, '--rank', '2', '--out', 'third')
    expect(third.document).toMatchObject({ recipe: { epochs: 1, seed: 'x', mode: { rank: 2 } } })
  })

  it('names the file and the key that is wrong', async () => {
    await writeFile(join(folder, 'wrong.json'), '{"epoch": 1}')
    const end = await trained('--data', 'data.jsonl', '--recipe', 'wrong.json', '--out', 'wrong')
    expect(errorOf(end)).toMatchObject({ code: 'RECIPE_INVALID', file: 'wrong.json', field: 'epoch' })
    expect(end.status).toBe(2)
  })
})

describe('bad input', () => {
  const rows: readonly (readonly [string, readonly string[], number, Record<string, unknown>])[] = [
    [
      'a line that is no JSON',
      ['--data', 'bad.jsonl'],
      3,
      { code: 'DATA_INVALID', file: 'bad.jsonl', line: 3 },
    ],
    ['empty data', ['--data', 'empty.jsonl'], 3, { code: 'DATA_EMPTY', file: 'empty.jsonl' }],
    [
      'a data file that is not there',
      ['--data', 'none.jsonl'],
      3,
      { code: 'FILE_MISSING', file: 'none.jsonl' },
    ],
    [
      'weights cut short',
      ['--model', 'cut', '--data', 'data.jsonl'],
      3,
      { code: 'SAFETENSORS_INVALID', file: join('cut', 'model.safetensors') },
    ],
    [
      'pickled weights',
      ['--model', 'pickled', '--data', 'data.jsonl'],
      3,
      { code: 'WEIGHTS_PICKLED', file: join('pickled', 'pytorch_model.bin') },
    ],
    [
      'an unknown target module',
      ['--data', 'data.jsonl', '--targets', 'v_prj'],
      3,
      { code: 'MODULE_UNKNOWN', target: 'v_prj', near: expect.arrayContaining(['v_proj']) },
    ],
    ['no data at all', [], 2, { code: 'USAGE' }],
  ]

  it.each(rows)('%s', async (_, args, status, fault) => {
    const end = await trained(...args, '--out', 'bad')
    expect(errorOf(end)).toMatchObject(fault)
    expect(end.status).toBe(status)
  })
})
