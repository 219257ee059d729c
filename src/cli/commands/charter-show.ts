/** `oneround charter show`: what a charter says and who has signed it. */
import { readCharterCopies } from '../../node/charter-store.ts'
import { defineCommand } from '../command.ts'
import { charterDocument, charterText } from './charter-text.ts'

export const charterShowCommand = defineCommand({
  name: 'charter show',
  description:
    'Prints a charter in words, with its digest: members compare the digest over another channel before they sign.\n' +
    'Several copies of one charter are joined: all their signatures are shown.',
  arguments: [{ name: 'file', help: 'charter file, or copies of it', isVariadic: true }],
  options: {},
  run: async ({ args }) => {
    const signed = await readCharterCopies(args)
    return {
      document: { schema: 'oneround/charter-show@1', ...charterDocument(signed) },
      text: charterText(signed),
    }
  },
})
