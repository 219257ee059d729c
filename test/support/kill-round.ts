/**
 * One round of three members, all of whom are needed, in which one is a process that dies at given writes and is started
 * again: what it said before each death, as its peers hold it, must be what it says afterwards, byte for byte.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { openEnvelope } from '../../src/agree/envelope.ts'
import { toHex } from '../../src/core/bytes.ts'
import { entryArgs } from '../../src/core/entry.ts'
import { asRoundId, type RoundId } from '../../src/core/ids.ts'
import { roundIdOf } from '../../src/charter/index.ts'
import { createSigner } from '../../src/core/signature.ts'
import { verify } from '../../src/export/index.ts'
import { openJournal, journalPath } from '../../src/node/index.ts'
import { readSeed } from '../../src/node/node-folder.ts'
import { type Consortium, type ConsortiumOptions, makeConsortium } from './consortium.ts'
import type { DiskFault } from './faulty-files.ts'
import type { ClockJump, FaultyNodeOptions } from './faulty-node.ts'
import { startWorld, type World } from './round-world.ts'

export const VICTIM = 'site-c'
const VICTIM_INDEX = 2
export const NO_FAULT: DiskFault = { at: 0, mode: 'before' }

/** How one run of the victim's process ended. */
export interface VictimRun {
  readonly fault: DiskFault
  readonly signal: string | null
  /** How many writes it did, where it could say so. */
  readonly writes: number | null
  /** Its last word, when it had one. */
  readonly end: { readonly kind: string; readonly aggregate?: string } | null
  readonly error: string | null
}

export interface KillRoundOptions {
  /** A run of the victim for each; the last one ends without a fault. */
  readonly faults: readonly DiskFault[]
  readonly jumps?: readonly ClockJump[]
  /** The victim is stopped (SIGSTOP) when it has signed this, until its peers have heard of each other's receipts. */
  readonly freezeAt?: string
  /** What is done to the victim's folder before its first run, and after everything. */
  readonly before?: (folder: string) => void
  readonly after?: () => void
  /** What is done to the victim's folder between its runs. */
  readonly between?: (folder: string) => Promise<void>
  readonly consortium?: Partial<ConsortiumOptions>
}

export interface KillRoundEnd {
  readonly runs: readonly VictimRun[]
  /** Everything that is not as it must be: empty. */
  readonly violations: readonly string[]
  readonly aggregate: string | null
}

const TIMEOUT_MS = 60_000

export async function runKillRound(options: KillRoundOptions): Promise<KillRoundEnd> {
  const consortium = await makeConsortium({
    n: 3,
    // All three are needed for every quorum and for the rule: a victim that falls silent stalls the round.
    changes: { rules: [{ id: 'mean', version: 1 }], f: 0, b: 0, q: 3, minUpdates: 3 },
    ...options.consortium,
  })
  options.before?.(consortium.folderOf(VICTIM))
  const world = await startWorld(consortium, { absent: [VICTIM] })
  const runs: VictimRun[] = []
  try {
    for (const fault of [...options.faults, NO_FAULT]) {
      const run = await runVictim(consortium, fault, options, world)
      runs.push(run)
      if (fault.at === 0) break
      await options.between?.(consortium.folderOf(VICTIM))
    }
    const last = runs.at(-1)
    const aggregate = last?.end?.aggregate ?? null
    const violations =
      last?.end?.kind === 'certified'
        ? await violationsOf(consortium, world, last)
        : [`the last run of the victim ended without a certificate: ${JSON.stringify(last)}`]
    return { runs, violations, aggregate }
  } finally {
    options.after?.()
    await world.stop()
  }
}

