// Protects: what people get wrong, or machines lack, ends a real command with its status and code, names what is wrong, and loses nothing.
import { execFile } from 'node:child_process'
import { chmod, cp, mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { entryArgs } from '../../src/core/entry.ts'
import { acquireLock } from '../../src/files/index.ts'
import { decodeModel, encodeModel } from '../../src/model/onnx.ts'
import { digestBaseModel } from '../../src/model/base-digest.ts'
import { type AdapterModule, readAdapter, writeAdapter } from '../../src/model/peft.ts'
import { readCharterFile, writeCharterFile } from '../../src/node/charter-store.ts'
import { charterPath, keyPath } from '../../src/node/node-folder.ts'
import { journalPath } from '../../src/node/round-folder.ts'
import { errorOf, oneround } from '../support/cli.ts'
import { type Consortium, makeConsortium, writeTestAdapter } from '../support/consortium.ts'
import { writeTinyBase } from '../support/tiny-base.ts'

const root = join(import.meta.dirname, '..', '..')

/**
 * Every kind of bad input that the project promises to meet, and the test that does it: file and a text of its title.
 * A row without a test, or a test that lost its title, fails below.
 */
const PROMISED: readonly (readonly [what: string, file: string, title: string])[] = [
  ['wrong base-model digest, signing', 'cli-charter', 'a wrong base model'],
  ['wrong base-model digest, running', 'bad-input', 'a base model that is not the charter’s'],
  ['truncated weights', 'cli-train', 'weights cut short'],
  ['pickled weights', 'cli-train', 'pickled weights'],
  ['JSONL line that is no JSON', 'cli-train', 'a line that is no JSON'],
  ['empty data', 'cli-train', 'empty data'],
  ['unknown target module', 'cli-train', 'an unknown target module'],
  ['unsupported op', 'bad-input', 'lists every node that has no gradient'],
  ['charter not signed by all', 'bad-input', 'a charter that not all have signed'],
  ['two charters', 'cli-charter', 'two charters'],
  ['key file readable by others', 'bad-input', 'a key that others can read'],
  ['own update with NaN', 'bad-input', 'an adapter that holds NaN'],
  ['own update of too high a rank', 'bad-input', 'an adapter of too high a rank'],
  ['own update of a wrong shape', 'bad-input', 'an adapter of another shape'],
  ['update with NaN', 'hostile', "['not-finite', 'UPDATE_NOT_FINITE']"],
  ['update of a wrong shape', 'hostile', "['wrong-shape', 'UPDATE_NOT_CANONICAL']"],
  ['update of too high a rank', 'hostile', "['rank-over-cap', 'UPDATE_RANK_TOO_LARGE']"],
  ['update too large', 'hostile', 'of a larger update than the charter allows'],
  ['update signed by a stranger', 'hostile', 'signed by a stranger'],
  ['update for another round', 'hostile', 'of another round'],
  ['one flipped byte in a chunk', 'hostile', "'flipped-byte'"],
  ['two updates of one member', 'hostile', 'two headers of one member are evidence'],
  ['an outsider dialling', 'bad-input-round', 'an outsider that dials'],
  ['port in use', 'bad-input', 'a port that is in use'],
  ['kill −9 after header, receipt, vote', 'round', 'killed after a header, a receipt and a vote'],
  ['no space left while receiving', 'bad-input-round', 'a disk that fills up while it receives'],
]

describe('the promised kinds of bad input', () => {
  it.each(PROMISED)('%s: %s', async (_, file, title) => {
    const text = await readFile(join(root, 'test', 'e2e', `${file}.test.ts`), 'utf8')
    const own = text.replace(/^const PROMISED[\s\S]*?^\]$/m, '')
    expect(own).toContain(title)
  })
})

let consortium: Consortium
let base = ''
const folderOf = (name: string): string => consortium.folderOf(name)

beforeAll(async () => {
  base = await writeTinyBase(await mkdtemp(join(tmpdir(), 'oneround-base-')))
  const baseModel = await digestBaseModel(base)
  consortium = await makeConsortium({ n: 3, changes: { baseModel } })
})
afterAll(async () => {
  await rm(consortium.root, { recursive: true, force: true })
  await rm(base, { recursive: true, force: true })
})

interface Row {
  readonly what: string
  /** Makes the node that is wrong in one way. @returns arguments behind `run FOLDER` */
  readonly prepare: (node: string) => Promise<readonly string[]>
  readonly status: number
  readonly fault: () => Readonly<Record<string, unknown>>
  /** What the sentence must name. */
  readonly names: RegExp
}

const [layoutModule] = [{ name: 'model.layers.0.q_proj', in: 16, out: 24 }]
const adapterFolder = (name: string): string => join(consortium.root, name)

