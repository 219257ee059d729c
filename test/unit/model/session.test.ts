// Protects the border to ONNX Runtime: types and shapes survive, weights stay outside, errors are ours and say why.
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { int } from '../../../src/model/attributes.ts'
import { GraphBuilder } from '../../../src/model/graph-builder.ts'
import { DataType, type OnnxModel } from '../../../src/model/graph.ts'
import { encodeModel } from '../../../src/model/onnx.ts'
import { packValues } from '../../../src/model/onnx-tensor.ts'
import { isDeviceAvailable, openSession, type Device } from '../../../src/model/session.ts'
import { floatsOf, floatTensor, int64Tensor, zeros } from '../../../src/model/session-tensor.ts'

/** SwiftShader, a Vulkan driver without a GPU, where Debian's chromium package puts it. */
const SOFTWARE_GPU = '/usr/lib/chromium/vk_swiftshader_icd.json'
if (process.env['VK_ICD_FILENAMES'] === undefined && existsSync(SOFTWARE_GPU)) {
  process.env['VK_ICD_FILENAMES'] = SOFTWARE_GPU
}
const hasWebgpu = await isDeviceAvailable('webgpu')

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-session-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** y = x·w, with w outside the file behind 5 bytes that are none of its business. */
function product(): OnnxModel {
  const b = new GraphBuilder({ opset: 17, name: 'product' })
  const w = b.external('w', DataType.float, [2, 3], { location: 'sub/weights.bin', offset: 5, length: 24 })
  b.outputAs('y', b.add('MatMul', [b.input('x', DataType.float, ['n', 2]), w]), DataType.float)
  return b.build()
}

async function writeWeights(path: string): Promise<void> {
  const bytes = new Uint8Array(29)
  bytes.set(new Uint8Array(Float32Array.from([1, 2, 3, 4, 5, 6]).buffer), 5)
  await writeFile(path, bytes)
}

const X = floatTensor([1, 2], Float32Array.from([10, 1]))

describe('weights outside the graph', () => {
  test('are found below weightsFolder at any offset', async () => {
    await mkdir(join(folder, 'plain', 'sub'), { recursive: true })
    await writeWeights(join(folder, 'plain', 'sub', 'weights.bin'))
    const session = await openSession({
      model: product(),
      weightsFolder: join(folder, 'plain'),
      device: 'cpu',
      threads: 1,
    })
    const { y } = await session.run({ x: X }, ['y'])
    expect(y).toEqual(floatTensor([1, 3], Float32Array.from([14, 25, 36])))
    await session.close()
  })

  test('are found behind links that leave the folder, as download caches have them', async () => {
    await mkdir(join(folder, 'cache', 'sub'), { recursive: true })
    await mkdir(join(folder, 'blobs'))
    await writeWeights(join(folder, 'blobs', 'abc'))
    await symlink(join('..', '..', 'blobs', 'abc'), join(folder, 'cache', 'sub', 'weights.bin'))
    const session = await openSession({
      model: product(),
      weightsFolder: join(folder, 'cache'),
      device: 'cpu',
    })
    expect([...floatsOf((await session.run({ x: X }, ['y'])).y)]).toEqual([14, 25, 36])
    await session.close()
  })

  test('in half precision are widened where they are used', async () => {
    const halves = packValues(DataType.bfloat16, [1, 2, 3, 4, 5, 6])
    await writeFile(join(folder, 'half.bin'), halves)
    const b = new GraphBuilder({ opset: 17, name: 'product' })
    const w = b.external('w', DataType.bfloat16, [2, 3], { location: 'half.bin', offset: 0, length: 12 })
    const wide = b.add('Cast', [w], { to: int(DataType.float) })
    b.outputAs('y', b.add('MatMul', [b.input('x', DataType.float, ['n', 2]), wide]), DataType.float)
    const session = await openSession({ model: b.build(), weightsFolder: folder, device: 'cpu' })
    expect([...floatsOf((await session.run({ x: X }, ['y'])).y)]).toEqual([14, 25, 36])
    await session.close()
  })

  test('that are missing are named', async () => {
    const opening = openSession({ model: product(), weightsFolder: join(folder, 'blobs'), device: 'cpu' })
    await expect(opening).rejects.toMatchObject({ code: 'FILE_MISSING', message: /weights\.bin/ })
  })
})

