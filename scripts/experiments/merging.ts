/**
 * The round's own way from what sites trained to the merged model: canonical update files, the aggregation in the kernel
 * process, the aggregate's export into the weights. Only the network is left out. In: trained sites. Out: a model folder.
 */
import { join } from 'node:path'
import { aggregate, type KernelClient, kernelDigest } from '../../src/aggregate/index.ts'
import { parseRuleChoice } from '../../src/aggregate/rule-choice.ts'
import type { Charter, Layout } from '../../src/charter/index.ts'
import { charterRule } from '../../src/charter/draft.ts'
import { asDigest } from '../../src/core/ids.ts'
import { exportMerged } from '../../src/export/export-merged.ts'
import { openAggregateFile } from '../../src/export/aggregate-file.ts'
import { ensureFolder } from '../../src/files/index.ts'
import type { UpdateContent } from '../../src/update/index.ts'
import { writeUpdateFile } from '../../src/update/index.ts'
import { SCALE, type Trained, type WholeModel } from './training.ts'

const byName = (x: { readonly name: string }, y: { readonly name: string }): number =>
  x.name < y.name ? -1 : 1

/** Merges by the plain mean. @param base — folder that the sites trained from, with its weights as a vector */
export async function mergeSites(
  sites: readonly Trained[],
  base: { readonly folder: string; readonly weights: Float32Array },
  options: {
    readonly whole: WholeModel
    readonly kernel: KernelClient
    readonly work: string
    readonly out: string
    readonly resultRank?: number
  },
): Promise<void> {
  const { whole, kernel, work, out, resultRank } = options
  const contents = sites.map((site) => contentOf(site, base.weights, whole))
  const layout = layoutOf(contents)
  await ensureFolder(work)
  const inputs = []
  for (const [member, content] of contents.entries()) {
    const path = join(work, `update-${member}.safetensors`)
    // Files of no round: their nonces need not differ.
    await writeUpdateFile(path, content, layout, { bytes: (length) => new Uint8Array(length) })
    inputs.push({ member, path, claim: 1 })
  }
  const aggregation: Charter['aggregation'] = {
    rules: [charterRule(parseRuleChoice('mean'))],
    b: 0,
    weights: 'uniform',
    samplesRange: [1, 1],
    lambda: [1, 1],
    ...(resultRank === undefined ? {} : { resultRank }),
    kernelDigest: await kernelDigest(),
  }
  const outputPath = join(work, 'aggregate.safetensors')
  await aggregate({ layout, aggregation, inputs, outputPath, seed: asDigest(new Uint8Array(32)) }, { kernel })
  const update = await openAggregateFile(outputPath)
  try {
    await ensureFolder(out)
    await exportMerged(out, update, { baseModel: base.folder, card: '' })
  } finally {
    await update.close()
  }
}

function contentOf({ weights, modules }: Trained, base: Float32Array, { slots }: WholeModel): UpdateContent {
  if (modules.length > 0) return { modules }
  const dense = slots.map(({ name, dims, offset, size }) => ({
    name,
    shape: [...dims],
    change: weights.subarray(offset, offset + size).map((value, i) => value - (base[offset + i] ?? 0)),
  }))
  return { modules: [], dense }
}

function layoutOf(contents: readonly UpdateContent[]): Layout {
  const [first] = contents
  const modules = (first?.modules ?? [])
    .map(({ name, in: width, out }) => ({ name, in: width, out }))
    .sort(byName)
  const dense = (first?.dense ?? []).map(({ name, shape }) => ({ name, shape: [...shape] })).sort(byName)
  const rankMax = Math.max(1, ...contents.flatMap((content) => content.modules.map(({ rank }) => rank)))
  return { modules, ...(dense.length === 0 ? {} : { dense }), rankMax, scale: [SCALE, 1], dtype: 'f32' }
}
