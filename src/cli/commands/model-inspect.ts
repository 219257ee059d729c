/** `oneround model inspect`: what a model holds, where adapters can go, and whether it can be trained. */
import { isRoundError } from '../../core/errors.ts'
import type { Graph } from '../../model/graph.ts'
import { readsOf } from '../../model/graph-order.ts'
import { GraphBuilder } from '../../model/graph-builder.ts'
import { inspectModel, type ModelInspection } from '../../model/inspect.ts'
import { isQuantisedOp } from '../../model/linear-modules.ts'
import { openModel, type OpenedModel } from '../../model/open-model.ts'
import type { UnsupportedNode } from '../../train/gradient/errors.ts'
import { inferGraphShapes } from '../../train/gradient/graph-shapes.ts'
import { prepareBase } from '../../train/gradient/prepare.ts'
import { checkDifferentiable } from '../../train/gradient/walk.ts'
import { count, defineCommand, type Json, withDefault } from '../command.ts'
import { bytesText, tableText } from '../words.ts'

export const modelInspectCommand = defineCommand({
  name: 'model inspect',
  description:
    'Lists inputs, weights, operators and the modules that can get an adapter under the names that targets take,\n' +
    'and every node that stands in the way of training. Nothing is run and no weight is read.',
  arguments: [{ name: 'path', help: 'Hugging Face folder, folder with an ONNX file, or ONNX file' }],
  options: {
    batch: withDefault(count('--batch <n>', 'rows of a batch, for the memory estimate', { min: 1 }), 4),
    length: withDefault(count('--length <n>', 'tokens of a row, for the memory estimate', { min: 1 }), 128),
    rank: withDefault(count('--rank <n>', 'rank of the adapter, for the memory estimate', { min: 1 }), 16),
  },
  examples: ['oneround model inspect nodes/base-model', 'oneround model inspect model.onnx --json'],
  run: async ({ args: [path = ''], options }) => {
    const opened = await openModel(path)
    const { batch: batchSize, length, rank } = options
    const inspection = inspectModel(opened.model, { batchSize, length, rank })
    const obstacles = obstaclesOf(opened, inspection)
    return {
      document: documentOf(opened, inspection, obstacles),
      text: textOf(opened, inspection, obstacles),
    }
  },
})

/** Nodes between the modules and the output that cannot be differentiated. */
function obstaclesOf(
  { model: original }: OpenedModel,
  { modules, shapeProblems }: ModelInspection,
): readonly UnsupportedNode[] {
  if (shapeProblems.length > 0) return shapeProblems
  try {
    const model = prepareBase(original)
    const { graph } = model
    const output = graph.outputs.find(({ name }) => name === 'logits') ?? graph.outputs[0]
    if (output === undefined) return []
    checkDifferentiable({
      builder: new GraphBuilder(model),
      graph,
      shapes: inferGraphShapes(model),
      sinks: [output.name],
      wanted: firstOutputs(graph, modules),
    })
    return []
  } catch (error) {
    if (isRoundError(error, 'GRADIENT_UNSUPPORTED')) {
      // This code carries the list of nodes.
      return (error.info as { readonly nodes?: readonly UnsupportedNode[] }).nodes ?? []
    }
    if (!isRoundError(error)) throw error
    return [{ op: 'model', node: original.graph.name, reason: error.message }]
  }
}

/**
 * Outputs of modules that no other module feeds. Nothing behind a wanted value is looked at, so wanting a later module's
 * output as well would hide what stands between the two.
 */
function firstOutputs(graph: Graph, modules: ModelInspection['modules']): readonly string[] {
  const outputs = new Set(modules.map(({ output }) => output))
  const fed = new Set<string>()
  for (const node of graph.nodes) {
    const isFed = readsOf(node).some((name) => fed.has(name) || outputs.has(name))
    if (isFed) for (const name of node.outputs) fed.add(name)
  }
  return [...outputs].filter((name) => !fed.has(name))
}

