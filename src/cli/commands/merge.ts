/** `oneround merge`: the aggregation alone, offline, on adapter folders from anywhere. */
import { RULES } from '../../aggregate/index.ts'
import { EXPORT_FORMATS, merge, type MergeResult } from '../../export/merge.ts'
import { choice, count, defineCommand, list, required, text, usageError, withDefault } from '../command.ts'
import { jsonOf } from '../output.ts'

/** Energy, the square of the norm: what is discarded is never hidden behind a rounded 100 %. */
const shareText = (share: number): string => `${Number((100 * share).toPrecision(6))} %`
const figure = (value: number): string => Number(value.toPrecision(4)).toString()

export const mergeCommand = defineCommand({
  name: 'merge',
  description:
    'Merges PEFT adapters of the same modules by any rule, exactly: distances, norms and sums are of ΔW = s·B·A, never of\n' +
    'the factors apart. Ranks and scales may differ. Writes a PEFT folder (adapter), ΔW itself (delta), or the base model\n' +
    'with ΔW in its weights (merged). A dense rule’s adapter has the full rank of its modules, so that it stays exact.\n' +
    `Rules: ${RULES.map(({ id }) => id).join(', ')}.`,
  arguments: [{ name: 'adapters', help: 'PEFT folders', isVariadic: true }],
  options: {
    rule: withDefault(text('--rule <id>', 'how to merge'), 'mean'),
    f: withDefault(count('--f <n>', 'how many poisoned adapters the rule must bear (b)'), 0),
    out: required(text('-o, --out <folder>', 'where to write')),
    format: withDefault(choice('--format <form>', 'what to write', EXPORT_FORMATS), 'adapter'),
    weights: list('--weights <numbers>', 'one positive number for each adapter, for weighted rules'),
    lambda: withDefault(text('--lambda <x>', 'multiplies the result'), '1'),
    rank: count('--rank <r>', 'recompress the result to this rank (default: exact)', { min: 1, max: 1024 }),
    base: text('--base <folder>', 'Hugging Face folder of the base model, for --format merged'),
  },
  examples: ['oneround merge a/ b/ c/ d/ e/ --rule multi-krum --f 1 --out merged/'],
  run: async ({ args, options }, { output, signal }) => {
    const weights = options.weights.map((given) => {
      const value = Number(given)
      if (given === '' || !Number.isFinite(value))
        throw usageError(`--weights: expected numbers, got "${given}"`)
      return value
    })
    const progress = output.progress('merging')
    try {
      const result = await merge(
        {
          adapters: args,
          rule: options.rule,
          b: options.f,
          lambda: options.lambda,
          out: options.out,
          format: options.format,
          ...(weights.length === 0 ? {} : { weights }),
          ...(options.rank === undefined ? {} : { rank: options.rank }),
          ...(options.base === undefined ? {} : { baseModel: options.base }),
        },
        { signal, onProgress: progress.update },
      )
      return { document: jsonOf({ schema: 'oneround/merge@1', ...result }), text: textOf(result) }
    } finally {
      progress.stop()
    }
  },
})

function textOf({ rule, members, out, digest, recompression }: MergeResult): string {
  const used = members.filter(({ leftOut }) => !leftOut).length
  return [
    ...members.map(({ adapter, weight, norm, leftOut, cosine }) =>
      leftOut
        ? `${adapter}  left out by ${rule.id}  norm ${figure(norm)}  cosine to the result ${figure(cosine)}`
        : `${adapter}  ${weight === null ? 'used' : `weight ${figure(weight)}`}  norm ${figure(norm)}  cosine to the result ${figure(cosine)}`,
    ),
    `${used} of ${members.length} adapters used by ${rule.id}`,
    ...(recompression === null
      ? []
      : [`Rank ${recompression.rank} keeps ${shareText(recompression.keptShare)} of the change`]),
    `Written to ${out}`,
    `Aggregate ${digest}`,
  ].join('\n')
}
