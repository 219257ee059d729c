/** `oneround demo`: five real sites on this machine, one of which lies, from nothing to a certificate. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { consortiumFolder, runConsortium } from '../../demo/consortium.ts'
import { describeDemo } from '../../demo/document.ts'
import { CONDUCTS, POISONS, readPlan } from '../../demo/plan.ts'
import { createScreen } from '../../demo/screen.ts'
import {
  type Command,
  type CommandContext,
  type CommandResult,
  count,
  defineCommand,
  list,
  text,
  withDefault,
} from '../command.ts'
import { EXIT_STATUS } from '../exit-status.ts'
import { jsonOf } from '../output.ts'
import { systemClock } from '../system.ts'

/** The ready-made sites and their base model lie beside the program, in a checkout as in the package. */
const NODES = fileURLToPath(new URL('../../../nodes', import.meta.url))
const SITE_COUNT = 5
const ATTACK = 'sign-flip'

export const demoCommand = defineCommand({
  name: 'demo',
  description:
    'Starts five sites as processes of their own on this machine. Each trains its own adapter on its own data; the last\n' +
    'publishes something else (--attack). They agree on one set of updates and compute the same merged adapter. Nothing\n' +
    'leaves this machine. Exit status 0 only if the round was decided and every honest site holds the same digest.',
  options: {
    attack: withDefault(
      text('--attack <kind>', `what the last site does: ${[...POISONS, ...CONDUCTS].join(', ')}, or none`),
      ATTACK,
    ),
    out: text('--out <folder>', 'a new folder for everything (default: .oneround/<time>)'),
  },
  examples: ['oneround demo', 'oneround demo --attack equivocate --json'],
  run: ({ options: { attack, out } }, context) =>
    startConsortium(
      { sites: SITE_COUNT, attacks: attack === 'none' ? [] : [attack], kills: [], out },
      context,
    ),
})

interface Wanted {
  readonly sites: number
  readonly attacks: readonly string[]
  readonly kills: readonly string[]
  readonly model?: string | undefined
  readonly adapters?: readonly string[]
  readonly out: string | undefined
}

/** Any consortium on this machine; the demo is one of fixed arguments. */
async function startConsortium(wanted: Wanted, { output, signal }: CommandContext): Promise<CommandResult> {
  const root = resolve(wanted.out ?? consortiumFolder(process.cwd(), systemClock.now()))
  const screen = createScreen({ bars: process.stderr, say: output.say, isJson: output.isJson })
  try {
    const document = await runConsortium({
      plan: readPlan(wanted.sites, wanted.attacks, wanted.kills),
      root,
      model: resolve(wanted.model ?? `${NODES}/base-model`),
      sitesFolder: NODES,
      adapters: (wanted.adapters ?? []).map((folder) => resolve(folder)),
      onStep: screen.step,
      onTraining: screen.training,
      onEvent: screen.event,
      signal,
    })
    return {
      document: jsonOf(document),
      text: describeDemo(document, root),
      exitStatus: document.decided ? EXIT_STATUS.ok : EXIT_STATUS.undecided,
    }
  } finally {
    screen.stop()
  }
}

/** `npm run nodes`: the same with any number of sites, attacks and faults. */
export const nodesCommand: Command = defineCommand({
  name: 'nodes',
  description:
    'Starts any number of real sites on this machine, with chosen attacks and faults, and runs one round. Streams one\n' +
    'line an event. Exit status 0 only if every honest site holds the same digest.',
  options: {
    sites: withDefault(count('--sites <n>', 'how many sites, from 3 to 26'), SITE_COUNT),
    attack: list('--attack <kind:site>', `a site that lies: ${[...POISONS, ...CONDUCTS].join(', ')}`),
    kill: list(
      '--kill <site@moment>',
      'kill -9 a site at a moment (commit, certify, cut, agree, aggregate), then restart it',
    ),
    model: text('--model <folder>', 'Hugging Face folder of the base model (default: nodes/base-model)'),
    adapters: list('--adapters <folders>', 'PEFT folders to publish in place of training'),
    out: text('--out <folder>', 'a new folder for everything (default: .oneround/<time>)'),
  },
  examples: ['npm run nodes -- --sites 7 --attack sign-flip:site-g --kill site-c@certify'],
  run: ({ options: { sites, attack, kill, model, adapters, out } }, context) =>
    startConsortium({ sites, attacks: attack, kills: kill, model, adapters, out }, context),
})
