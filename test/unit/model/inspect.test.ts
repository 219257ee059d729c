// Protects what `model inspect` states: counts and sizes are those of the files, and models open from any path.
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../src/model/graph-builder.ts'
import { DataType, type OnnxModel } from '../../../src/model/graph.ts'
import { inspectModel } from '../../../src/model/inspect.ts'
import { findLinearModules } from '../../../src/model/linear-modules.ts'
import { encodeModel } from '../../../src/model/onnx.ts'
import { openModel } from '../../../src/model/open-model.ts'
import { fixtureModel, fixturePath } from '../../fixtures/reference.ts'

const OPTIONS = { batchSize: 4, length: 16, rank: 8 }

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-inspect-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** relu(x·w) with x [batch, time, 8] and w [8, 4], then a product with a head [4, 2]. */
function small(): OnnxModel {
  const b = new GraphBuilder({ opset: 17, name: 'small' })
  const x = b.input('x', DataType.float, ['batch', 'time', 8])
  const weight = (name: string, dims: readonly [number, number]) =>
    b.initializer({ name, dataType: DataType.float, dims, data: new Uint8Array(4 * dims[0] * dims[1]) })
  const inner = b.add('MatMul', [x, weight('fc', [8, 4])], {}, { name: '/fc/MatMul' })
  const active = b.add('Relu', [inner], {}, { name: '/act/Relu' })
  b.add('MatMul', [active, weight('head', [4, 2])], {}, { name: '/head/MatMul', output: 'y' })
  b.output('y', DataType.float, ['batch', 'time', 2])
  return b.build()
}

describe('inspection', () => {
  test('counts weights, operators, activations and the adapter', () => {
    const { parameterCount, weightsSizeBytes, operators, memory, modules } = inspectModel(small(), OPTIONS)
    expect(parameterCount).toBe(8 * 4 + 4 * 2)
    expect(weightsSizeBytes).toEqual({ float: 160 })
    expect(operators).toEqual([
      { op: 'MatMul', domain: '', count: 2 },
      { op: 'Relu', domain: '', count: 1 },
    ])
    expect(modules.map(({ name, isHead }) => `${name} ${isHead}`)).toEqual(['fc false', 'head true'])
    expect(memory).toMatchObject({
      weightsSizeBytes: 160,
      activationsSizeBytes: 4 * (4 * 16 * (4 + 4 + 2)),
      adapterParameterCount: 8 * (8 + 4),
      adapterSizeBytes: 16 * 8 * (8 + 4),
    })
  })

  test('names what is not understood instead of guessing sizes', () => {
    const b = new GraphBuilder(small())
    b.add('Wonder', [b.detach('y')], {}, { name: 'w', output: 'y' })
    const { shapeProblems, memory } = inspectModel(b.build(), OPTIONS)
    expect(shapeProblems).toMatchObject([{ op: 'Wonder', node: 'w' }])
    expect(memory.activationsSizeBytes).toBeNull()
  })
})

describe('opening', () => {
  test('an ONNX file, a folder with one, and a folder with several', async () => {
    await writeFile(join(folder, 'a.onnx'), encodeModel(small()))
    const direct = await openModel(join(folder, 'a.onnx'))
    expect(direct).toMatchObject({ source: 'onnx', folder, file: join(folder, 'a.onnx') })
    expect(await openModel(folder)).toEqual(direct)
    await cp(join(folder, 'a.onnx'), join(folder, 'b.onnx'))
    await expect(openModel(folder)).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: /several ONNX files: a\.onnx, b\.onnx/,
    })
    await cp(join(folder, 'a.onnx'), join(folder, 'model.onnx'))
    expect((await openModel(folder)).file).toBe(join(folder, 'model.onnx'))
  })

  test('what is not there, or is no model', async () => {
    await expect(openModel(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'FILE_MISSING' })
    await writeFile(join(folder, 'text.onnx'), 'hello there')
    await expect(openModel(join(folder, 'text.onnx'))).rejects.toMatchObject({
      code: 'ONNX_INVALID',
      message: /text\.onnx/,
    })
  })
})

describe('real models', () => {
  test('a Hugging Face folder counts as its export does, module by module', async () => {
    const { model, source, folder: weights } = await openModel(fixturePath('llama'))
    expect([source, weights]).toEqual(['hugging-face', fixturePath('llama')])
    const [ours, theirs] = [model, fixtureModel('llama', 'script')].map((each) => inspectModel(each, OPTIONS))
    expect(ours?.parameterCount).toBe(theirs?.parameterCount)
    const summary = (each: OnnxModel) =>
      findLinearModules(each)
        .map(({ name, inSize, outSize, isHead }) => `${name} ${inSize} ${outSize} ${isHead}`)
        .sort()
    expect(summary(model)).toEqual(summary(fixtureModel('llama', 'dynamo')))
  })
})
