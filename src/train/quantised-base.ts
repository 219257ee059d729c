/**
 * A base for training adapters on, its linear layers in four bits: the same modules under the same names, so that the
 * adapter is one for the original base too.
 * In: an opened base, where the quantised weights file may lie. Out: the base with the quantised graph, and what it lost.
 */
import { join } from 'node:path'
import type { OnProgress } from '../core/ports.ts'
import type { OnnxModel } from '../model/graph.ts'
import { quantiseBase, type BlockSize, type QuantisedModule } from '../model/quantise/index.ts'

/** What is asked for. */
export interface Quantisation {
  readonly kind: 'int4'
  /** Input features that share a scale and a zero point. */
  readonly blockSize: BlockSize
}

/** What was done. */
export interface QuantisationSummary extends Quantisation {
  /** Of the weights that were quantised, before and after. */
  readonly sizeBytes: { readonly before: number; readonly after: number }
  readonly modules: readonly QuantisedModule[]
}

export interface QuantisingOptions {
  readonly quantisation: Quantisation
  /** The folder that gets the weights file. */
  readonly folder: string
  /** Digests of the base's files: a weights file of another base is not used again. */
  readonly identity: string
  readonly onProgress: OnProgress
}

interface Quantised<Base> {
  readonly base: Base
  readonly summary: QuantisationSummary
  /** The weights file. */
  readonly file: string
}

/** @throws what quantiseBase throws */
export async function quantiseTrainingBase<
  Base extends { readonly model: OnnxModel; readonly folder: string },
>(base: Base, { quantisation, folder, identity, onProgress }: QuantisingOptions): Promise<Quantised<Base>> {
  const { blockSize } = quantisation
  const file = join(folder, `quantised-int4-${blockSize}.safetensors`)
  const { model, modules, sizeBytes } = await quantiseBase({
    model: base.model,
    folder: base.folder,
    file,
    blockSize,
    identity,
    onModule: (done, total, note) => onProgress({ unit: 'module', done, total, note }),
  })
  return { base: { ...base, model }, summary: { ...quantisation, sizeBytes, modules }, file }
}
