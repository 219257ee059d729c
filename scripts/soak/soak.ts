/**
 * Rounds one after the other, of real processes, under faults drawn from a seed; and what one process that lives through
 * all of them holds after each. Each round has four members and a charter of its own: one in the process that stays, three
 * in processes of `oneround run`, of which one or two are killed and started again, or frozen for seconds.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { type RunningCommand, startCommand } from '../../src/demo/process.ts'
import { makeConsortium } from '../../test/support/consortium.ts'
import type { ResidentState, ResidentTask } from './resident.ts'

const ROUND_TIMEOUT_MS = 600_000
const LINGER_SECONDS = 60
const MOMENTS = ['header', 'seal', 'receipt', 'status', 'vote', 'finalize', 'attestation'] as const

interface Fault {
  readonly site: string
  readonly kind: 'kill' | 'freeze'
  readonly after: string
  readonly frozenMs: number
}

export interface SoakRound {
  readonly faults: readonly string[]
  /** All members ended with one digest. */
  readonly holds: boolean
  readonly seconds: number
  readonly state: Omit<ResidentState, 'aggregate'>
}

export interface SoakResult {
  readonly seed: string
  readonly isInterpreted: boolean
  readonly rounds: readonly SoakRound[]
  readonly kills: number
  readonly freezes: number
  readonly differing: number
  /** Growth a round of what the resident process holds, by least squares, without the first rounds. */
  readonly slopes: Readonly<Record<Held, number>>
  /** The same over the second half of the rounds: what still grows then is no warming up. */
  readonly late: Readonly<Record<Held, Growth>>
}

export type Held = 'heapBytes' | 'externalBytes' | 'rssBytes' | 'files' | 'resources'

/** Rounds in which caches fill and code is compiled. */
const WARM_UP_ROUND_COUNT = 2

/** The slope of the least-squares line through (0, y₀), (1, y₁), …; 0 for fewer than two points. */
export function slopeOf(values: readonly number[]): number {
  const n = values.length
  if (n < 2) return 0
  const meanX = (n - 1) / 2
  const meanY = values.reduce((sum, y) => sum + y, 0) / n
  const cross = values.reduce((sum, y, x) => sum + (x - meanX) * (y - meanY), 0)
  return cross / values.reduce((sum, _, x) => sum + (x - meanX) ** 2, 0)
}

/** How much something grows a round, and between what bounds the truth lies with 95 %. */
export interface Growth {
  readonly slope: number
  readonly interval: readonly [low: number, high: number]
}

/**
 * The slope of the least-squares line with its interval by Student's t, errors taken as independent and of one size. Fewer than
 * three points have no interval: it is without bounds.
 * Source of the quantile: Abramowitz and Stegun 1964, 26.7.5, within 0.2 % from three degrees of freedom on.
 */
export function growthOf(values: readonly number[]): Growth {
  const n = values.length
  const slope = slopeOf(values)
  if (n < 3) return { slope, interval: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] }
  const meanX = (n - 1) / 2
  const meanY = values.reduce((sum, y) => sum + y, 0) / n
  const squares = values.reduce((sum, y, x) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0)
  const spread = values.reduce((sum, _, x) => sum + (x - meanX) ** 2, 0)
  const halfWidth = studentT(n - 2) * Math.sqrt(squares / (n - 2) / spread)
  return { slope, interval: [slope - halfWidth, slope + halfWidth] }
}

/** The quantile at 0.975 of Student's t. */
function studentT(freedom: number): number {
  const z = 1.959964
  if (freedom === 1) return 12.7062
  if (freedom === 2) return 4.3027
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92_160,
  ]
  return terms.reduce((sum, term, i) => sum + term / freedom ** (i + 1), z)
}

function drawFaults(sites: readonly string[], rng: SeededRng): readonly Fault[] {
  const count = 1 + rng.below(2)
  const first = rng.below(sites.length)
  return Array.from({ length: count }, (_, i) => ({
    site: sites[(first + i) % sites.length] ?? '',
    kind: rng.below(2) === 0 ? 'kill' : 'freeze',
    after: MOMENTS[rng.below(MOMENTS.length)] ?? 'header',
    frozenMs: 500 + rng.below(4_000),
  }))
}