/** An adapter like the members', with one thing changed. */
async function wrongAdapter(
  name: string,
  change: (modules: readonly AdapterModule[]) => readonly AdapterModule[],
): Promise<string> {
  const { modules } = await readAdapter(consortium.adapterOf('site-a'))
  await writeAdapter(adapterFolder(name), change(modules))
  return adapterFolder(name)
}

const ROWS: readonly Row[] = [
  {
    what: 'a base model that is not the charter’s',
    prepare: async (node) => {
      const other = await writeTinyBase(join(consortium.root, 'other-base'), 2)
      await editJson(join(node, 'node.json'), { model: other })
      return []
    },
    status: 1,
    fault: () => ({
      code: 'BASE_MODEL_MISMATCH',
      file: expect.stringMatching(/other-base\/model\.safetensors$/),
    }),
    names: /other-base\/model\.safetensors: expected SHA-256 [0-9a-f]{64}, found SHA-256 [0-9a-f]{64}/,
  },
  {
    what: 'a charter that not all have signed',
    prepare: async (node) => {
      const signed = await readCharterFile(charterPath(node))
      const signatures = new Map([...signed.signatures].filter(([name]) => name === 'site-a'))
      await writeCharterFile(charterPath(node), { ...signed, signatures })
      return []
    },
    status: 3,
    fault: () => ({ code: 'CHARTER_UNSIGNED', missing: ['site-b', 'site-c'] }),
    names: /charter\.json: .*site-b, site-c/,
  },
  {
    what: 'a signature under another charter',
    prepare: async (node) => {
      const signed = await readCharterFile(charterPath(node))
      const wrong = signed.signatures.get('site-b') ?? new Uint8Array()
      await writeCharterFile(charterPath(node), {
        ...signed,
        signatures: new Map([...signed.signatures, ['site-c', wrong]]),
      })
      return []
    },
    status: 1,
    fault: () => ({ code: 'CHARTER_SIGNATURE_WRONG' }),
    names: /charter\.json: .*site-c/,
  },
  {
    what: 'a key that others can read',
    prepare: async (node) => {
      await chmod(keyPath(node), 0o640)
      return []
    },
    status: 5,
    fault: () => ({ code: 'KEY_PERMISSIONS', file: expect.stringMatching(/\/key$/) }),
    names: /key: others on this machine may read it; expected rights 600/,
  },
  {
    what: 'a key that has lost its journal',
    prepare: async (node) => {
      await rm(journalPath(node))
      return []
    },
    status: 3,
    fault: () => ({ code: 'JOURNAL_MISSING' }),
    names: /journal\.log/,
  },
  {
    what: 'a port that is in use',
    prepare: async () => ['--listen', `/ip4/127.0.0.1/tcp/${await takenPort()}`],
    status: 5,
    fault: () => ({ code: 'LISTEN_FAILED' }),
    names: /cannot listen on \/ip4\/127\.0\.0\.1\/tcp\/\d+: EADDRINUSE: [^\n]*$/,
  },
  {
    what: 'a node that runs already',
    prepare: async (node) => {
      held = await acquireLock(`${journalPath(node)}.lock`)
      return []
    },
    status: 5,
    fault: () => ({ code: 'LOCKED' }),
    names: /journal\.log\.lock/,
  },
  {
    what: 'an adapter that was cut short',
    prepare: async () => {
      const folder = await wrongAdapter('cut', (modules) => modules)
      await truncate(join(folder, 'adapter_model.safetensors'), 700)
      return ['--adapter', folder]
    },
    status: 3,
    fault: () => ({ code: 'SAFETENSORS_INVALID' }),
    names: /cut\/adapter_model\.safetensors/,
  },
  {
    what: 'an adapter that is pickled',
    prepare: async () => {
      const folder = await wrongAdapter('pickled', (modules) => modules)
      await rename(join(folder, 'adapter_model.safetensors'), join(folder, 'adapter_model.bin'))
      return ['--adapter', folder]
    },
    status: 3,
    fault: () => ({ code: 'WEIGHTS_PICKLED' }),
    names: /pickled\/adapter_model\.bin/,
  },
  {
    what: 'an adapter that holds NaN',
    prepare: async () => [
      '--adapter',
      await wrongAdapter('nan', (modules) =>
        modules.map((module) => ({ ...module, a: module.a.map((x, i) => (i === 3 ? Number.NaN : x)) })),
      ),
    ],
    status: 3,
    fault: () => ({ code: 'ADAPTER_INVALID' }),
    names: /nan\/adapter_model\.safetensors: tensor .*q_proj\.lora_A\.weight" holds NaN at 3/,
  },
  {
    what: 'an adapter of too high a rank',
    prepare: async () => {
      await writeTestAdapter(adapterFolder('high'), consortium.signed.charter.layout, 7, 5)
      return ['--adapter', adapterFolder('high')]
    },
    status: 3,
    fault: () => ({ code: 'UPDATE_RANK_TOO_LARGE' }),
    names: /rank.* 5.* 4|5.*rank.*4/,
  },
  {
    what: 'an adapter of another shape',
    prepare: async () => {
      const layout = {
        ...consortium.signed.charter.layout,
        modules: [layoutModule, { name: 'model.layers.0.v_proj', in: 23, out: 16 }],
      }
      await writeTestAdapter(adapterFolder('shape'), layout, 7)
      return ['--adapter', adapterFolder('shape')]
    },
    status: 3,
    fault: () => ({ code: 'UPDATE_SHAPE_MISMATCH' }),
    names: /model\.layers\.0\.v_proj/,
  },
  {
    what: 'an adapter above the charter’s bounds',
    prepare: async () => [
      '--adapter',
      await wrongAdapter('loud', (modules) =>
        modules.map((module) => ({ ...module, a: module.a.map((x) => 30_000 * x) })),
      ),
    ],
    status: 3,
    fault: () => ({ code: 'OWN_UPDATE_REFUSED', fault: 'UPDATE_NORM_TOO_LARGE' }),
    names: /loud: every member would refuse this update: UPDATE_NORM_TOO_LARGE/,
  },
]

