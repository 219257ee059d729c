/**
 * A whole consortium on this machine, from nothing to the certificate: folders, data, training, charter, one round of
 * real processes, evaluation. In: how many sites, which of them lie, which are killed. Out: one document of what happened.
 *
 * The starter knows who lies, since it makes them lie; nothing that a site does or says depends on that knowledge.
 */
import { join } from 'node:path'
import type { AdapterLosses } from '../evaluate/index.ts'
import type { TimedNodeEvent } from '../node/events.ts'
import type { DemoDocument } from './document.ts'
import { evaluateOwn, evaluateRound, siteLosses } from './evaluation.ts'
import { type ConsortiumPlan, isPoison } from './plan.ts'
import { writePoisoned } from './poisoning.ts'
import { runRound, type SiteRun } from './round.ts'
import { agreeOnCharter, initSites, nodeFolder } from './setup.ts'
import { readSiteConfig } from './site-config.ts'
import { Tale } from './tale.ts'
import { ADAPTER, dataFile, trainAll, type TrainingPlan, trainedFolder, writeSiteData } from './training.ts'

export interface ConsortiumOptions {
  readonly plan: ConsortiumPlan
  /** A new folder for everything. */
  readonly root: string
  /** Hugging Face folder of the base model. */
  readonly model: string
  /** Folder of ready-made sites. */
  readonly sitesFolder: string
  /** PEFT folders to publish instead of training, in roster order, repeated as needed; none: every site trains. */
  readonly adapters: readonly string[]
  readonly onStep: (text: string) => void
  readonly onTraining: TrainingPlan['onProgress']
  readonly onEvent: (site: string, event: TimedNodeEvent) => void
  readonly signal: AbortSignal
}

/** λ: the charter's default. */
const LAMBDA = '1'
/** From the charter on: time for every process to start, even on a busy machine. Only members that are silent are waited for. */
const DEADLINES = ['--commit', '+20s', '--cut', '+30s', '--final', '+10m']
const ROUND_TIMEOUT_MS = 300_000

const charterArgs = (): readonly string[] => [
  '--targets',
  ADAPTER.targets.join(','),
  '--rank',
  `${ADAPTER.rank}`,
  '--alpha',
  `${ADAPTER.alpha}`,
  '--rule',
  'multi-krum,trimmed-mean',
  '--lambda',
  LAMBDA,
  ...DEADLINES,
]

export async function runConsortium(options: ConsortiumOptions): Promise<DemoDocument> {
  const startedAtMs = performance.now()
  const { plan, root, model, signal, onStep } = options
  const honest = plan.sites.filter((site) => !plan.attacks.some((attack) => attack.site === site))
  const setup = { root, sites: plan.sites, model, charterArgs: charterArgs(), signal }
  onStep(`${plan.sites.length} sites in ${root}`)
  const invites = await initSites(setup)
  const hasTraining = options.adapters.length === 0
  if (hasTraining) await prepareAdapters(options, honest)
  const published = await publishedAdapters(options, honest)
  onStep('Drawing up the charter; every site signs it')
  await agreeOnCharter(setup, invites)
  onStep('The round')
  const tale = new Tale(honest)
  const evaluation = { root, model, honest, signal }
  const own = hasTraining ? evaluateOwn(evaluation) : Promise.resolve(new Map<string, AdapterLosses>())
  const runs = await runRound({
    plan,
    folderOf: (site) => nodeFolder(root, site),
    adapterOf: (site) => published.get(site) ?? '',
    timeoutMs: ROUND_TIMEOUT_MS,
    onEvent: (site, event) => {
      tale.take(site, event)
      options.onEvent(site, event)
    },
    signal,
  })
  const merged = runs.find(({ name, adapter }) => name === honest[0] && adapter !== null)?.adapter
  const received = tale.received.map((site) => published.get(site) ?? '')
  const ownLosses = await own
  const canMeasure = hasTraining && merged !== undefined && merged !== null
  if (canMeasure) onStep('Measuring on held-out data')
  const roundLosses = canMeasure
    ? await evaluateRound(evaluation, { merged, received, lambda: LAMBDA })
    : new Map<string, AdapterLosses>()
  const seconds = (performance.now() - startedAtMs) / 1000
  return buildDocument({ options, honest, runs, tale, ownLosses, roundLosses, seconds })
}

/** Data and training of every site that takes part. */
async function prepareAdapters(options: ConsortiumOptions, honest: readonly string[]): Promise<void> {
  const { plan, root, model, sitesFolder, onStep, onTraining, signal } = options
  const configs = await Promise.all(plan.sites.map((site, i) => readSiteConfig(sitesFolder, site, i)))
  await writeSiteData(root, configs)
  onStep('Each site trains its own adapter on its own data')
  await trainAll({ root, model, sites: plan.sites, honest, onProgress: onTraining, signal })
}

/** The PEFT folder that each site publishes. */
async function publishedAdapters(
  { plan, root, adapters }: ConsortiumOptions,
  honest: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const trained = (site: string): string =>
    adapters[plan.sites.indexOf(site) % Math.max(1, adapters.length)] ?? trainedFolder(root, site)
  const published = new Map(plan.sites.map((site) => [site, trained(site)]))
  for (const { site, kind } of plan.attacks) {
    if (!isPoison(kind)) continue
    published.set(site, await writePoisoned(kind, trained(site), honest.map(trained), nodeFolder(root, site)))
  }
  return published
}

interface Facts {
  readonly options: ConsortiumOptions
  readonly honest: readonly string[]
  readonly runs: readonly SiteRun[]
  readonly tale: Tale
  readonly ownLosses: ReadonlyMap<string, AdapterLosses>
  readonly roundLosses: ReadonlyMap<string, AdapterLosses>
  readonly seconds: number
}

function buildDocument({
  options,
  honest,
  runs,
  tale,
  ownLosses,
  roundLosses,
  seconds,
}: Facts): DemoDocument {
  const { plan, root, model } = options
  const honestRuns = runs.filter(({ name }) => honest.includes(name))
  const digests = new Set(honestRuns.map(({ digest }) => digest))
  const isWhole = honestRuns.every(({ certificate }) => certificate !== null)
  const [first] = honestRuns
  return {
    schema: 'oneround/demo@1',
    seconds: Number(seconds.toFixed(1)),
    decided: isWhole && digests.size === 1 && !digests.has(null),
    roster: plan.sites,
    received: tale.received.length,
    used: tale.received.length - tale.leftOutByRule.length,
    rule: tale.rule,
    sites: runs.map(({ name, digest }) => ({
      name,
      honest: honest.includes(name),
      losses: honest.includes(name) ? siteLosses(name, honest.indexOf(name), ownLosses, roundLosses) : null,
      digest,
      leftOut: tale.leftOut(name),
    })),
    certificate: first?.certificate ?? null,
    adapter: first?.adapter ?? null,
    baseModel: model,
    testData: Object.fromEntries(
      options.adapters.length > 0 ? [] : honest.map((site) => [site, dataFile(root, site, 'test')]),
    ),
  }
}

/** Where everything of a run lies, below the folder the user stands in; git ignores it. */
export function consortiumFolder(cwd: string, nowMs: number): string {
  return join(cwd, '.oneround', new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-'))
}
