/** `oneround verify`: whether a certificate proves what it says, offline. */
import { fromHex } from '../../core/bytes.ts'
import { asDigest, DIGEST_BYTES } from '../../core/ids.ts'
import { verify } from '../../export/index.ts'
import { type CommandContext, count, defineCommand, flag, text, usageError } from '../command.ts'
import { EXIT_STATUS } from '../exit-status.ts'
import { jsonOf } from '../output.ts'

export const verifyCommand = defineCommand({
  name: 'verify',
  description:
    'Checks a certificate offline: the charter is signed by all its members, a quorum decided on one set of updates and\n' +
    'attests one aggregate. In the folder of a round or of a node, also that the aggregate is the attested one and the\n' +
    'adapter what follows from it. With the updates, the aggregate is computed again and compared byte for byte.\n' +
    'Exits with 1 when a check fails.',
  arguments: [{ name: 'path', help: 'certificate.json, the folder of a round, or a node’s folder' }],
  options: {
    charter: text(
      '--charter <file>',
      'the charter that you mean; by default charter.json in the node’s folder',
    ),
    charterDigest: text('--charter-digest <hex>', 'the same by its digest'),
    successions: text(
      '--successions <folder>',
      'proofs of succession; by default those of the node’s folder',
    ),
    round: count(
      '--round <number>',
      'which round of a node’s folder; by default the last with a certificate',
      { min: 1 },
    ),
    cut: count(
      '--cut <number>',
      'which cut of the round, 0 for the first; by default the last with a certificate',
    ),
    aggregate: text('--aggregate <file>', 'the aggregate; by default the one beside the certificate'),
    updates: text('--updates <folder>', 'compute the aggregate again from the updates in this folder'),
    recompute: flag('--recompute', 'the same, from the updates beside the certificate'),
  },
  examples: [
    'oneround verify site-a',
    'oneround verify site-a --recompute',
    'oneround verify certificate.json --charter charter.json',
  ],
  run: async ({ args: [path = ''], options }, context) => {
    const digest = options.charterDigest === undefined ? undefined : parseDigest(options.charterDigest)
    const updates = options.updates ?? (options.recompute ? true : undefined)
    const progress = context.output.progress('computing the aggregate')
    try {
      const report = await verify(path, {
        ...(options.charter === undefined ? {} : { charter: options.charter }),
        ...(digest === undefined ? {} : { charterDigest: digest }),
        ...(options.successions === undefined ? {} : { successions: options.successions }),
        ...(options.cut === undefined ? {} : { cut: options.cut }),
        ...(options.round === undefined ? {} : { round: options.round }),
        ...(options.aggregate === undefined ? {} : { aggregate: options.aggregate }),
        ...(updates === undefined ? {} : { updates }),
        signal: context.signal,
        onProgress: progress.update,
      })
      return {
        document: jsonOf(report),
        text: textOf(report, context.output.tint),
        exitStatus: report.holds ? EXIT_STATUS.ok : EXIT_STATUS.failed,
      }
    } finally {
      progress.stop()
    }
  },
})

function parseDigest(given: string) {
  const bytes = fromHex(given)
  if (bytes?.length !== DIGEST_BYTES)
    throw usageError(`--charter-digest: expected 64 lower-case hex digits, got "${given}"`)
  return asDigest(bytes)
}

function textOf(
  { checks, holds, file, claims }: Awaited<ReturnType<typeof verify>>,
  tint: CommandContext['output']['tint'],
): string {
  const isBasisChecked = checks.some(({ id }) => id === 'basis')
  const isTrusted = checks.some(({ id }) => id === 'charter-trusted')
  return [
    file,
    ...checks.map((check) => {
      const mark = check.holds ? tint('green', 'holds ') : tint('red', 'FAILS ')
      return `  ${mark} ${check.text}${check.code === undefined ? '' : ` (${check.code})`}`
    }),
    holds ? tint('bold', 'All checks hold.') : tint('bold', 'This certificate does NOT hold.'),
    ...(claims.basis === null || isBasisChecked
      ? []
      : [`It builds on aggregate ${claims.basis}, whose certificate does not lie beside it.`]),
    ...(isTrusted
      ? []
      : [
          `Compare the charter’s digest with the one that you know: ${claims.charter} (or name it with --charter).`,
        ]),
  ].join('\n')
}
