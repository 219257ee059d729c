/** `oneround run`: take part in a round with one node. */
import { setTimeout as delay } from 'node:timers/promises'
import { peakMemoryBytes } from '../../files/index.ts'
import {
  cutFolder,
  describeEvent,
  type Node,
  openNode,
  type RoundFolder,
  type RoundOutcome,
  type TimedNodeEvent,
} from '../../node/index.ts'
import {
  type CommandContext,
  type CommandResult,
  count,
  defineCommand,
  flag,
  type Json,
  list,
  text,
  usageError,
  withDefault,
} from '../command.ts'
import { EXIT_STATUS } from '../exit-status.ts'
import { jsonOf } from '../output.ts'
import { PROXY_OPTION, proxyOf } from '../proxy-option.ts'
import { systemClock } from '../system.ts'

/** How long to stay for members that are behind, by default, once this node has its certificate. */
const LINGER_SECONDS = 30
/** All members attested and one more interval of sync: nobody that is connected can still lack anything of mine. */
const SETTLED_MS = 6_000
const POLL_MS = 250

export const runCommand = defineCommand({
  name: 'run',
  description:
    'Takes part in a round: publishes an adapter, fetches and checks the others, agrees, aggregates, and writes\n' +
    'certificate.json and the merged adapter below rounds/ in the node folder. Started again after a crash, it goes on\n' +
    'where it was. Stays up to serve members that are late, until it is stopped; with --until-certificate it ends when\n' +
    'the others have what they need, or after --linger seconds.\n' +
    'Events go to stderr: words, or with --json one JSON document a line.',
  arguments: [{ name: 'folder', help: 'the node folder' }],
  options: {
    adapter: text(
      '--adapter <folder>',
      'PEFT folder (or, where the charter says so, whole model) to publish; by default what node.json names',
    ),
    model: text('--model <folder>', 'base model; by default what node.json names'),
    pass: flag('--pass', 'take part without an update'),
    round: count('--round <number>', 'which of the charter’s rounds; by default the first that is not over', {
      min: 1,
    }),
    charter: text('--charter <file>', 'by default charter.json in the node folder'),
    listen: list('--listen <multiaddr>', 'in place of what node.json says'),
    proxy: PROXY_OPTION,
    untilCertificate: flag('--until-certificate', 'end when the certificate is written'),
    untilCut: count('--until-cut <k>', 'end when late cut k is over, with a certificate or without', {
      min: 1,
      max: 16,
    }),
    linger: withDefault(
      count('--linger <seconds>', 'with --until-certificate: how long to stay for members that are behind'),
      LINGER_SECONDS,
    ),
  },
  examples: ['oneround run site-a --adapter site-a/adapter --until-certificate'],
  run: async ({ args: [folder = ''], options }, context) => {
    if (options.pass && options.adapter !== undefined)
      throw usageError('--pass and --adapter exclude each other')
    const adapter = options.pass ? null : options.adapter
    const proxy = proxyOf(options.proxy)
    const node = await openNode(
      {
        folder,
        ...(options.charter === undefined ? {} : { charter: options.charter }),
        ...(options.model === undefined ? {} : { model: options.model }),
        ...(options.round === undefined ? {} : { round: options.round }),
        ...(adapter === undefined ? {} : { adapter }),
        ...(options.listen.length === 0 ? {} : { listen: options.listen }),
        ...(proxy === undefined ? {} : { proxy }),
        onEvent: (event) => tell(event, context),
      },
      context.log,
    )
    try {
      await node.start()
      const outcome = await orStopped(outcomeAt(node, options.untilCut ?? 0), context.signal)
      if (outcome === null) return await resultOf(node, null)
      if (options.untilCertificate || options.untilCut !== undefined)
        await linger(node, outcome, options.linger * 1_000, context.signal)
      else await stopped(context.signal)
      return await resultOf(node, outcome)
    } finally {
      await node.stop()
    }
  },
})

function tell(event: TimedNodeEvent, { output }: CommandContext): void {
  const line = output.isJson ? JSON.stringify(event) : describeEvent(event)
  if (line !== null) output.note(line)
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** The outcome, or null when a signal came first. */
async function orStopped(outcome: Promise<RoundOutcome>, signal: AbortSignal): Promise<RoundOutcome | null> {
  return Promise.race([outcome, stopped(signal).then(() => null)])
}

/** The outcome up to a cut: the last that is a result, or that there is none. */
async function outcomeAt(node: Node, cut: number): Promise<RoundOutcome> {
  let outcome = await node.outcome
  for (let k = 1; k <= cut; k++) {
    const late = await node.outcomeOf(k)
    if (late.kind !== 'unchanged') outcome = late
  }
  return outcome
}

/** Serves whoever is behind: until every member attested and had time to sync, or the time is over. */
async function linger(
  node: Node,
  outcome: RoundOutcome,
  lingerMs: number,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = systemClock.now() + lingerMs
  const isOver = (): boolean => signal.aborted || systemClock.now() >= untilMs
  const isBehind = (): boolean =>
    outcome.kind === 'certified' && node.status().members.some(({ hasAttested }) => !hasAttested)
  // A signal cuts a pause short; the conditions end the waiting.
  const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal }).catch(() => undefined)
  while (isBehind() && !isOver()) await pause(POLL_MS)
  if (!isOver()) await pause(Math.min(SETTLED_MS, lingerMs))
}

/** Where the latest result lies: of the round, or of the last late cut that added something. */
const resultFolder = (node: Node): RoundFolder => cutFolder(node.folder, node.lastCertifiedCut() ?? 0)

async function resultOf(node: Node, outcome: RoundOutcome | null): Promise<CommandResult> {
  const status = node.status()
  const isCertified = outcome?.kind === 'certified'
  const document = {
    schema: 'oneround/run@1',
    outcome: outcome?.kind ?? 'stopped',
    certificate: isCertified ? resultFolder(node).certificate : null,
    adapter: isCertified && node.hasAdapter ? resultFolder(node).adapter : null,
    usage: await usageOf(node),
    status: jsonOf(status),
  }
  const exitStatus = isCertified
    ? EXIT_STATUS.ok
    : outcome?.kind === 'undecided'
      ? EXIT_STATUS.undecided
      : EXIT_STATUS.interrupted
  return { document, text: textOf(node, outcome), exitStatus }
}

/** What the round took of this machine and its line. */
async function usageOf(node: Node): Promise<Json> {
  const { sentBytes, receivedBytes, uploadedBytes } = node.traffic()
  const uploaded = [...uploadedBytes].map(([member, bytes]) => [node.members[member] ?? '', bytes])
  return {
    peakMemoryBytes: await peakMemoryBytes(),
    sentBytes,
    receivedBytes,
    uploadedBytes: jsonOf(Object.fromEntries(uploaded)),
  }
}

function textOf(node: Node, outcome: RoundOutcome | null): string {
  if (outcome === null) return 'Stopped before the round was decided; start again to go on.'
  if (outcome.kind === 'undecided') {
    return `Undecided: too few updates. Missing: ${outcome.missing.join(', ')}.`
  }
  if (outcome.kind === 'unchanged') return 'The cut added nothing.'
  const { certificate, adapter } = resultFolder(node)
  const last = node.hasAdapter
    ? `Adapter      ${adapter}`
    : 'Model        oneround export <node folder> --format merged --model <base> --out <folder>'
  return [`Aggregate    ${outcome.aggregate}`, `Certificate  ${certificate}`, last].join('\n')
}
