/** `oneround charter check`: what the figures of a charter mean, and whether it is in force. */
import { RULE_BOOK } from '../../aggregate/index.ts'
import { checkCharter, checkSignatures, readSignatures, reportCharter } from '../../charter/index.ts'
import { toHex } from '../../core/bytes.ts'
import { checkBaseModel } from '../../model/base-digest.ts'
import { readCharterCopies } from '../../node/charter-store.ts'
import { defineCommand, flag, text } from '../command.ts'
import { EXIT_STATUS } from '../exit-status.ts'
import { jsonOf } from '../output.ts'
import { reportText } from './charter-text.ts'

export const charterCheckCommand = defineCommand({
  name: 'charter check',
  description:
    'Checks that the figures of a charter fit together, and prints how many members may be absent, how many may lie,\n' +
    'which rule is used for each number of updates, and what a round costs in bytes, disk and memory.\n' +
    'A charter that members have still to sign passes, unless --in-force is given; a wrong signature never does.',
  arguments: [{ name: 'file', help: 'charter file, or copies of it', isVariadic: true }],
  options: {
    model: text('--model <folder>', 'compare the base model in this folder with the charter’s digests'),
    inForce: flag('--in-force', 'fail unless every member has signed'),
  },
  run: async ({ args, options }) => {
    const [file = ''] = args
    const signed = await readCharterCopies(args)
    const remarks = checkCharter(signed.charter, RULE_BOOK, file)
    const { missing, wrong } = readSignatures(signed)
    if (options.inForce || wrong.length > 0) checkSignatures(signed, file)
    if (options.model !== undefined) await checkBaseModel(options.model, signed.charter.baseModel)
    const report = reportCharter(signed.charter, RULE_BOOK)
    const isInForce = missing.length === 0
    const state = isInForce
      ? 'In force: signed by all.'
      : `Not in force: not signed by ${missing.join(', ')}.`
    return {
      document: {
        schema: 'oneround/charter-check@1',
        digest: toHex(signed.digest),
        inForce: isInForce,
        missing,
        baseModel: options.model === undefined ? null : 'equal',
        report: jsonOf(report),
        remarks,
      },
      text: [
        `Charter ${toHex(signed.digest)} adds up.`,
        state,
        ...(options.model === undefined ? [] : [`${options.model} is its base model.`]),
        reportText(report, remarks),
      ].join('\n'),
      exitStatus: EXIT_STATUS.ok,
    }
  },
})
