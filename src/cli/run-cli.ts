/**
 * The frame of every command: finds it, parses its words with commander, runs it, prints its result or its error.
 * In: the words of the command line and the streams. Out: the exit status.
 */
import { Command as Commander, CommanderError, Option as CommanderOption } from 'commander'
import { RoundError } from '../core/errors.ts'
import {
  type Argument,
  type Command,
  type CommandResult,
  type OnInterrupt,
  type Option,
  usageError,
} from './command.ts'
import { COMMANDS, type CommandEntry, GROUPS } from './commands/index.ts'
import { EXIT_MEANINGS, EXIT_STATUS, type ExitName, exitStatusOf, type ExitStatus } from './exit-status.ts'
import { createLog, LOG_LEVELS, type LogLevel } from './log.ts'
import { createOutput, type Output, type Stream } from './output.ts'

export interface Terminal {
  readonly stdout: Stream
  readonly stderr: Stream
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal
  readonly version: string
  /** See CommandContext; where it is left out, no command can take SIGINT for itself. */
  readonly onInterrupt?: OnInterrupt
}

/** Runs one command line. Never throws: whatever goes wrong is printed and becomes the status. */
export async function runCli(
  argv: readonly string[],
  terminal: Terminal,
  commands: readonly CommandEntry[] = COMMANDS,
): Promise<ExitStatus> {
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const output = createOutput({
    stdout: terminal.stdout,
    stderr: terminal.stderr,
    // Known before the line is parsed, since a parse error must be printed in the form that was asked for.
    isJson: own.includes('--json'),
    isQuiet: own.includes('--quiet'),
    isDebug: own.includes('--debug'),
    isColorAllowed: (terminal.env['NO_COLOR'] ?? '') === '',
  })
  try {
    const result = await dispatch(argv, terminal, output, commands)
    await output.result(result)
    return result.exitStatus ?? EXIT_STATUS.ok
  } catch (thrown) {
    const error = terminal.signal.aborted && !(thrown instanceof RoundError) ? interrupted(thrown) : thrown
    await output.failure(error)
    return exitStatusOf(error)
  }
}

const interrupted = (cause: unknown): RoundError =>
  new RoundError({ code: 'INTERRUPTED' }, 'stopped before the command was done', { cause })

async function dispatch(
  argv: readonly string[],
  terminal: Terminal,
  output: Output,
  commands: readonly CommandEntry[],
): Promise<CommandResult> {
  const asked = findEntry(argv, commands)
  const loaded = asked === undefined ? undefined : await asked.load()
  let help = ''
  let result: CommandResult | undefined
  const program = buildProgram(commands, terminal.version)
  const run = async (
    command: Command,
    args: readonly string[],
    values: Readonly<Record<string, unknown>>,
  ) => {
    const level = values['logLevel'] as LogLevel
    const { signal, onInterrupt = () => () => undefined } = terminal
    const context = { output, log: createLog(level), signal, onInterrupt }
    result = await command.invoke(args, values, context)
  }
  checkKnown(argv, asked, commands)
  if (asked !== undefined && loaded !== undefined) completeCommand(program, asked, loaded, run)
  visit(program, (each) => {
    each.exitOverride()
    each.configureOutput({ writeOut: (text) => (help += text), writeErr: () => undefined })
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return answerCommander(error, help)
  }
  if (result === undefined)
    throw usageError('no command given', { hint: 'Run oneround --help for the list.' })
  return result
}

/** Commander reports help, version and errors all by throwing. */
function answerCommander(error: CommanderError, help: string): CommandResult {
  const text = help.trimEnd()
  if (error.code === 'commander.version') return { document: { version: text }, text }
  if (error.code === 'commander.helpDisplayed') return { document: { help: text }, text }
  if (error.code === 'commander.help') {
    throw usageError('no command given', { hint: 'Run oneround --help for the list.' })
  }
  throw usageError(error.message.replace(/^error: /, '').replaceAll('\n', ' '), { cause: error })
}

/** The first two words that are neither options nor the value of `--log-level`: the only one before a command's name. */
function firstWords(argv: readonly string[]): readonly string[] {
  return argv.filter((word, i) => !word.startsWith('-') && argv[i - 1] !== '--log-level').slice(0, 2)
}

function findEntry(argv: readonly string[], commands: readonly CommandEntry[]): CommandEntry | undefined {
  const [first, second] = firstWords(argv)
  return commands.find(({ name }) => name === first || name === `${first} ${second}`)
}

/** Commander would call an unknown command an unexpected argument. */
function checkKnown(
  argv: readonly string[],
  asked: CommandEntry | undefined,
  commands: readonly CommandEntry[],
): void {
  const [first, second] = firstWords(argv)
  if (asked !== undefined || first === undefined) return
  const inGroup = commands.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name)
  if (inGroup.length > 0 && second === undefined) return
  const typed = inGroup.length > 0 ? `${first} ${second}` : first
  const known = inGroup.length > 0 ? inGroup : commands.map(({ name }) => name)
  throw usageError(`unknown command "${typed}"`, { hint: `There are: ${known.join(', ')}.` })
}

