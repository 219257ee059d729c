/**
 * One round of a local consortium: a real `oneround run` process for each site, killed and restarted where the plan
 * says so, watched until every one has ended. In: prepared site folders. Out: what each process said at its end.
 */
import type { ChildProcess } from 'node:child_process'
import * as v from 'valibot'
import type { TimedNodeEvent } from '../node/events.ts'
import { type CommandEnd, type RunningCommand, startCommand, startLyingSite } from './process.ts'
import type { ConsortiumPlan } from './plan.ts'

export interface SiteRun {
  readonly name: string
  readonly end: CommandEnd | null
  /** The aggregate the site attested, from its status at the end. */
  readonly digest: string | null
  readonly certificate: string | null
  readonly adapter: string | null
  /** How often the process was killed and started again. */
  readonly restartCount: number
  /** What its last process took of memory and line; null when it ended without a word, or counts nothing. */
  readonly usage: RunUsage | null
}

export type RunUsage = v.InferOutput<typeof usageSchema>

export interface RoundOptions {
  readonly plan: ConsortiumPlan
  /** Node folder of a site. */
  readonly folderOf: (site: string) => string
  /** PEFT folder that a site publishes. */
  readonly adapterOf: (site: string) => string
  /** After this long whoever still runs is asked to stop. */
  readonly timeoutMs: number
  readonly onEvent: (site: string, event: TimedNodeEvent) => void
  readonly signal: AbortSignal
}

/**
 * How long a site stays for members that are behind. A killed one needs to start again and catch up, which takes long on
 * a busy machine; nobody waits so long otherwise, since all are stopped when every site has its result.
 */
const LINGER_SECONDS = 240

const usageSchema = v.object({
  peakMemoryBytes: v.number(),
  sentBytes: v.number(),
  receivedBytes: v.number(),
  uploadedBytes: v.record(v.string(), v.number()),
})
const runDocument = v.object({
  schema: v.literal('oneround/run@1'),
  outcome: v.string(),
  certificate: v.nullable(v.string()),
  adapter: v.nullable(v.string()),
  status: v.object({ aggregate: v.nullable(v.string()) }),
  usage: v.optional(usageSchema),
})

/** Runs all sites to their end. */
export async function runRound(options: RoundOptions): Promise<readonly SiteRun[]> {
  const { plan, timeoutMs, signal } = options
  const children = new Set<ChildProcess>()
  const asked = new Set<ChildProcess>()
  /** Once: a process that is asked twice ends at once. */
  const stopAll = () => {
    for (const child of children) if (!asked.has(child)) child.kill('SIGTERM')
    children.forEach((child) => asked.add(child))
  }
  const timer = setTimeout(stopAll, timeoutMs)
  signal.addEventListener('abort', stopAll, { once: true })
  try {
    const isLying = (site: string) => plan.attacks.some((attack) => attack.site === site)
    // Once every site that keeps the rules has its result on disk, nobody has to be waited for.
    const waiting = new Set(plan.sites.filter((site) => !isLying(site)))
    const onEvent = (site: string, event: TimedNodeEvent): void => {
      options.onEvent(site, event)
      const isLast = event.type === 'adapter' && waiting.delete(site) && waiting.size === 0
      if (isLast) stopAll()
    }
    const runs = plan.sites.map((site) => runSite(site, { ...options, onEvent }, children))
    await Promise.all(runs.filter((_, i) => !isLying(plan.sites[i] ?? '')))
    // A site that breaks the protocol may never come to an end of its own.
    stopAll()
    return await Promise.all(runs)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stopAll)
    children.forEach((child) => child.kill('SIGKILL'))
  }
}

async function runSite(site: string, options: RoundOptions, children: Set<ChildProcess>): Promise<SiteRun> {
  const { plan } = options
  const conduct = plan.attacks.find((attack) => attack.site === site)?.kind
  if (conduct === 'silent') return { ...nothing(site), end: null }
  const kill = plan.kills.find((each) => each.site === site)
  const start = (onLine: (line: string) => void): RunningCommand =>
    conduct === 'equivocate'
      ? startLyingSite([options.folderOf(site), options.adapterOf(site), conduct], onLine)
      : startCommand(
          [
            'run',
            options.folderOf(site),
            '--adapter',
            options.adapterOf(site),
            '--until-certificate',
            '--linger',
            `${LINGER_SECONDS}`,
          ],
          onLine,
        )
  let isKilled = false
  const watch = (child: () => ChildProcess | undefined) => (line: string) => {
    const event = parseEvent(line)
    if (event === null) return
    options.onEvent(site, event)
    if (kill === undefined || isKilled || event.type !== 'signed' || event.object !== kill.after) return
    isKilled = true
    child()?.kill('SIGKILL')
  }
  for (let restartCount = 0; ; restartCount++) {
    let child: ChildProcess | undefined
    const running = start(watch(() => child))
    child = running.child
    children.add(running.child)
    const end = await running.ended
    children.delete(running.child)
    // The plan's own kill; a process that something else killed stays down and is reported.
    const isPlanned = isKilled && end.signal === 'SIGKILL' && restartCount === 0
    if (!isPlanned) return { ...nothing(site), ...readEnd(end), end, restartCount }
  }
}

const nothing = (name: string) => ({
  name,
  digest: null,
  certificate: null,
  adapter: null,
  restartCount: 0,
  usage: null,
})

function readEnd(end: CommandEnd): Pick<SiteRun, 'digest' | 'certificate' | 'adapter' | 'usage'> {
  const checked = v.safeParse(runDocument, end.document)
  if (!checked.success) return { digest: null, certificate: null, adapter: null, usage: null }
  const { certificate, adapter, status, usage = null } = checked.output
  return { digest: status.aggregate, certificate, adapter, usage }
}

/** A line on stderr is an event, or a remark that is none of ours. */
function parseEvent(line: string): TimedNodeEvent | null {
  if (!line.startsWith('{')) return null
  try {
    const value: unknown = JSON.parse(line)
    const isEvent = typeof value === 'object' && value !== null && 'type' in value && 'atMs' in value
    // Our own process of the same version wrote the line; its shape is that of its type.
    return isEvent ? (value as TimedNodeEvent) : null
  } catch {
    // A process that was killed in the middle of a line.
    return null
  }
}
