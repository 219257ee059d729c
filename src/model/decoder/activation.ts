/**
 * Activations of feed-forward layers, by the names of `transformers`. In: rows. Out: rows of the same shape.
 * Source: Hendrycks and Gimpel 2016 (GELU and its form by tanh); Ramachandran et al. 2017 (SiLU).
 */
import { text } from '../attributes.ts'
import type { ModuleScope } from '../module-scope.ts'

export type Activation = 'silu' | 'gelu' | 'gelu-tanh' | 'relu'

/** The names that configs use. */
export const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map([
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['gelu', 'gelu'],
  ['gelu_new', 'gelu-tanh'],
  ['gelu_fast', 'gelu-tanh'],
  ['gelu_pytorch_tanh', 'gelu-tanh'],
  ['relu', 'relu'],
])

export function buildActivation(scope: ModuleScope, activation: Activation, x: string): string {
  switch (activation) {
    case 'silu':
      return scope.op('Mul', [x, scope.op('Sigmoid', [x])])
    case 'gelu':
      return scope.op('Gelu', [x])
    case 'gelu-tanh':
      return scope.op('Gelu', [x], { approximate: text('tanh') })
    case 'relu':
      return scope.op('Relu', [x])
  }
}
