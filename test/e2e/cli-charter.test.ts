// Protects: members draw up, check and sign a charter with the real commands, and every slip is refused by name.
import { chmod, copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorOf, oneround } from '../support/cli.ts'
import { writeTinyBase } from '../support/tiny-base.ts'

let folder = ''
const invites: string[] = []
const run = (...args: readonly string[]) => oneround([...args, '--json'], { cwd: folder })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-charter-'))
  await writeTinyBase(join(folder, 'base'))
  await writeTinyBase(join(folder, 'other-base'), 2)
  for (const name of ['site-a', 'site-b', 'site-c', 'stranger']) {
    const end = await run('init', name, '--name', name, '--listen', '/ip4/127.0.0.1/tcp/0')
    expect(end.status).toBe(0)
    invites.push(String(end.document?.['invite']))
  }
  const drawn = await run('charter', 'new', ...members(), ...rules(), '--out', 'draft.json')
  expect(drawn.status, drawn.stderr).toBe(0)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const members = () => invites.slice(0, 3).flatMap((invite) => ['--member', invite])
const rules = () => [
  '--model',
  'base',
  '--rank',
  '2',
  '--alpha',
  '4',
  '--rule',
  'trimmed-mean',
  '--b',
  '1',
  '--min-updates',
  '3',
]

describe('a charter', () => {
  it('comes into force when every member has signed it, on one file or on copies', async () => {
    for (const name of ['site-a', 'site-b', 'site-c']) {
      await copyFile(join(folder, 'draft.json'), join(folder, `${name}.json`))
      const signed = await run('charter', 'sign', `${name}.json`, '--node', name, '--model', 'base')
      expect(signed.document).toMatchObject({ signedAs: name, inForce: false })
    }
    const joined = await run(
      'charter',
      'sign',
      'site-a.json',
      'site-b.json',
      'site-c.json',
      '--node',
      'site-a',
      '--out',
      'charter.json',
    )
    expect(joined.document).toMatchObject({ inForce: true, missing: [], wrong: [] })
    const checked = await run('charter', 'check', 'charter.json', '--in-force', '--model', 'base')
    expect(checked.status).toBe(0)
    expect(checked.document).toMatchObject({
      inForce: true,
      baseModel: 'equal',
      report: { n: 3, b: 1, q: 2, absentCountMax: 1, rules: [{ updates: 3, rule: { id: 'trimmed-mean' } }] },
    })
    const shown = await oneround(['charter', 'show', 'charter.json'], { cwd: folder })
    expect(shown.stdout).toContain(String(checked.document?.['digest']))
    expect(shown.stdout).toMatch(/site-b +1 +[0-9a-f]{64} +signed/)
  })

  it('says before it is signed what it will cost and whom it bears', async () => {
    const { stdout, status } = await oneround(['charter', 'check', 'draft.json'], { cwd: folder })
    expect(status).toBe(0)
    expect(stdout).toMatch(/Not in force: not signed by site-a, site-b, site-c/)
    expect(stdout).toMatch(/1 of 3 members may be absent/)
    expect(stdout).toMatch(/with 3 updates: trimmed-mean/)
    expect(stdout).toMatch(/disk for a round/)
  })

  it('may have several rounds, each from the result of the one before', async () => {
    const more = ['--rounds', '3', '--final', '+1d', '--every', '+7d', '--out', 'several.json']
    const drawn = await run('charter', 'new', ...members(), ...rules(), ...more)
    expect(drawn.status, drawn.stderr).toBe(0)
    const shown = await run('charter', 'show', 'several.json')
    const charter = shown.document?.['charter'] as
      | { rounds: { finalAtMs: number; basis?: string }[] }
      | undefined
    const rounds = charter?.rounds ?? []
    expect(rounds.map(({ basis }) => basis)).toEqual([undefined, 'previous', 'previous'])
    const [first, second] = rounds.map(({ finalAtMs }) => finalAtMs)
    expect((second ?? 0) - (first ?? 0)).toBe(7 * 86_400_000)
  })
})

interface Row {
  readonly what: string
  readonly args: () => readonly string[]
  readonly prepare?: () => Promise<void>
  readonly status: number
  readonly code: string
  /** What the sentence must name. */
  readonly names: RegExp
}

