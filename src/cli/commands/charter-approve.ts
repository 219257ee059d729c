/** `oneround charter approve`: decide, with the other members of the charter in force, on its successor. */
import { approveSuccessor } from '../../node/index.ts'
import { toHex } from '../../core/bytes.ts'
import { count, defineCommand, list, required, text, withDefault } from '../command.ts'
import { EXIT_STATUS } from '../exit-status.ts'

export const charterApproveCommand = defineCommand({
  name: 'charter approve',
  description:
    'Says that you, the operator of this node, want the draft to follow the charter in force, and takes part in the decision\n' +
    'until a quorum of the old members has made it: one successor or none. Writes the proof below successions/ in the node\n' +
    'folder, and the successor as its charter.json if this node is a member of it. Started again after a crash, it goes on.\n' +
    'No round may run in this folder meanwhile. Rounds under way end under the charter that they began with.',
  arguments: [{ name: 'file', help: 'the draft, signed by all its members' }],
  options: {
    node: required(text('--node <folder>', 'the node folder')),
    charter: text('--charter <file>', 'the charter in force; by default charter.json in the node folder'),
    listen: list('--listen <multiaddr>', 'in place of what node.json says'),
    linger: withDefault(count('--linger <seconds>', 'how long to stay for members that are behind'), 30),
  },
  examples: ['oneround charter approve next.json --node site-a'],
  run: async ({ args: [file = ''], options }, { log, signal, output }) => {
    const succeeded = await approveSuccessor(
      {
        folder: options.node,
        draft: file,
        ...(options.charter === undefined ? {} : { charter: options.charter }),
        ...(options.listen.length === 0 ? {} : { listen: options.listen }),
        lingerMs: options.linger * 1_000,
        signal,
        onSigned: (type) => output.note(`signed ${type.slice('s-'.length)}`),
      },
      log,
    )
    if (succeeded === null) {
      return {
        document: { schema: 'oneround/charter-approve@1', outcome: 'stopped' },
        text: 'Stopped before a quorum had decided; start again to go on.',
        exitStatus: EXIT_STATUS.interrupted,
      }
    }
    const { proof, isMine, file: proofFile, charter } = succeeded
    const digest = toHex(proof.next.digest)
    return {
      document: {
        schema: 'oneround/charter-approve@1',
        outcome: 'decided',
        digest,
        epoch: proof.next.charter.epoch,
        isApproved: isMine,
        proof: proofFile,
        charter,
      },
      text: [
        `Decided: charter ${digest}, epoch ${proof.next.charter.epoch}.`,
        ...(isMine ? [] : ['It is another draft than the one that you approved.']),
        `Proof    ${proofFile}`,
        charter === null ? 'This node is no member of it.' : `Charter  ${charter}`,
      ].join('\n'),
      exitStatus: isMine ? EXIT_STATUS.ok : EXIT_STATUS.failed,
    }
  },
})
