/** `oneround export`: the result of a round as a folder that other tools load. */
import { EXPORT_FORMATS, exportRound } from '../../export/index.ts'
import { choice, count, defineCommand, required, text, withDefault } from '../command.ts'
import { jsonOf } from '../output.ts'

export const exportCommand = defineCommand({
  name: 'export',
  description:
    'Writes the result of a round with a model card: `adapter`, a PEFT folder whose factors give the merged change exactly;\n' +
    '`delta`, the change itself as delta.safetensors; `merged`, the base model with the change in its weights.',
  arguments: [{ name: 'path', help: 'certificate.json, the folder of a round, or a node’s folder' }],
  options: {
    out: required(text('-o, --out <folder>', 'the folder to write')),
    format: withDefault(choice('--format <form>', 'what to write', EXPORT_FORMATS), 'adapter'),
    rank: count(
      '--rank <r>',
      'recompress to this rank: smaller, no longer exact, and derived from what members attest',
      { min: 1, max: 1024 },
    ),
    model: text(
      '--model <path>',
      'the base model, a folder or an ONNX file; compared with the charter’s digests',
    ),
    evaluation: text('--evaluation <file>', 'what `oneround evaluate --json` printed, for the model card'),
    round: count(
      '--round <number>',
      'which round of a node’s folder; by default the last with a certificate',
      { min: 1 },
    ),
    cut: count(
      '--cut <number>',
      'which cut of the round, 0 for the first; by default the last with a certificate',
    ),
  },
  examples: [
    'oneround export site-a -o adapter',
    'oneround export site-a --format merged --model base -o merged',
  ],
  run: async ({ args: [path = ''], options }) => {
    const claims = await exportRound(path, {
      folder: options.out,
      format: options.format,
      ...(options.rank === undefined ? {} : { rank: options.rank }),
      ...(options.model === undefined ? {} : { baseModel: options.model }),
      ...(options.evaluation === undefined ? {} : { evaluation: options.evaluation }),
      ...(options.cut === undefined ? {} : { cut: options.cut }),
      ...(options.round === undefined ? {} : { round: options.round }),
    })
    return {
      document: {
        schema: 'oneround/export@1',
        folder: options.out,
        format: options.format,
        claims: jsonOf(claims),
      },
      text: `Wrote ${options.out}: ${options.format} of aggregate ${claims.aggregate} (round ${claims.roundNumber}, ${claims.rule}).`,
    }
  },
})
