/**
 * What the layers of a decoder are made of beside attention: projections, norms, feed-forward, soft caps. In: rows,
 * [batch·sequence, width], and weights by the names of their modules. Out: rows.
 * Source: Ba et al. 2016 (layer norm); Zhang and Sennrich 2019 (RMSNorm); Shazeer 2020 (gated feed-forward);
 * Gemma team 2024 (soft caps).
 */
import { float } from '../attributes.ts'
import type { ModuleScope } from '../module-scope.ts'
import { buildActivation } from './activation.ts'
import type { DecoderConfig } from './config.ts'

/** A place in the model: where its nodes are named, and the weights below it by the end of their names; '' for none. */
export interface Place {
  readonly config: DecoderConfig
  readonly scope: ModuleScope
  readonly weight: (name: string) => string
}

export const within = ({ config, scope, weight }: Place, name: string): Place => ({
  config,
  scope: scope.within(name),
  weight: (end) => weight(`${name}.${end}`),
})

/** Over the last axis. */
export function buildNorm({ config, scope, weight }: Place, input: string): string {
  const { kind, epsilon, gainOffset } = config.norm
  if (kind === 'layer') {
    const inputs = [input, weight('weight'), weight('bias')]
    return scope.op('LayerNormalization', inputs, { axis: -1, epsilon: float(epsilon) })
  }
  const gain =
    gainOffset === 0 ? weight('weight') : scope.op('Add', [weight('weight'), scope.floats([gainOffset], [])])
  const squares = scope.op('Mul', [input, input])
  const mean = scope.op('ReduceMean', [squares, scope.ints([-1])], { keepdims: 1 })
  const shifted = scope.op('Add', [mean, scope.floats([epsilon], [])])
  const inverse = scope.op('Reciprocal', [scope.op('Sqrt', [shifted])])
  return scope.op('Mul', [scope.op('Mul', [input, inverse]), gain])
}

export function buildLinear({ config, scope, weight }: Place, input: string): string {
  const bias = weight('bias')
  const inputs = [input, weight('weight'), ...(bias === '' ? [] : [bias])]
  return scope.op('Gemm', inputs, config.weightLayout === 'out-in' ? { transB: 1 } : {})
}

export function buildMlp(place: Place, input: string): string {
  const { scope, config } = place
  const { kind, activation, size } = config.mlp
  const [first = '', second = ''] = config.names.mlp.input
  const activate = (x: string): string => buildActivation(scope.within('act_fn'), activation, x)
  const project = (name: string): string => buildLinear(within(place, name), input)
  const inner = (): string => {
    if (kind === 'plain') return activate(project(first))
    if (kind === 'gated') return scope.op('Mul', [activate(project(first)), project(second)])
    const both = project(first)
    const [gate, up] = [buildColumns(scope, both, 0, size), buildColumns(scope, both, size, 2 * size)]
    return scope.op('Mul', [activate(gate), up])
  }
  return buildLinear(within(place, config.names.mlp.output), inner())
}

/** Some of the last axis. */
export const buildColumns = (scope: ModuleScope, x: string, from: number, to: number): string =>
  scope.op('Slice', [x, scope.ints([from]), scope.ints([to]), scope.ints([-1])])

/** c·tanh(x/c), or x where there is no cap. */
export function buildCap(scope: ModuleScope, x: string, cap: number | null): string {
  if (cap === null) return x
  const scaled = scope.op('Mul', [x, scope.floats([1 / cap], [])])
  return scope.op('Mul', [scope.op('Tanh', [scaled]), scope.floats([cap], [])])
}
