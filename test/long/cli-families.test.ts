// Protects: a GPT-2 folder as the hub has it goes through the real commands: charter, training, merging, answers.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { readAdapter } from '../../src/model/peft.ts'
import { byteLevelTokenizerFiles } from '../../src/model/tokenizer.ts'
import { readAllFloat32 } from '../../src/model/weights.ts'
import { oneround } from '../support/cli.ts'
import { withOtherRoot, writeFormulaBase } from '../support/formula-base.ts'

vi.setConfig({ testTimeout: 240_000 })

const CONFIG = { model_type: 'gpt2', vocab_size: 384, n_embd: 32, n_layer: 2, n_head: 4, n_positions: 64 }
const MODULES = ['transformer.h.0.attn.c_attn', 'transformer.h.1.attn.c_attn']

let folder = ''
const run = async (...args: readonly string[]) => {
  const end = await oneround([...args, '--json'], { cwd: folder })
  expect(end.status, end.stderr).toBe(0)
  return end.document
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-cli-families-'))
  const base = await writeFormulaBase(join(folder, 'base'), CONFIG, { rename: withOtherRoot })
  const { tokenizer, config } = byteLevelTokenizerFiles(128)
  await writeFile(join(base, 'tokenizer.json'), JSON.stringify(tokenizer))
  await writeFile(join(base, 'tokenizer_config.json'), JSON.stringify(config))
  const lines = Array.from({ length: 20 }, (_, i) => {
    const letter = String.fromCodePoint(97 + i)
    return `${JSON.stringify({ prompt: `${letter}=`, completion: letter.repeat(3) })}\n`
  })
  await writeFile(join(folder, 'data.jsonl'), lines.join(''))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('a charter that names no modules has those that PEFT adapts', async () => {
  const invites: string[] = []
  for (const name of ['a', 'b', 'c']) {
    const made = await run('init', name, '--name', name, '--listen', '/ip4/127.0.0.1/tcp/0')
    invites.push('--member', String(made?.['invite']))
  }
  await run('charter', 'new', ...invites, '--model', 'base', '--rule', 'mean', '--out', 'charter.json')
  const charter = await readFile(join(folder, 'charter.json'), 'utf8')
  for (const name of MODULES) expect(charter).toContain(JSON.stringify(name))
  expect(charter).not.toContain('c_proj')
})

it('training without targets adapts the same, and its merge is the base’s file, changed where it was adapted', async () => {
  await run(
    'train',
    '--model',
    'base',
    '--data',
    'data.jsonl',
    '--rank',
    '2',
    '--epochs',
    '1',
    '--out',
    'mine',
  )
  const { modules, config } = await readAdapter(join(folder, 'mine', 'adapter'))
  expect(modules.map(({ name }) => name)).toEqual(MODULES)
  expect(config.targetModules).toEqual(['c_attn'])
  const merging = ['merge', 'mine/adapter', 'mine/adapter', '--rule', 'mean', '--format', 'merged']
  await run(...merging, '--base', 'base', '--out', 'merged')
  const before = await readAllFloat32(join(folder, 'base', 'model.safetensors'))
  const after = await readAllFloat32(join(folder, 'merged', 'model.safetensors'))
  expect([...after.keys()]).toEqual([...before.keys()])
  const changed = [...after].flatMap(([name, values]) =>
    values.every((value, i) => value === before.get(name)?.[i]) ? [] : [name],
  )
  expect(changed.sort()).toEqual(['h.0.attn.c_attn.weight', 'h.1.attn.c_attn.weight'])
  const asked = ['--prompt', 'a=', '--max-tokens', '4']
  const own = await run('chat', '--model', 'base', '--adapter', 'mine/adapter', ...asked)
  const whole = await run('chat', '--model', 'merged', ...asked)
  expect(own?.['text']).toEqual(expect.any(String))
  expect(whole?.['text']).toBe(own?.['text'])
})
