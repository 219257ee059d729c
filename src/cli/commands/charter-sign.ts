/** `oneround charter sign`: this member's signature under a charter, and the others' from copies of the file. */
import { RULE_BOOK } from '../../aggregate/index.ts'
import { checkCharter, memberIndexOf, notAMember, readSignatures, signCharter } from '../../charter/index.ts'
import { toHex } from '../../core/bytes.ts'
import { createSigner } from '../../core/signature.ts'
import { checkBaseModel } from '../../model/base-digest.ts'
import { readCharterCopies, writeCharterFile } from '../../node/charter-store.ts'
import { pathFrom, readNodeFolder } from '../../node/node-folder.ts'
import { defineCommand, required, text } from '../command.ts'

export const charterSignCommand = defineCommand({
  name: 'charter sign',
  description:
    'Checks the charter, adds the signature of the node’s key, and writes the file back. Further files are copies that\n' +
    'others have signed: their signatures are taken over. A charter is in force when every member has signed it.',
  arguments: [{ name: 'file', help: 'charter file, and copies signed by others', isVariadic: true }],
  options: {
    node: required(text('--node <folder>', 'the node folder whose key signs')),
    model: text('--model <folder>', 'first compare the base model in this folder with the charter’s digests'),
    out: text('--out <file>', 'where to write the signed charter (default: the first file)'),
  },
  examples: [
    'oneround charter sign charter.json --node site-a',
    'oneround charter sign charter.json from-b.json from-c.json --node site-a',
  ],
  run: async ({ args, options }) => {
    const [file = ''] = args
    const node = await readNodeFolder(options.node)
    const signer = createSigner(node.seed)
    const joined = await readCharterCopies(args)
    const { charter } = joined
    const index = memberIndexOf(charter, signer.publicKey)
    if (index === null) throw notAMember(file, signer.publicKey)
    checkCharter(charter, RULE_BOOK, file)
    const model = options.model ?? (node.options.model && pathFrom(options.node, node.options.model))
    if (model !== undefined) await checkBaseModel(model, charter.baseModel)
    const signed = signCharter(joined, signer, file)
    const out = options.out ?? file
    await writeCharterFile(out, signed)
    const { missing, wrong } = readSignatures(signed)
    const name = charter.members[index]?.name ?? ''
    const left = [...missing, ...wrong]
    return {
      document: {
        schema: 'oneround/charter-sign@1',
        file: out,
        digest: toHex(signed.digest),
        signedAs: name,
        inForce: left.length === 0,
        missing,
        wrong,
      },
      text: [
        `Signed as ${name}: ${out}, charter ${toHex(signed.digest)}.`,
        left.length === 0 ? 'In force: signed by all.' : `Still to be signed by ${left.join(', ')}.`,
      ].join('\n'),
    }
  },
})
