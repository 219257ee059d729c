/** `oneround charter adopt`: put a successor in place that the members of the charter before have decided on. */
import { adoptSuccessor } from '../../node/index.ts'
import { toHex } from '../../core/bytes.ts'
import { defineCommand, required, text } from '../command.ts'

export const charterAdoptCommand = defineCommand({
  name: 'charter adopt',
  description:
    'Checks the proof of a succession and writes the new charter into the node folder: for members that join, and for those\n' +
    'that were away when it was decided.',
  arguments: [{ name: 'file', help: 'the proof that a member’s `oneround charter approve` wrote' }],
  options: { node: required(text('--node <folder>', 'the node folder')) },
  examples: ['oneround charter adopt site-a/successions/….json --node site-d'],
  run: async ({ args: [file = ''], options }) => {
    const { proof, charter } = await adoptSuccessor(options.node, file)
    const { old, next } = proof
    return {
      document: {
        schema: 'oneround/charter-adopt@1',
        digest: toHex(next.digest),
        epoch: next.charter.epoch,
        predecessor: toHex(old.digest),
        charter,
      },
      text: `Charter ${toHex(next.digest)}, epoch ${next.charter.epoch}: decided by ${proof.finalizes.length} of ${old.charter.members.length} members of ${toHex(old.digest).slice(0, 16)}…. Wrote ${charter ?? ''}.`,
    }
  },
})