let held: { readonly release: () => Promise<void> } | null = null
let taker: Server | null = null
afterEach(async () => {
  await held?.release()
  held = null
  taker?.close()
  taker = null
})

async function takenPort(): Promise<number> {
  const server = createServer()
  taker = server
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}

async function editJson(path: string, changes: Readonly<Record<string, unknown>>): Promise<void> {
  const value = JSON.parse(await readFile(path, 'utf8')) as Readonly<Record<string, unknown>>
  await writeFile(path, JSON.stringify({ ...value, ...changes }))
}

/** What a member must never lose: its key, and what the key has signed. */
const treasure = async (node: string) => ({
  key: await readFile(keyPath(node), 'utf8'),
  journal: await readFile(journalPath(node)).catch(() => 'none'),
})

describe('oneround run', () => {
  it.each(ROWS)('refuses $what with status $status, signing nothing', async (row) => {
    const node = join(consortium.root, `node-${ROWS.indexOf(row)}`)
    await cp(folderOf('site-a'), node, { recursive: true })
    const more = await row.prepare(node)
    const before = await treasure(node)
    const adapter = more.includes('--adapter') ? [] : ['--adapter', consortium.adapterOf('site-a')]
    const end = await oneround(['run', node, ...adapter, ...more, '--json'])
    const error = errorOf(end)
    expect(error, end.stderr).toMatchObject(row.fault())
    expect(error?.message).toMatch(row.names)
    expect(end.status).toBe(row.status)
    expect(end.stderr).toContain(`${error?.code}: `)
    expect(end.stderr).not.toMatch(/\n\s+at /)
    expect(await treasure(node)).toEqual(before)
  })
})

describe('a model with operators that have no gradient', () => {
  it('lists every node that has no gradient, in training and in inspection', async () => {
    const folder = join(consortium.root, 'hard')
    await cp(join(root, 'test', 'fixtures', 'llama'), folder, { recursive: true })
    const path = join(folder, 'dynamo.onnx')
    // Bernoulli has Softmax’s shapes and no gradient: it is random.
    const model = decodeModel(await readFile(path), path)
    const hard = model.graph.nodes.map((node) =>
      node.op === 'Softmax' ? { ...node, op: 'Bernoulli' } : node,
    )
    await writeFile(path, encodeModel({ ...model, graph: { ...model.graph, nodes: hard } }))
    const nodes = ['node_Softmax_243', 'node_Softmax_413']
    const trained = await runScript('check-gradients.ts', [folder, '--graph', 'dynamo', '--json'])
    expect(trained.status).toBe(1)
    expect(trained.stdout).toBe('')
    expect(trained.stderr).toMatch(/^GRADIENT_UNSUPPORTED: 2 nodes/m)
    for (const node of nodes) expect(trained.stderr).toContain(`Bernoulli (node ${node})`)
    const inspected = await oneround(['model', 'inspect', path, '--json'])
    expect(inspected.status).toBe(0)
    expect(inspected.document).toMatchObject({
      isTrainable: false,
      obstacles: nodes.map((node) => ({ op: 'Bernoulli', node })),
    })
  })
})

function runScript(
  name: string,
  args: readonly string[],
): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }> {
  const script = new URL(`../../scripts/${name}`, import.meta.url)
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...entryArgs(script), ...args],
      { maxBuffer: 1 << 24 },
      (_, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
    )
  })
}
