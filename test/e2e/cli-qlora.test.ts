// Protects: `--quantise int4` of train and evaluate as processes: figures in the documents, bad values named before any work.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorOf, oneround } from '../support/cli.ts'
import { makeTinyBase, ruleLines } from '../unit/train/tiny-base.ts'

let folder = ''
const run = (...args: readonly string[]) => oneround([...args, '--json'], { cwd: folder })
const training = ['train', '--model', 'base', '--data', 'data.jsonl', '--threads', '1', '--epochs', '2']

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-cli-qlora-'))
  await makeTinyBase(join(folder, 'base'))
  await writeFile(join(folder, 'data.jsonl'), ruleLines(30))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a base in four bits', () => {
  it('is trained on and measured on', async () => {
    const end = await run(
      ...training,
      '--out',
      'mine',
      '--quantise',
      'int4',
      '--block-size',
      '16',
      '--rate',
      '0.02',
    )
    expect(end.status, end.stderr).toBe(0)
    expect(end.document).toMatchObject({
      recipe: { quantise: { kind: 'int4', blockSize: 16 } },
      quantisation: { kind: 'int4', blockSize: 16 },
    })
    const adapter = join('mine', 'adapter')
    const arguments_ = ['--model', 'base', '--adapter', adapter, '--data', 'data.jsonl', '--quantise', 'int4']
    const measured = await run('evaluate', ...arguments_, '--block-size', '16')
    expect(measured.status, measured.stderr).toBe(0)
    const results = measured.document?.['results'] as readonly { readonly loss: number }[]
    expect(results[1]?.loss).toBeLessThan(results[0]?.loss ?? 0)
    expect(measured.document).toMatchObject({ quantise: { kind: 'int4', blockSize: 16 } })
    const told = await oneround([...training, '--out', 'told', '--quantise', 'int4'], { cwd: folder })
    expect(told.stdout).toMatch(/Base in four bits: 14 layers, .* → .*, off by \d+\.\d % on average/)
  })

  it.each([
    ['a block size that no kernel takes', ['--quantise', 'int4', '--block-size', '48'], 'USAGE', '48'],
    ['a block size alone', ['--block-size', '32'], 'USAGE', '--quantise'],
    ['another kind', ['--quantise', 'nf4'], 'USAGE', 'nf4'],
    ['every parameter', ['--quantise', 'int4', '--full'], 'TRAIN_OPTION_INVALID', 'quantise'],
  ] as const)('is refused for %s', async (_, flags, code, word) => {
    const end = await run(...training, '--out', 'refused', ...flags)
    expect(end.status).not.toBe(0)
    expect(errorOf(end)).toMatchObject({ code })
    expect(JSON.stringify(errorOf(end))).toContain(word)
    expect(await readdir(folder)).not.toContain('refused')
  })
})
