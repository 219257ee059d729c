/**
 * A base model in the form that the rules know: quantised activations made floats, known branches inlined, loops of a fixed length written out, fused operators decomposed, the operator set raised,
 * lists of tensors opened, layer norms put together, quantised products made ready. In: a model as it was opened. Out: the same function (but for the rounding of activations, float-activations.ts);
 * linear modules keep their names and their outputs'.
 */
import { decompose } from '../../model/decompose/index.ts'
import type { OnnxModel } from '../../model/graph.ts'
import { readyToDifferentiate, withFloatActivations } from '../../model/quantise/index.ts'
import { fuseLayerNorms } from './fuse-norms.ts'
import { inlineBranches } from './inline-branches.ts'
import { openSequences } from './open-sequences.ts'
import { raiseOpset } from './raise-opset.ts'
import { unrollLoops } from './unroll-loops.ts'

/** @throws GRADIENT_OPSET */
export const prepareBase = (model: OnnxModel): OnnxModel => {
  const { model: floating } = withFloatActivations(unrollLoops(inlineBranches(model)))
  return readyToDifferentiate(fuseLayerNorms(openSequences(raiseOpset(decompose(floating)))))
}