const rows: readonly Row[] = [
  {
    what: 'a charter that not all have signed',
    args: () => ['charter', 'check', 'draft.json', '--in-force'],
    status: 3,
    code: 'CHARTER_UNSIGNED',
    names: /draft\.json: .*site-a, site-b, site-c/,
  },
  {
    what: 'two charters',
    prepare: async () => {
      await run('charter', 'new', ...members(), ...rules(), '--out', 'second.json')
    },
    args: () => ['charter', 'sign', 'draft.json', 'second.json', '--node', 'site-a'],
    status: 1,
    code: 'CHARTERS_DIFFER',
    names: /draft\.json and second\.json/,
  },
  {
    what: 'a wrong base model',
    args: () => ['charter', 'sign', 'draft.json', '--node', 'site-a', '--model', 'other-base'],
    status: 1,
    code: 'BASE_MODEL_MISMATCH',
    names: /other-base\/model\.safetensors: expected SHA-256 [0-9a-f]{64}, found SHA-256 [0-9a-f]{64}/,
  },
  {
    what: 'a base model without a file',
    prepare: async () => {
      await writeTinyBase(join(folder, 'less'))
      await rm(join(folder, 'less', 'tokenizer.json'))
    },
    args: () => ['charter', 'check', 'draft.json', '--model', 'less'],
    status: 1,
    code: 'BASE_MODEL_MISMATCH',
    names: /less\/tokenizer\.json: .*found none/,
  },
  {
    what: 'a node that is no member',
    args: () => ['charter', 'sign', 'draft.json', '--node', 'stranger'],
    status: 3,
    code: 'NOT_A_MEMBER',
    names: /draft\.json: the key [0-9a-f]{16}/,
  },
  {
    what: 'a key that others can read',
    prepare: () => chmod(join(folder, 'site-b', 'key'), 0o644),
    args: () => ['charter', 'sign', 'draft.json', '--node', 'site-b'],
    status: 5,
    code: 'KEY_PERMISSIONS',
    names: /site-b\/key: .*600/,
  },
  {
    what: 'a key that is none',
    prepare: async () => {
      await run('init', 'broken', '--name', 'broken')
      await writeFile(join(folder, 'broken', 'key'), 'hello')
    },
    args: () => ['charter', 'sign', 'draft.json', '--node', 'broken'],
    status: 3,
    code: 'KEY_MALFORMED',
    names: /broken\/key: expected 64 hex digits/,
  },
  {
    what: 'an unknown option in node.json',
    prepare: async () => {
      await run('init', 'odd', '--name', 'odd')
      const file = join(folder, 'odd', 'node.json')
      await writeFile(file, (await readFile(file, 'utf8')).replace('"peers"', '"port": 1, "peers"'))
    },
    args: () => ['charter', 'sign', 'draft.json', '--node', 'odd'],
    status: 3,
    code: 'NODE_OPTIONS_INVALID',
    names: /odd\/node\.json: port/,
  },
  {
    what: 'an edited charter',
    prepare: async () => {
      const text = await readFile(join(folder, 'draft.json'), 'utf8')
      await writeFile(join(folder, 'edited.json'), text.replace('"minUpdates": 3', '"minUpdates": 2'))
    },
    args: () => ['charter', 'check', 'edited.json'],
    status: 3,
    code: 'CHARTER_MALFORMED',
    names: /edited\.json: digest: is [0-9a-f]{64}/,
  },
  {
    what: 'a folder in place of a charter',
    args: () => ['charter', 'show', 'base'],
    status: 5,
    code: 'FILE_UNREADABLE',
    names: /base/,
  },
  {
    what: 'a charter that is not there',
    args: () => ['charter', 'show', 'nowhere.json'],
    status: 3,
    code: 'FILE_MISSING',
    names: /nowhere\.json/,
  },
  {
    what: 'an invite cut off',
    args: () => [
      'charter',
      'new',
      '--member',
      invites[0]?.slice(0, -3) ?? '',
      '--member',
      invites[1] ?? '',
      ...rules(),
    ],
    status: 3,
    code: 'INVITE_INVALID',
    names: /invite/,
  },
  {
    what: 'one member only',
    args: () => ['charter', 'new', '--member', invites[0] ?? '', ...rules()],
    status: 3,
    code: 'INVITE_INVALID',
    names: /at least two invites, got 1/,
  },
  {
    what: 'one member twice',
    args: () => ['charter', 'new', ...members(), '--member', invites[0] ?? '', ...rules()],
    status: 3,
    code: 'CHARTER_INVALID',
    names: /members\.3\.name: site-a is also the name of member 0/,
  },
  {
    what: 'an unknown target module',
    args: () => ['charter', 'new', ...members(), ...rules(), '--targets', 'q_prj'],
    status: 3,
    code: 'MODULE_UNKNOWN',
    names: /"q_prj"; near: q_proj/,
  },
  {
    what: 'an unknown rule',
    args: () => ['charter', 'new', ...members(), '--model', 'base', '--rule', 'medium'],
    status: 2,
    code: 'RULE_UNKNOWN',
    names: /"medium"/,
  },
  {
    what: 'a rule that does not hold',
    args: () => [
      'charter',
      'new',
      ...members(),
      '--model',
      'base',
      '--rank',
      '2',
      '--rule',
      'multi-krum',
      '--b',
      '1',
      '--min-updates',
      '3',
    ],
    status: 3,
    code: 'CHARTER_INVALID',
    names: /none holds for 3 updates with b = 1; valid are .*trimmed-mean/,
  },
  {
    what: 'a base model without weights',
    args: () => ['charter', 'new', ...members(), '--model', 'site-a', '--rule', 'mean'],
    status: 3,
    code: 'FILE_MISSING',
    names: /site-a\/config\.json/,
  },
  {
    what: 'pickled weights',
    prepare: async () => {
      await writeTinyBase(join(folder, 'pickled'))
      await rm(join(folder, 'pickled', 'model.safetensors'))
      await writeFile(join(folder, 'pickled', 'pytorch_model.bin'), 'PK')
    },
    args: () => ['charter', 'new', ...members(), '--model', 'pickled', '--rule', 'mean'],
    status: 3,
    code: 'WEIGHTS_PICKLED',
    names: /pickled\/pytorch_model\.bin/,
  },
  {
    what: 'weights cut short',
    prepare: async () => {
      await writeTinyBase(join(folder, 'short'))
      const file = join(folder, 'short', 'model.safetensors')
      await writeFile(file, (await readFile(file)).subarray(0, 2000))
    },
    args: () => ['charter', 'new', ...members(), '--model', 'short', '--rule', 'mean'],
    status: 3,
    code: 'SAFETENSORS_INVALID',
    names: /short\/model\.safetensors: 2000 bytes/,
  },
  {
    what: 'an instant without a zone',
    args: () => ['charter', 'new', ...members(), ...rules(), '--commit', '2026-11-23T03:00'],
    status: 2,
    code: 'USAGE',
    names: /--commit: expected .*got "2026-11-23T03:00"/,
  },
  {
    what: 'deadlines out of order',
    args: () => ['charter', 'new', ...members(), ...rules(), '--commit', '+2h', '--cut', '+1h'],
    status: 3,
    code: 'CHARTER_INVALID',
    names: /rounds\.0: expected commitAtMs/,
  },
  {
    what: 'a node folder that is there already',
    args: () => ['init', 'site-a', '--name', 'site-a'],
    status: 3,
    code: 'NODE_FOLDER_EXISTS',
    names: /site-a\/key: exists already/,
  },
  {
    what: 'a name that is none',
    args: () => ['init', 'new', '--name', 'Site A'],
    status: 3,
    code: 'NODE_OPTIONS_INVALID',
    names: /new\/node\.json: name/,
  },
  {
    what: 'an address that is none',
    args: () => ['init', 'new', '--name', 'new', '--listen', '127.0.0.1:4101'],
    status: 3,
    code: 'NODE_OPTIONS_INVALID',
    names: /new\/node\.json: listen\.0: expected a multiaddr/,
  },
]

describe('bad input', () => {
  it.each(rows)('$what: status $status, $code', async ({ args, prepare, status, code, names }) => {
    await prepare?.()
    const before = await readFile(join(folder, 'draft.json'), 'utf8')
    const end = await run(...args())
    const error = errorOf(end)
    expect(error?.code, end.stderr).toBe(code)
    expect(error?.message).toMatch(names)
    expect(end.status).toBe(status)
    expect(end.stderr).toContain(`${code}: `)
    expect(end.stderr).not.toMatch(/\n\s+at /)
    // Nothing was lost: the draft and the keys are as they were.
    expect(await readFile(join(folder, 'draft.json'), 'utf8')).toBe(before)
    expect((await stat(join(folder, 'site-a', 'key'))).size).toBe(65)
  })
})
