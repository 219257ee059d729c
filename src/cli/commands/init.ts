/** `oneround init`: a node folder with a fresh key, options and journal. */
import { createNodeFolder } from '../../node/node-folder.ts'
import { defineCommand, list, required, text, withDefault } from '../command.ts'
import { systemRng } from '../system.ts'

/** Any address and any free port are for listening only. */
const UNDIALABLE = /^\/ip4\/0\.0\.0\.0\/|^\/ip6\/::\/|\/tcp\/0(\/|$)/

export const initCommand = defineCommand({
  name: 'init',
  description:
    'Makes a node folder: `key` (readable by you only), `node.json` (where to listen, where model and data lie) and\n' +
    'the journal of everything the key signs. Prints the invite, one line that you send to whoever draws up the charter.\n' +
    'Keep the whole folder together: a key without its journal must never sign.',
  arguments: [{ name: 'folder', help: 'the new node folder' }],
  options: {
    name: required(text('--name <name>', 'what to be called: lower-case letters, digits, inner dashes')),
    listen: withDefault(list('--listen <multiaddr>', 'where to listen'), ['/ip4/127.0.0.1/tcp/4101']),
    announce: list('--announce <multiaddr>', 'where the others can dial this node, if not where it listens'),
  },
  examples: [
    'oneround init site-a --name site-a --listen /ip4/0.0.0.0/tcp/4101 --announce /ip4/192.0.2.7/tcp/4101',
  ],
  run: async ({ args: [folder = ''], options }, { output }) => {
    const { name, listen, announce } = options
    const unreachable = (announce.length === 0 ? listen : announce).filter((address) =>
      UNDIALABLE.test(address),
    )
    if (unreachable.length > 0) {
      output.note(
        `Nobody can dial ${unreachable.join(', ')}: name an address and a port with --announce, or in node.json.`,
      )
    }
    const draft = { folder, name, listen, ...(announce.length === 0 ? {} : { announce }) }
    const { invite } = await createNodeFolder(draft, systemRng)
    return {
      document: { schema: 'oneround/init@1', folder, name, listen: [...listen], invite },
      text: `Made ${folder}. Send this line to whoever draws up the charter:\n\n${invite}`,
    }
  },
})
