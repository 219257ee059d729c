// Protects: a GPT-2 folder, its tensors named with or without `transformer.`, computes what transformers and PEFT computed.
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeHeader } from '../../../../src/core/safetensors.ts'
import { parseDecoderConfig } from '../../../../src/model/hf-config.ts'
import { decoderTensorShapes, loadDecoder } from '../../../../src/model/hf-decoder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf } from '../../../../src/model/session-tensor.ts'
import { locateTensors, readFloat32 } from '../../../../src/model/weights.ts'
import { checkGradients } from '../../../../src/train/gradient/check.ts'
import { readReference } from '../../../../src/train/gradient/reference.ts'
import { fixtureBytes, fixtureModel, fixturePath } from '../../../fixtures/reference.ts'

/** max |ours − theirs| / max |theirs| of a tensor. */
const BAR = 1e-5

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'oneround-gpt2-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** The fixture's weights, taken out of its export, as the folder that `save_pretrained` would have written. */
async function writeFolder(name: string, prefix: string): Promise<string> {
  const folder = join(root, name)
  await cp(fixturePath('gpt2'), folder, { recursive: true, filter: (path) => !path.endsWith('.onnx') })
  const config = parseDecoderConfig(
    new TextDecoder().decode(fixtureBytes('gpt2', 'config.json')),
    'config.json',
  )
  const { initializers } = fixtureModel('gpt2', 'script').graph
  const tensors = [...decoderTensorShapes(config)].map(([module, shape]) => {
    const exported = initializers.get(`m.${module}`)
    expect(exported?.dims, module).toEqual(shape)
    return { name: module.replace('transformer.', prefix), shape, data: exported?.data ?? new Uint8Array(0) }
  })
  const { prefix: head, header } = encodeHeader(
    tensors.map(({ name: each, shape }) => ({ name: each, dtype: 'F32', shape })),
  )
  const parts = header.entries.map(
    (entry) => tensors.find((each) => each.name === entry.name)?.data ?? new Uint8Array(0),
  )
  await writeFile(join(folder, 'base.safetensors'), Buffer.concat([head, ...parts]))
  return folder
}

test.each([
  ['as it is saved', 'transformer.'],
  ['as the hub has it', ''],
])('%s: gradients and optimiser steps', async (name, prefix) => {
  const folder = await writeFolder(name, prefix)
  const { report, relatives } = await checkGradients({ folder, graph: 'hf', device: 'cpu' })
  expect(report.tensors).toBe(16)
  for (const [tensor, relative] of relatives) expect(relative, tensor).toBeLessThanOrEqual(BAR)
  expect(Math.abs(report.loss / report.referenceLoss - 1)).toBeLessThanOrEqual(BAR)
  expect(report.adamw.worst).toBeLessThanOrEqual(BAR)
})

test('logits, and weights under the names of their modules, wherever their file has them', async () => {
  const folder = await writeFolder('logits', '')
  const { model } = await loadDecoder(folder, 'base.safetensors')
  const stored = await locateTensors(join(folder, 'base.safetensors'))
  for (const [name, { offset }] of stored) {
    expect(model.graph.initializers.get(`transformer.${name}`)?.external?.offset).toBe(offset)
  }
  const attention = findLinearModules(model).find(({ name }) => name === 'transformer.h.0.attn.c_attn')
  expect(attention).toMatchObject({ inSize: 64, outSize: 192, weightLayout: 'in-out' })
  const { inputs } = await readReference(folder)
  const session = await openSession({ model, weightsFolder: folder, device: 'cpu', threads: 1 })
  const { logits } = await session.run(inputs, ['logits'])
  await session.close()
  const tensor = (await locateTensors(join(folder, 'reference.safetensors'))).get('logits.base')
  expect(tensor?.shape).toEqual(logits.dims)
  const theirs = tensor === undefined ? new Float32Array(0) : await readFloat32(tensor)
  const ours = floatsOf(logits)
  const widest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const worst = theirs.reduce((most, value, i) => Math.max(most, Math.abs(value - (ours[i] ?? 0))), 0)
  expect(worst / widest).toBeLessThanOrEqual(BAR)
})
