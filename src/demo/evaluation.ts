/**
 * Did it help, and whom: losses of the base, each honest site's own adapter, the plain mean of everything received, the
 * merged result and the comparison adapter, on the honest sites' held-out lines. Two processes beside each other.
 */
import { join } from 'node:path'
import { evaluateLosses, type AdapterLosses } from '../evaluate/index.ts'
import { merge } from '../export/merge.ts'
import type { SiteLosses } from './document.ts'
import { centralFolder, dataFile, trainedFolder } from './training.ts'

export interface EvaluationPlan {
  readonly root: string
  readonly model: string
  readonly honest: readonly string[]
  readonly signal: AbortSignal
}

const losses = async (
  { root, model, honest, signal }: EvaluationPlan,
  adapters: { readonly name: string; readonly adapter: string | null }[],
): Promise<ReadonlyMap<string, AdapterLosses>> => {
  const data = honest.map((site) => dataFile(root, site, 'test'))
  const { results } = await evaluateLosses({ model, adapters, data, threads: 1 }, { signal })
  return new Map(results.map((result) => [result.name, result]))
}

/** What needs no round: the base and the sites' own adapters. Begun while the round runs. */
export function evaluateOwn(plan: EvaluationPlan): Promise<ReadonlyMap<string, AdapterLosses>> {
  const own = plan.honest.map((site) => ({ name: site, adapter: trainedFolder(plan.root, site) }))
  return losses(plan, [{ name: 'base', adapter: null }, ...own])
}

export interface RoundAdapters {
  /** The result of the round. */
  readonly merged: string
  /** What was decided on, as it was published. */
  readonly received: readonly string[]
  /** λ of the charter. */
  readonly lambda: string
}

/** What comes of the round: the plain mean of everything received, with the same λ, the result, and the comparison. */
export async function evaluateRound(
  plan: EvaluationPlan,
  { merged, received, lambda }: RoundAdapters,
): Promise<ReadonlyMap<string, AdapterLosses>> {
  const mean = join(plan.root, 'mean')
  await merge({ adapters: received, rule: 'mean', lambda, out: mean }, { signal: plan.signal })
  return losses(plan, [
    { name: 'mean', adapter: mean },
    { name: 'merged', adapter: merged },
    { name: 'central', adapter: centralFolder(plan.root) },
  ])
}

/** The table of one honest site. */
export function siteLosses(
  site: string,
  index: number,
  own: ReadonlyMap<string, AdapterLosses>,
  round: ReadonlyMap<string, AdapterLosses>,
): SiteLosses | null {
  const [base, local] = [own.get('base'), own.get(site)]
  const [mean, merged, central] = [round.get('mean'), round.get('merged'), round.get('central')]
  if (!base || !local || !mean || !merged || !central) return null
  const here = ({ files }: AdapterLosses): number => files[index]?.loss ?? Number.NaN
  return {
    own: { base: here(base), local: here(local), merged: here(merged) },
    all: { base: base.loss, local: local.loss, mean: mean.loss, merged: merged.loss, central: central.loss },
  }
}