function buildProgram(commands: readonly CommandEntry[], version: string): Commander {
  const statuses = Object.entries(EXIT_MEANINGS).map(
    ([name, meaning]) => `  ${String(EXIT_STATUS[name as ExitName]).padStart(3)}  ${meaning}`,
  )
  const program = new Commander('oneround')
    .description('Federated fine-tuning of foundation models in one communication round, with no server.')
    .version(version, '--version', 'print the version')
    .option('--json', 'print one JSON document on one line on stdout, and nothing else there')
    .option('--quiet', 'no progress and no remarks on stderr')
    .option('--debug', 'print stacks with errors')
    .addOption(
      new CommanderOption('--log-level <level>', 'log to stderr from this level on')
        .choices([...LOG_LEVELS])
        .default('warn'),
    )
    .helpOption('-h, --help', 'print this')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', `\nExit statuses:\n${statuses.join('\n')}`)
  for (const { name, summary } of commands) {
    const [first = '', second] = name.split(' ')
    if (second === undefined) {
      program.command(first).summary(summary).description(summary)
      continue
    }
    const group =
      program.commands.find((each) => each.name() === first) ??
      program.command(first).description(GROUPS[first] ?? first)
    group.command(second).summary(summary).description(summary)
  }
  return program
}

type Run = (
  command: Command,
  args: readonly string[],
  values: Readonly<Record<string, unknown>>,
) => Promise<void>

function completeCommand(program: Commander, entry: CommandEntry, command: Command, run: Run): void {
  let target: Commander | undefined = program
  for (const word of entry.name.split(' ')) target = target?.commands.find((each) => each.name() === word)
  if (target === undefined) return
  target.description(`${entry.summary}\n\n${command.description}`)
  for (const argument of command.arguments ?? []) target.argument(argumentText(argument), argument.help)
  for (const option of Object.values(command.options)) target.addOption(commanderOption(option))
  if (command.examples !== undefined) {
    target.addHelpText('after', `\nExamples:\n${command.examples.map((line) => `  ${line}`).join('\n')}`)
  }
  target.action(async () => run(command, target.args, target.optsWithGlobals()))
}

function argumentText({ name, isOptional, isVariadic }: Argument): string {
  const inner = `${name}${isVariadic === true ? '...' : ''}`
  return isOptional === true ? `[${inner}]` : `<${inner}>`
}

/** Commander only splits the line; values are read by our own parsers (command.ts). */
function commanderOption(option: Option<unknown>): CommanderOption {
  const built = new CommanderOption(option.flags, helpOf(option))
  if (option.isRequired) built.makeOptionMandatory()
  if (option.kind === 'list') {
    built.argParser((given: string, before: readonly string[] | undefined) => [...(before ?? []), given])
  }
  return built
}

function helpOf({ help, default: value, kind }: Option<unknown>): string {
  const isShown = value !== undefined && kind !== 'switch' && !(Array.isArray(value) && value.length === 0)
  return isShown ? `${help} (default: ${JSON.stringify(value).replaceAll(/["[\]]/g, '')})` : help
}

function visit(command: Commander, each: (command: Commander) => void): void {
  each(command)
  for (const child of command.commands) visit(child, each)
}
