// Protects: an adapter merged into an exported graph gives the logits that PyTorch and PEFT give with the adapter, through
// both exporters, with weights inside the file or outside; what cannot be merged into is refused by name.
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { merge } from '../../../src/export/merge.ts'
import { DataType, type OnnxModel, type TensorValue } from '../../../src/model/graph.ts'
import { findLinearModules } from '../../../src/model/linear-modules.ts'
import { encodeModel } from '../../../src/model/onnx.ts'
import { openModel } from '../../../src/model/open-model.ts'
import { openSession } from '../../../src/model/session.ts'
import { floatsOf, type HostTensor } from '../../../src/model/session-tensor.ts'
import { locateTensors } from '../../../src/model/weights.ts'
import { fixtureBytes, fixtureModel, fixturePath, GRAPHS } from '../../fixtures/reference.ts'

const folder = mkdtempSync(join(tmpdir(), 'oneround-merged-onnx-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The project's bar: max |ours − PyTorch's| / max |PyTorch's|. */
const BAR = 1e-5

async function referenceOf(name: string): Promise<ReadonlyMap<string, HostTensor>> {
  const path = fixturePath(name, 'reference.safetensors')
  const bytes = fixtureBytes(name, 'reference.safetensors')
  const tensors = await locateTensors(path)
  return new Map(
    [...tensors].map(([key, { dtype, shape: dims, offset, sizeBytes }]): [string, HostTensor] => {
      const { buffer } = bytes.slice(offset, offset + sizeBytes)
      if (dtype === 'I64') return [key, { dataType: DataType.int64, dims, data: new BigInt64Array(buffer) }]
      return [key, { dataType: DataType.float, dims, data: new Float32Array(buffer) }]
    }),
  )
}

/** The first output of the graph that a folder holds, for the reference's inputs, against what it should be. */
async function distanceTo(
  file: string,
  reference: ReadonlyMap<string, HostTensor>,
  wanted: string,
): Promise<number> {
  const { model, folder: weightsFolder } = await openModel(file)
  const session = await openSession({ model, weightsFolder, device: 'cpu', threads: 1 })
  const feeds = Object.fromEntries(
    model.graph.inputs.flatMap(({ name }) => {
      const tensor = reference.get(`input.${name}`)
      return tensor === undefined ? [] : [[name, tensor] as const]
    }),
  )
  const [{ name: output } = { name: '' }] = model.graph.outputs
  const results = await session.run(feeds, [output])
  await session.close()
  const [found, expected] = [results[output], reference.get(wanted)]
  if (found === undefined || expected === undefined) throw new Error(`no ${wanted}`)
  const [ours, theirs] = [floatsOf(found), floatsOf(expected)]
  expect(ours.length).toBe(theirs.length)
  const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return ours.reduce((most, value, i) => Math.max(most, Math.abs(value - (theirs[i] ?? 0))), 0) / largest
}

const mergeInto = (name: string, baseModel: string, out: string) =>
  merge({ adapters: [fixturePath(name, 'adapter')], rule: 'mean', format: 'merged', baseModel, out })

/** The same graph with every weight of some size in a file beside it. */
function writeOutside(base: string, model: OnnxModel): string {
  mkdirSync(base, { recursive: true })
  const parts: Uint8Array[] = []
  let offset = 0
  const initializers = new Map<string, TensorValue>()
  for (const [name, { data, ...tensor }] of model.graph.initializers) {
    if (data === undefined || data.length < 256) {
      initializers.set(name, data === undefined ? tensor : { ...tensor, data })
      continue
    }
    initializers.set(name, { ...tensor, external: { location: 'weights.bin', offset, length: data.length } })
    parts.push(data)
    offset += data.length
  }
  writeFileSync(join(base, 'weights.bin'), Buffer.concat(parts))
  writeFileSync(join(base, 'model.onnx'), encodeModel({ ...model, graph: { ...model.graph, initializers } }))
  writeFileSync(join(base, 'config.json'), '{}')
  return base
}

describe('an adapter merged into an exported graph', () => {
  it.each(GRAPHS)('%s by %s: the logits of PyTorch with PEFT', async (name, exporter) => {
    const out = join(folder, `${name}-${exporter}`)
    await mergeInto(name, fixturePath(name, `${exporter}.onnx`), out)
    const reference = await referenceOf(name)
    const file = join(out, `${exporter}.onnx`)
    expect(await distanceTo(file, reference, 'logits.adapted')).toBeLessThanOrEqual(BAR)
    expect(await distanceTo(file, reference, 'logits.base')).toBeGreaterThan(100 * BAR)
  })

  it('keeps weights that lie outside of the file outside', async () => {
    const base = writeOutside(join(folder, 'outside'), fixtureModel('llama', 'script'))
    const out = join(folder, 'outside-merged')
    await mergeInto('llama', base, out)
    expect(readdirSync(out).sort()).toEqual(['README.md', 'config.json', 'model.onnx', 'model.onnx.data'])
    const { model } = await openModel(out)
    const places = [...model.graph.initializers.values()].flatMap(({ external }) => external ?? [])
    expect(places.length).toBeGreaterThan(10)
    expect(
      places.every(({ location, offset }) => location === 'model.onnx.data' && offset % 4096 === 0),
    ).toBe(true)
    expect(
      await distanceTo(join(out, 'model.onnx'), await referenceOf('llama'), 'logits.adapted'),
    ).toBeLessThanOrEqual(BAR)
  })

  it('changes safetensors beside the graph, too', async () => {
    const base = writeOutside(join(folder, 'both'), fixtureModel('llama', 'script'))
    copyFileSync(fixturePath('llama', 'base.safetensors'), join(base, 'model.safetensors'))
    copyFileSync(fixturePath('llama', 'config.json'), join(base, 'config.json'))
    const out = join(folder, 'both-merged')
    await mergeInto('llama', base, out)
    const reference = await referenceOf('llama')
    expect(await distanceTo(join(out, 'model.onnx'), reference, 'logits.adapted')).toBeLessThanOrEqual(BAR)
    const [merged, before] = [out, base].map((each) => readFileSync(join(each, 'model.safetensors')))
    expect(merged?.length).toBe(before?.length)
    expect(merged?.equals(before ?? Buffer.of())).toBe(false)
    const alone = join(folder, 'both-alone')
    rmSync(join(base, 'model.onnx'))
    await mergeInto('llama', base, alone)
    expect(readFileSync(join(alone, 'model.safetensors')).equals(merged ?? Buffer.of())).toBe(true)
  })

  it('refuses a weight that something else reads, and one of few bits', async () => {
    const model = fixtureModel('llama', 'script')
    const [module] = findLinearModules(model).filter(({ name }) => name.endsWith('q_proj'))
    const weight = model.graph.initializers.get(module?.weight ?? '')
    if (weight === undefined) throw new Error('a projection has a weight')
    const stranger = {
      name: 'elsewhere',
      op: 'ReduceSum',
      domain: '',
      inputs: [weight.name],
      outputs: ['total'],
      attributes: new Map(),
      metadata: new Map(),
    }
    const write = (name: string, changed: OnnxModel): string => {
      writeFileSync(join(folder, name), encodeModel(changed))
      return join(folder, name)
    }
    const shared = write('shared.onnx', {
      ...model,
      graph: { ...model.graph, nodes: [...model.graph.nodes, stranger] },
    })
    await expect(mergeInto('llama', shared, join(folder, 'never'))).rejects.toMatchObject({
      info: { code: 'MODULE_NOT_MERGEABLE', module: module?.name },
      message: expect.stringContaining('is also read by ReduceSum elsewhere'),
    })
    const other = fixtureModel('bert', 'script')
    const strange = write('strange.onnx', other)
    await expect(mergeInto('llama', strange, join(folder, 'never'))).rejects.toMatchObject({
      info: { code: 'MODULE_NOT_IN_BASE' },
    })
    expect(readdirSync(folder)).not.toContain('shared.onnx.data')
  })
})
