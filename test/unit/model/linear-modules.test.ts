// Protects finding LoRA's targets: on every fixture graph, exactly the modules PEFT adapted are found by name and shape.
import { describe, expect, test } from 'vitest'
import { headerLengthOf, parseHeader } from '../../../src/core/safetensors.ts'
import { int, ints } from '../../../src/model/attributes.ts'
import { GraphBuilder } from '../../../src/model/graph-builder.ts'
import { DataType, type OnnxModel } from '../../../src/model/graph.ts'
import { findLinearModules } from '../../../src/model/linear-modules.ts'
import { chooseModules, factorsOf } from '../../../src/model/lora.ts'
import { moduleNames } from '../../../src/model/module-names.ts'
import { fixtureBytes, fixtureModel, GRAPHS, MODELS } from '../../fixtures/reference.ts'

function adapterOf(model: string): { shapes: Record<string, readonly number[]>; targets: readonly string[] } {
  const bytes = fixtureBytes(model, 'adapter', 'adapter_model.safetensors')
  const length = headerLengthOf(bytes, model)
  const { entries } = parseHeader(bytes.subarray(8, 8 + length), bytes.length, model)
  const config: unknown = JSON.parse(
    new TextDecoder().decode(fixtureBytes(model, 'adapter', 'adapter_config.json')),
  )
  const { target_modules: targets } = config as { target_modules: readonly string[] }
  return { shapes: Object.fromEntries(entries.map(({ name, shape }) => [name, shape])), targets }
}

describe('exports by PyTorch', () => {
  test.each(GRAPHS)(
    '%s by %s: the modules, shapes and names of the adapter PEFT wrote',
    (model, exporter) => {
      const { shapes, targets } = adapterOf(model)
      const modules = chooseModules(findLinearModules(fixtureModel(model, exporter)), targets)
      const factors = modules.flatMap((module) => Object.values(factorsOf(module, 4)))
      expect(Object.fromEntries(factors.map(({ name, dims }) => [name, dims]))).toEqual(shapes)
      expect(factors.length).toBe(Object.keys(shapes).length)
    },
  )

  test.each(MODELS)('%s: both exporters give the same modules, heads and biases', (model) => {
    const [dynamo, script] = ['dynamo', 'script'].map((exporter) =>
      findLinearModules(fixtureModel(model, exporter)).map(
        ({ name, kind, inSize, outSize, isHead, bias }) =>
          `${name} ${kind} ${inSize} ${outSize} ${isHead} ${bias}`,
      ),
    )
    expect(new Set(dynamo).size).toBe(dynamo?.length)
    expect(new Set(script)).toEqual(new Set(dynamo))
  })

  test.each([
    ['llama', ['lm_head']],
    ['bert', ['classifier']],
    ['vit', ['classifier']],
    ['unet', ['conv_out']],
  ])('%s: the output layer is %j', (model, heads) => {
    const found = findLinearModules(fixtureModel(model, 'dynamo')).filter((module) => module.isHead)
    expect(found.map((module) => module.name)).toEqual(heads)
  })

  test.each(GRAPHS)('%s by %s: every weight has the shape its layout says', (model, exporter) => {
    const graph = fixtureModel(model, exporter)
    for (const { weight, weightLayout, inSize, outSize, kernel } of findLinearModules(graph)) {
      const channels = kernel.reduce((size, extent) => size / extent, inSize)
      const dims = graph.graph.initializers.get(weight)?.dims
      expect(dims).toEqual(weightLayout === 'in-out' ? [inSize, outSize] : [outSize, channels, ...kernel])
    }
  })
})

/** x [batch, 3] → a product with a constant [3, 5] or [5, 3], built by `build`. */
function graphOf(build: (b: GraphBuilder, x: string) => string): OnnxModel {
  const b = new GraphBuilder({ opset: 17, name: 'one' })
  const y = build(b, b.input('x', DataType.float, ['batch', 3]))
  b.outputAs('y', y, DataType.float)
  return b.build()
}
const weight = (b: GraphBuilder, name: string, ...dims: number[]): string =>
  b.initializer({
    name,
    dataType: DataType.float,
    dims,
    data: new Uint8Array(4 * dims.reduce((p, d) => p * d, 1)),
  })

describe('structure', () => {
  test('a weight behind a Transpose, as tied heads have it', () => {
    const model = graphOf((b, x) => {
      const w = b.add('Transpose', [weight(b, 'embed.weight', 5, 3)], { perm: ints([1, 0]) })
      return b.add('MatMul', [x, w], {}, { name: '/lm_head/MatMul' })
    })
    expect(findLinearModules(model)).toMatchObject([
      {
        name: 'lm_head',
        weight: 'embed.weight',
        weightLayout: 'out-in',
        inSize: 3,
        outSize: 5,
        isHead: true,
      },
    ])
  })

  test('Gemm with transB and bias; without a scope the weight names the module', () => {
    const model = graphOf((b, x) =>
      b.add('Relu', [
        b.add('Gemm', [x, weight(b, 'fc.weight', 5, 3), weight(b, 'fc.bias', 5)], { transB: int(1) }),
      ]),
    )
    expect(findLinearModules(model)).toMatchObject([
      { name: 'fc', op: 'Gemm', weightLayout: 'out-in', bias: 'fc.bias', inputRank: 2, isHead: false },
    ])
  })

  test('products of two activations and of two constants are none', () => {
    const model = graphOf((b, x) => {
      const square = b.add('MatMul', [b.add('Transpose', [x]), x])
      return b.add('MatMul', [b.add('MatMul', [weight(b, 'p', 1, 3), weight(b, 'q', 3, 3)]), square])
    })
    expect(findLinearModules(model)).toEqual([])
  })

  test('two weights in one module are told apart; one weight used twice is one name', () => {
    const model = graphOf((b, x) => {
      const [v, w] = [weight(b, 'v', 3, 3), weight(b, 'w', 3, 3)]
      return [v, w, w].reduce((y, each) => b.add('MatMul', [y, each], {}, { name: '/mix/MatMul' }), x)
    })
    expect(findLinearModules(model).map((module) => module.name)).toEqual(['mix', 'mix:2', 'mix:2'])
  })
})

describe('wrappers', () => {
  const named = (names: readonly string[]): OnnxModel =>
    graphOf((b, x) => names.reduce((y, name) => b.add('Relu', [y], {}, { name }), x))
  const namesIn = (model: OnnxModel, knownNames: readonly string[] = []) => {
    const nameOf = moduleNames(model, { knownNames })
    return model.graph.nodes.slice(0, -1).map((node) => nameOf(node))
  }

  test('are taken off when their name says so', () => {
    expect(namesIn(named(['/Cast', '/m/fc1/Relu', '/m/fc2/Relu']))).toEqual(['', 'fc1', 'fc2'])
  })

  test('are not taken off a model of one part', () => {
    expect(namesIn(named(['/text_model/a/Relu', '/text_model/b/Relu']))).toEqual([
      'text_model.a',
      'text_model.b',
    ])
  })

  test('are settled by names that are known', () => {
    const model = named(['/outer/text_model/a/Relu', '/outer/text_model/b/Relu'])
    expect(namesIn(model, ['text_model.a.weight'])).toEqual(['text_model.a', 'text_model.b'])
  })
})