function documentOf(
  { file, source }: OpenedModel,
  inspection: ModelInspection,
  obstacles: readonly UnsupportedNode[],
): Json {
  const { producer, opset, parameterCount, weightsSizeBytes, memory } = inspection
  const value = ({ name, dataType, dims }: ModelInspection['inputs'][number]): Json => ({
    name,
    dataType,
    dims,
  })
  return {
    schema: 'oneround/model-inspect@1',
    file,
    source,
    producer,
    opset,
    inputs: inspection.inputs.map(value),
    outputs: inspection.outputs.map(value),
    parameterCount,
    weightsSizeBytes,
    modules: inspection.modules.map(({ name, kind, op, inSize, outSize, isHead, bias }) => {
      return { name, kind, op, inSize, outSize, isHead, hasBias: bias !== null }
    }),
    operators: inspection.operators.map(({ op, domain, count }) => ({ op, domain, count })),
    decomposed: inspection.decomposed.map(({ op, domain, count }) => ({ op, domain, count })),
    isTrainable: obstacles.length === 0,
    obstacles: obstacles.map(({ op, node, reason }) => ({ op, node, reason })),
    memory: { ...memory },
  }
}

function textOf(
  { file, source }: OpenedModel,
  inspection: ModelInspection,
  obstacles: readonly UnsupportedNode[],
): string {
  const { inputs, outputs, modules, operators, decomposed, parameterCount, weightsSizeBytes, memory, opset } =
    inspection
  const values = (list: ModelInspection['inputs']): string =>
    list.map(({ name, dataType, dims }) => `${name} ${dataType} [${dims?.join(', ') ?? '?'}]`).join('; ')
  const listed = (list: ModelInspection['operators']): string =>
    list.map(({ op, count }) => `${op} ${count}`).join(', ')
  const stored = Object.entries(weightsSizeBytes).map(([type, size]) => `${bytesText(size)} ${type}`)
  const { activationsSizeBytes, adapterParameterCount } = memory
  const activations = activationsSizeBytes === null ? 'unknown' : bytesText(activationsSizeBytes)
  const lines = [
    `${file} (${source === 'onnx' ? `ONNX, opset ${opset}, by ${inspection.producer}` : 'Hugging Face folder'})`,
    `inputs      ${values(inputs)}`,
    `outputs     ${values(outputs)}`,
    `parameters  ${parameterCount.toLocaleString('en')} (${stored.join(', ')})`,
    `operators   ${listed(operators)}`,
    ...(decomposed.length === 0 ? [] : [`decomposed  ${listed(decomposed)}`]),
    '',
    tableText(['module', 'kind', 'in', 'out'], groupLayers(modules)),
    '',
    `Training an adapter of rank ${memory.rank} on all of them, ${memory.batchSize} × ${memory.length}:`,
    `  ${adapterParameterCount.toLocaleString('en')} parameters, ${bytesText(memory.adapterSizeBytes)} with gradients and moments`,
    `  weights ${bytesText(memory.weightsSizeBytes)}, activations at most ${activations}`,
    ...(obstacles.length === 0
      ? ['  every operator on the way can be differentiated']
      : [
          '  cannot be trained yet:',
          ...obstacles.map(({ op, node, reason }) => `    ${op} ${node}: ${reason}`),
        ]),
  ]
  return lines.join('\n')
}

/** One row for modules that differ in the numbers of their layers only. */
function groupLayers(modules: ModelInspection['modules']): readonly (readonly string[])[] {
  const groups = new Map<string, { readonly cells: readonly string[]; readonly names: string[] }>()
  for (const { name, kind, op, inSize, outSize, isHead } of modules) {
    const form = isQuantisedOp(op) ? `${kind}, quantised` : kind
    const cells = [isHead ? `${form}, head` : form, String(inSize), String(outSize)]
    const key = [name.replace(LAYER, '.*.'), ...cells].join(' ')
    const group = groups.get(key) ?? { cells, names: [] }
    group.names.push(name)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ cells, names: [first = '', ...others] }) => {
    const name = others.length === 0 ? first : `${first.replace(LAYER, '.*.')} (${others.length + 1}×)`
    return [name, ...cells]
  })
}

const LAYER = /\.\d+\./
