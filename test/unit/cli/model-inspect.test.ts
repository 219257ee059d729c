// Protects `oneround model inspect`: the modules and obstacles it lists are those of the file, for people and scripts.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { modelInspectCommand } from '../../../src/cli/commands/model-inspect.ts'
import type { CommandEntry } from '../../../src/cli/commands/index.ts'
import { runCli } from '../../../src/cli/run-cli.ts'
import { GraphBuilder } from '../../../src/model/graph-builder.ts'
import { DataType } from '../../../src/model/graph.ts'
import { encodeModel } from '../../../src/model/onnx.ts'
import { readAllFloat32 } from '../../../src/model/weights.ts'
import { fixturePath } from '../../fixtures/reference.ts'
import { communityLlama } from '../model/decompose/community-llama.ts'

const entries: readonly CommandEntry[] = [
  { name: 'model inspect', summary: 'inspects', load: async () => modelInspectCommand },
]

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-inspect-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function run(...argv: readonly string[]) {
  let written = ''
  const keep = (chunk: string, done?: (error?: Error | null) => void) => {
    written += chunk
    done?.(null)
    return true
  }
  const drop = (_: string, done?: (error?: Error | null) => void) => {
    done?.(null)
    return true
  }
  const { signal } = new AbortController()
  const terminal = { stdout: { write: keep }, stderr: { write: drop }, env: {}, signal, version: '0.0.0' }
  const status = await runCli(['model', 'inspect', ...argv], terminal, entries)
  return { status, stdout: written }
}

/** Two layers of one product and `act` each, then `last`. */
async function writeModel(name: string, last: string, act = 'Tanh'): Promise<string> {
  const b = new GraphBuilder({ opset: 17, name: 'layers' })
  let value = b.input('x', DataType.float, ['batch', 4])
  for (const layer of [0, 1]) {
    const w = b.initializer({
      name: `w${layer}`,
      dataType: DataType.float,
      dims: [4, 4],
      data: new Uint8Array(64),
    })
    const product = b.add('MatMul', [value, w], {}, { name: `/layers.${layer}/proj/MatMul` })
    value = b.add(act, [product], {}, { name: `/layers.${layer}/act` })
  }
  b.add(last, [value], {}, { name: '/end', output: 'logits' })
  b.output('logits', DataType.float, ['batch', 4])
  const path = join(folder, name)
  await writeFile(path, encodeModel(b.build()))
  return path
}

test('lists modules, groups layers for people, and says that it can be trained', async () => {
  const path = await writeModel('fine.onnx', 'Sigmoid')
  const json = await run(path, '--json', '--batch', '2', '--rank', '3')
  expect(json.status).toBe(0)
  expect(JSON.parse(json.stdout)).toMatchObject({
    schema: 'oneround/model-inspect@1',
    source: 'onnx',
    parameterCount: 32,
    modules: [{ name: 'layers.0.proj' }, { name: 'layers.1.proj', inSize: 4, outSize: 4, isHead: false }],
    isTrainable: true,
    obstacles: [],
    memory: { batchSize: 2, rank: 3, adapterParameterCount: 2 * 3 * 8, activationsSizeBytes: 4 * 2 * 4 * 5 },
  })
  const { stdout } = await run(path)
  expect(stdout).toMatch(/layers\.\*\.proj \(2×\) +linear +4 +4/)
  expect(stdout).toMatch(/every operator on the way can be differentiated/)
})

test('lists what is decomposed, and quantised modules, of a graph in onnx-community’s form', async () => {
  const weights = await readAllFloat32(fixturePath('llama', 'base.safetensors'))
  const model = communityLlama((name) => weights.get(name) ?? new Float32Array(0), 'int4')
  const path = join(folder, 'community.onnx')
  await writeFile(path, encodeModel(model))
  const report = JSON.parse((await run(path, '--json')).stdout)
  expect(report).toMatchObject({ isTrainable: true, obstacles: [] })
  expect(report.decomposed).toEqual([
    { op: 'SkipSimplifiedLayerNormalization', domain: 'com.microsoft', count: 4 },
    { op: 'GroupQueryAttention', domain: 'com.microsoft', count: 2 },
    { op: 'SimplifiedLayerNormalization', domain: '', count: 1 },
  ])
  const { stdout } = await run(path)
  expect(stdout).toMatch(/decomposed +SkipSimplifiedLayerNormalization 4, GroupQueryAttention 2/)
  expect(stdout).toMatch(/self_attn\.q_proj \(2×\) +linear, quantised +64 +64/)
})

test('lists the nodes that cannot be differentiated', async () => {
  const path = await writeModel('hard.onnx', 'Det')
  const unknown = JSON.parse((await run(path, '--json')).stdout)
  expect(unknown).toMatchObject({ isTrainable: false, obstacles: [{ op: 'Det', node: '/end' }] })
  const ungraded = JSON.parse((await run(await writeModel('other.onnx', 'Bernoulli'), '--json')).stdout)
  expect(ungraded).toMatchObject({ isTrainable: false, obstacles: [{ op: 'Bernoulli', node: '/end' }] })
  expect((await run(path)).stdout).toMatch(/cannot be trained yet:\n +Det \/end: /)
  const between = JSON.parse(
    (await run(await writeModel('between.onnx', 'Sigmoid', 'Bernoulli'), '--json')).stdout,
  )
  expect(between).toMatchObject({
    isTrainable: false,
    obstacles: [
      { op: 'Bernoulli', node: '/layers.0/act' },
      { op: 'Bernoulli', node: '/layers.1/act' },
    ],
  })
})

test('a file that is no model is an input error that names it', async () => {
  await writeFile(join(folder, 'bad.onnx'), 'bad')
  const { status, stdout } = await run(join(folder, 'bad.onnx'), '--json')
  expect(status).toBe(3)
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: 'ONNX_INVALID', file: join(folder, 'bad.onnx') },
  })
})
