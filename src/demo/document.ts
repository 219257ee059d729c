/**
 * What the demo says at its end, as data (`oneround/demo@1`) and as text. A rule *leaves out*, only evidence
 * *excludes*: no member is called an attacker, whatever the starter knows, since no site could know it.
 * Losses are mean cross-entropies in nats over all unmasked target tokens of the held-out files.
 */
import Table from 'cli-table3'

/** Mean losses of one site. `own`: on its own test file. `all`: on the honest sites' test files together. */
export interface SiteLosses {
  readonly own: { readonly base: number; readonly local: number; readonly merged: number }
  readonly all: {
    readonly base: number
    readonly local: number
    /** The plain mean of every received update, with the same λ. */
    readonly mean: number
    readonly merged: number
    /** One adapter trained on all honest data together: what nobody here could have. */
    readonly central: number
  }
}

export interface LeftOutReport {
  /** `admission`, `evidence` or the rule's id. */
  readonly by: string
  readonly reason: string
  readonly figures: Readonly<Record<string, number | string>>
}

export interface SiteReport {
  readonly name: string
  /** What the starter made of the site. Known to the starter alone. */
  readonly honest: boolean
  readonly losses: SiteLosses | null
  /** The aggregate that the site attests: 64 hex digits. */
  readonly digest: string | null
  readonly leftOut: LeftOutReport | null
}

export interface DemoDocument {
  readonly schema: 'oneround/demo@1'
  readonly seconds: number
  /** Whether the round was decided and every honest site holds the same digest. */
  readonly decided: boolean
  readonly roster: readonly string[]
  /** Updates that were decided on, of the roster's. */
  readonly received: number
  /** Updates with a weight in the result. */
  readonly used: number
  readonly rule: string | null
  readonly sites: readonly SiteReport[]
  /** Paths, absolute. */
  readonly certificate: string | null
  readonly adapter: string | null
  readonly baseModel: string
  readonly testData: Readonly<Record<string, string>>
}

const loss = (value: number): string => value.toFixed(3)

/** The table of losses: a row for each honest site. */
export function lossTable(sites: readonly SiteReport[]): string {
  const table = new Table({
    head: ['site', 'own: base', 'local', 'merged', 'all: base', 'local', 'mean', 'merged', 'central'],
    style: { head: [], border: [] },
    colAligns: ['left', ...Array.from({ length: 8 }, () => 'right' as const)],
  })
  for (const { name, losses } of sites) {
    if (losses === null) continue
    const { own, all } = losses
    const cells = [own.base, own.local, own.merged, all.base, all.local, all.mean, all.merged, all.central]
    table.push([name, ...cells.map(loss)])
  }
  return table.toString()
}

/** Who was left out and why, in plain words. An honest round reads the same way: a rule leaves out b members then too. */
export function describeUse(document: DemoDocument): string {
  const { received, used, roster, sites } = document
  const first = `${received} of ${roster.length} updates received, ${used} used`
  const left = sites.flatMap(({ name, leftOut }) =>
    leftOut === null ? [] : [`${name} ${verbOf(leftOut.by)}: ${leftOut.reason}`],
  )
  return [first, ...left].join('; ')
}

function verbOf(by: string): string {
  if (by === 'evidence') return 'excluded by evidence'
  return by === 'admission' ? 'not admitted' : `left out by ${by}`
}

export function describeDemo(document: DemoDocument, folder: string): string {
  const { sites, decided, certificate, adapter, baseModel } = document
  const digests = sites.map(({ name, digest }) => `  ${name}  ${digest ?? 'no result'}`)
  const lines = [
    'Losses (nats per token, lower is better):',
    lossTable(sites),
    '',
    describeUse(document),
    '',
    'Aggregate at each site:',
    ...digests,
    '',
    decided ? 'Decided: every honest site holds the same bytes.' : 'NOT decided, or the digests differ.',
    `Everything lies in ${folder}`,
  ]
  if (certificate !== null && adapter !== null) {
    lines.push(
      `Certificate  ${certificate}`,
      `Adapter      ${adapter}  (a PEFT folder)`,
      '',
      'Next:',
      `  npm run --silent oneround -- verify ${certificate.replace(/\/rounds\/.*$/, '')}`,
      `  npm run --silent oneround -- evaluate --model ${baseModel} --adapter ${adapter} --data ${Object.values(document.testData)[0] ?? ''}`,
    )
  }
  return lines.join('\n')
}