describe('tensors', () => {
  test('of every type go in and come out as they are', async () => {
    const b = new GraphBuilder({ opset: 17, name: 'same' })
    const tensors = [
      floatTensor([2], Float32Array.from([1.5, -0])),
      int64Tensor([3], [1, -2, 2 ** 40]),
      { dataType: DataType.bool, dims: [2], data: Uint8Array.from([1, 0]) },
      { dataType: DataType.float16, dims: [1, 2], data: Uint16Array.from([0x3c00, 0xc100]) },
      { dataType: DataType.int32, dims: [], data: Int32Array.from([-7]) },
      zeros(DataType.float, [0, 4]),
    ]
    const feeds = Object.fromEntries(tensors.map((tensor, i) => [`x${i}`, tensor]))
    for (const [name, { dataType, dims }] of Object.entries(feeds)) {
      b.outputAs(name.replace('x', 'y'), b.input(name, dataType, dims), dataType)
    }
    const session = await openSession({ model: encodeModel(b.build()), device: 'cpu' })
    const names = tensors.map((_, i) => `y${i}`)
    expect(session.inputNames).toEqual(Object.keys(feeds))
    expect(session.outputNames).toEqual(names)
    const results = await session.run(feeds, names)
    expect(names.map((name) => results[name])).toEqual(tensors)
    await session.close()
  })
})

describe('errors', () => {
  test('a device that this installation lacks', async () => {
    const device: Device = process.platform === 'win32' ? 'coreml' : 'dml'
    expect(await isDeviceAvailable(device)).toBe(false)
    const opening = openSession({ model: encodeModel(relu()), device })
    await expect(opening).rejects.toMatchObject({ code: 'DEVICE_UNAVAILABLE', info: { device } })
  })

  test('a model that ONNX Runtime refuses', async () => {
    const b = new GraphBuilder(relu())
    b.rewrite('y', { op: 'NoSuchOperator' })
    const opening = openSession({ model: b.build(), device: 'cpu' })
    await expect(opening).rejects.toMatchObject({ code: 'MODEL_REFUSED', message: /NoSuchOperator/ })
  })

  test('a run whose shapes do not fit names the node', async () => {
    const b = new GraphBuilder({ opset: 17, name: 'sum' })
    const inputs = ['p', 'q'].map((name) => b.input(name, DataType.float, [name]))
    b.output(b.add('Add', inputs, {}, { name: 'the_sum', output: 'y' }), DataType.float)
    const session = await openSession({ model: b.build(), device: 'cpu' })
    const feeds = { p: zeros(DataType.float, [2]), q: zeros(DataType.float, [3]) }
    await expect(session.run(feeds, ['y'])).rejects.toMatchObject({ code: 'RUN_FAILED', message: /the_sum/ })
    await session.close()
  })
})

function relu(): OnnxModel {
  const b = new GraphBuilder({ opset: 17, name: 'relu' })
  b.output(b.add('Relu', [b.input('x', DataType.float, ['n'])], {}, { output: 'y' }), DataType.float)
  return b.build()
}

/** A matrix product big enough for the GPU, and a reduction of 64-bit integers, which WebGPU has no kernel for. */
function mixed(): OnnxModel {
  const b = new GraphBuilder({ opset: 17, name: 'mixed' })
  const x = b.input('x', DataType.float, ['n', 2])
  b.outputAs('y', b.add('MatMul', [x, b.constant(DataType.float, [2, 2], [1, 2, 3, 4])]), DataType.float)
  const ids = b.input('ids', DataType.int64, ['m'])
  b.outputAs('top', b.add('ArgMax', [ids], { axis: int(0) }), DataType.int64)
  return b.build()
}

async function placementOn(device: Device): Promise<readonly string[]> {
  const session = await openSession({ model: mixed(), device, profileFolder: folder })
  const { y, top } = await session.run({ x: X, ids: int64Tensor([3], [4, 9, 2]) }, ['y', 'top'])
  expect([...floatsOf(y)]).toEqual([13, 24])
  expect(top).toEqual(int64Tensor([1], [1]))
  const placement = await session.placement()
  await session.close()
  return [...placement].flatMap(([provider, ops]) => [...ops.keys()].map((op) => `${provider} ${op}`))
}

describe('placement', () => {
  test('on the CPU', async () => {
    expect((await placementOn('cpu')).toSorted()).toEqual([
      'CPUExecutionProvider ArgMax',
      'CPUExecutionProvider MatMul',
    ])
  })

  test.skipIf(!hasWebgpu)('on WebGPU names what fell back (skipped without a Vulkan driver)', async () => {
    const placed = await placementOn('webgpu')
    expect(placed).toContain('WebGpuExecutionProvider MatMul')
    expect(placed).toContain('CPUExecutionProvider ArgMax')
  })
})