/** Starts the victim and waits for its end: its death, its error, or its certificate. */
async function runVictim(
  consortium: Consortium,
  fault: DiskFault,
  { jumps = [], freezeAt }: KillRoundOptions,
  world: World,
): Promise<VictimRun> {
  const given: FaultyNodeOptions = {
    folder: consortium.folderOf(VICTIM),
    adapter: consortium.adapterOf(VICTIM),
    fault,
    jumps,
  }
  const entry = new URL('./faulty-node.ts', import.meta.url)
  const child = spawn(process.execPath, [...entryArgs(entry), JSON.stringify(given)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
  try {
    return await endOf(child, fault, world, freezeAt)
  } finally {
    clearTimeout(timer)
    child.kill('SIGKILL')
  }
}

/** A line of the victim's: an event, or its last word. */
interface Said {
  readonly type?: string
  readonly object?: string
  readonly end?: VictimRun['end']
  readonly error?: string
  readonly writes?: number
}

async function endOf(
  child: ChildProcess,
  fault: DiskFault,
  world: World,
  freezeAt: string | undefined,
): Promise<VictimRun> {
  if (child.stdout === null) throw new TypeError('a pipe')
  const exited = new Promise<string | null>((resolve) => {
    child.once('exit', (_, signal) => resolve(signal))
  })
  let last: Said = {}
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as Said
    if (said.type === 'signed' && said.object === freezeAt) await freeze(child, world)
    if (said.end === undefined && said.error === undefined) continue
    last = said
    if (said.end === undefined) break
    // It has its certificate: it stays until the others have theirs.
    await Promise.all(world.nodes.map(({ node }) => node.outcome))
    child.kill('SIGTERM')
  }
  return {
    fault,
    signal: await exited,
    writes: last.writes ?? null,
    end: last.end ?? null,
    error: last.error ?? null,
  }
}

/** All three are needed: what the frozen one had signed and not sent yet, the others may wait for. */
const FREEZE_MAX_MS = 15_000

/** Stops the process where it stands until the others went as far as they can without it. */
async function freeze(child: ChildProcess, world: World): Promise<void> {
  child.kill('SIGSTOP')
  const untilMs = Date.now() + FREEZE_MAX_MS
  const hasHeard = ({ name, events }: World['nodes'][number]): boolean =>
    events.some((event) => event.type === 'object' && event.object === 'receipt' && event.member !== name)
  while (!world.nodes.every(hasHeard) && Date.now() < untilMs)
    await new Promise((resolve) => setTimeout(resolve, 50))
  child.kill('SIGCONT')
}

async function violationsOf(
  consortium: Consortium,
  world: World,
  { end }: VictimRun,
): Promise<readonly string[]> {
  const violations: string[] = []
  for (const { name, node, events } of world.nodes) {
    const outcome = await node.outcome
    if (outcome.kind !== 'certified' || outcome.aggregate !== end?.aggregate)
      violations.push(`${name} ended with ${JSON.stringify(outcome)}, the victim with ${JSON.stringify(end)}`)
    for (const event of events) {
      const isAccusation =
        event.type === 'evidence' || (event.type === 'alarm' && event.code !== 'CLOCK_SKEW')
      if (isAccusation) violations.push(`${name} heard: ${JSON.stringify(event)}`)
    }
  }
  await Promise.all(world.nodes.map(({ node }) => node.stop()))
  violations.push(...(await contradictions(consortium)))
  const report = await verify(consortium.folderOf(VICTIM), { updates: true })
  for (const { holds, text } of report.checks) if (!holds) violations.push(`the victim's folder: ${text}`)
  return violations
}

/** Slot → the body and signature that somebody holds of the victim. */
async function heldOfVictim(
  consortium: Consortium,
  name: string,
  round: RoundId,
): Promise<ReadonlyMap<string, string>> {
  const folder = consortium.folderOf(name)
  const { publicKey } = createSigner(await readSeed(folder))
  const nothing = (): void => undefined
  const log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
  const journal = await openJournal(journalPath(folder), publicKey, log)
  try {
    const held = new Map<string, string>()
    for (const { type, body, signature } of journal.recordsOf(asRoundId(round))) {
      const opened = openEnvelope({ type, body, signature })
      if (!opened.ok || opened.message.member !== VICTIM_INDEX) continue
      const { slot } = opened.message
      const text = `${toHex(body)} ${toHex(signature)}`
      held.set(held.has(slot) && held.get(slot) !== text ? `${slot}, again` : slot, text)
    }
    return held
  } finally {
    await journal.close()
  }
}

/** What peers hold of the victim and the victim's journal does not: something that was said once and is not said now. */
async function contradictions(consortium: Consortium): Promise<readonly string[]> {
  const round = roundIdOf(consortium.signed.digest, 1)
  const mine = await heldOfVictim(consortium, VICTIM, round)
  const found: string[] = []
  for (const name of consortium.names.filter((each) => each !== VICTIM)) {
    const theirs = await heldOfVictim(consortium, name, round)
    if (theirs.size === 0) found.push(`${name} holds nothing of the victim`)
    for (const [slot, text] of theirs) {
      if (mine.get(slot) !== text)
        found.push(`${name} got other bytes of ${slot} than the victim's journal has`)
    }
  }
  return found
}