/** A spawned member until it ends by itself. @returns its aggregate, or null */
async function runMember(folder: string, adapter: string, fault: Fault | undefined): Promise<string | null> {
  const words = ['run', folder, '--adapter', adapter, '--until-certificate', '--linger', `${LINGER_SECONDS}`]
  let isOver = fault === undefined
  for (;;) {
    let running: RunningCommand | null = null
    const strike = (): void => {
      isOver = true
      if (fault?.kind === 'kill') running?.child.kill('SIGKILL')
      else {
        running?.child.kill('SIGSTOP')
        setTimeout(() => running?.child.kill('SIGCONT'), fault?.frozenMs)
      }
    }
    running = startCommand(words, (line) => {
      if (!isOver && line.includes('"type":"signed"') && line.includes(`"object":"${fault?.after}"`)) strike()
    })
    const { signal, document } = await running.ended
    if (signal === 'SIGKILL') continue
    const { status } = (document ?? {}) as { readonly status?: { readonly aggregate?: string | null } }
    return status?.aggregate ?? null
  }
}

/** V8 makes faster code of what runs often, in steps over many rounds, and its heap holds that too. Without, it holds data alone. */
const INTERPRETED = ['--no-opt', '--no-sparkplug'] as const

/**
 * @param isOver — asked after each round
 * @param isInterpreted — whether the process that stays runs without V8's optimising compilers
 */
export async function soak(
  seed: string,
  isOver: (rounds: number) => boolean,
  onRound: (round: SoakRound) => void,
  isInterpreted = false,
): Promise<SoakResult> {
  const rng = new SeededRng(seed)
  const resident = fork(new URL('./resident.ts', import.meta.url), {
    execArgv: ['--expose-gc', ...(isInterpreted ? INTERPRETED : []), '--import', import.meta.resolve('tsx')],
  })
  const died = once(resident, 'exit').then(() => Promise.reject(new Error('the resident process ended')))
  died.catch(() => undefined)
  const rounds: SoakRound[] = []
  let [kills, freezes] = [0, 0]
  try {
    while (!isOver(rounds.length)) {
      const startMs = performance.now()
      const consortium = await makeConsortium({
        n: 4,
        commitSeconds: 900,
        cutSeconds: 950,
        finalSeconds: 1000,
      })
      try {
        const [own = '', ...others] = consortium.names
        const faults = drawFaults(others, rng)
        kills += faults.filter(({ kind }) => kind === 'kill').length
        freezes += faults.filter(({ kind }) => kind === 'freeze').length
        const task: ResidentTask = {
          folder: consortium.folderOf(own),
          adapter: consortium.adapterOf(own),
          timeoutMs: ROUND_TIMEOUT_MS,
          lingerMs: LINGER_SECONDS * 1000,
        }
        resident.send(task)
        const answer = once(resident, 'message') as Promise<[ResidentState]>
        const aggregates = await Promise.all(
          others.map((site) =>
            runMember(
              consortium.folderOf(site),
              consortium.adapterOf(site),
              faults.find((fault) => fault.site === site),
            ),
          ),
        )
        const [{ aggregate, ...state }] = await Promise.race([answer, died])
        const digests = new Set([aggregate, ...aggregates])
        const round: SoakRound = {
          faults: faults.map(({ site, kind, after }) => `${kind} ${site} after ${after}`),
          holds: digests.size === 1 && aggregate !== null,
          seconds: (performance.now() - startMs) / 1000,
          state,
        }
        rounds.push(round)
        onRound(round)
      } finally {
        rmSync(consortium.root, { recursive: true, force: true })
      }
    }
  } finally {
    resident.kill('SIGKILL')
  }
  const held = (states: readonly SoakRound[], what: Held): readonly number[] =>
    states.map(({ state }) => state[what] ?? 0)
  const each = <T>(figure: (what: Held) => T): Readonly<Record<Held, T>> => ({
    heapBytes: figure('heapBytes'),
    externalBytes: figure('externalBytes'),
    rssBytes: figure('rssBytes'),
    files: figure('files'),
    resources: figure('resources'),
  })
  const warm = rounds.slice(WARM_UP_ROUND_COUNT)
  const late = rounds.slice(Math.floor(rounds.length / 2))
  return {
    seed,
    isInterpreted,
    rounds,
    kills,
    freezes,
    differing: rounds.filter(({ holds }) => !holds).length,
    slopes: each((what) => slopeOf(held(warm, what))),
    late: each((what) => growthOf(held(late, what))),
  }
}
