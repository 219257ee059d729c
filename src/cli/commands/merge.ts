/** `oneround merge`: the aggregation alone, offline, on adapter folders from anywhere. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  EXPORT_FORMATS,
  merge,
  type MergeResult,
  type MergeRunning,
  WEIGHT_SOURCES,
  type WeightSource,
} from '../../export/merge.ts'
import { choice, count, defineCommand, flag, list, text, usageError, withDefault } from '../command.ts'
import { makeTemporaryFolder, removeFolder } from '../../files/index.ts'
import { reportOn, subjectOfMerge } from '../../report/index.ts'
import { jsonOf } from '../output.ts'
import { writerOf } from './report.ts'
import { locateDiagonalFile } from '../../model/diagonal-file.ts'
import { listRules } from './rule-list.ts'

/** Energy, the square of the norm: what is discarded is never hidden behind a rounded 100 %. */
const shareText = (share: number): string => `${Number((100 * share).toPrecision(6))} %`
const figure = (value: number): string => Number(value.toPrecision(4)).toString()

export const mergeCommand = defineCommand({
  name: 'merge',
  description:
    'Merges PEFT adapters of the same modules by any rule, exactly: distances, norms and sums are of ΔW = s·B·A, never of\n' +
    'the factors apart. Ranks and scales may differ. Writes a PEFT folder (adapter), ΔW itself (delta), or the base model\n' +
    'with ΔW in its weights (merged). A dense rule’s adapter has the full rank of its modules, so that it stays exact.\n' +
    'Rules may have steps before them and parameters: nnm+multi-krum, ties:density=0.3; --list has them all, and says which\n' +
    'hold for the given adapters and why others do not.',
  arguments: [{ name: 'adapters', help: 'PEFT folders', isVariadic: true, isOptional: true }],
  options: {
    rule: withDefault(text('--rule <id>', 'how to merge, with steps before it and parameters'), 'mean'),
    f: withDefault(count('--f <n>', 'how many poisoned adapters the rule must bear (b)'), 0),
    list: flag('--list', 'list the rules and whether they hold for these adapters, and stop'),
    out: text('-o, --out <folder>', 'where to write; needed unless --list is given'),
    format: withDefault(choice('--format <form>', 'what to write', EXPORT_FORMATS), 'adapter'),
    weights: list(
      '--weights <numbers>',
      'for weighted rules: one positive number for each adapter, or inverse-norm, or rank',
    ),
    seed: withDefault(text('--seed <text>', 'what rules that draw lots draw from'), 'oneround'),
    lambda: withDefault(text('--lambda <x>', 'multiplies the result'), '1'),
    sharedA: flag(
      '--shared-a',
      'all adapters have one A (FFA-LoRA): combine B alone, the result has their rank',
    ),
    rank: count('--rank <r>', 'recompress the result to this rank (default: exact)', { min: 1, max: 1024 }),
    report: text('--report <file>', 'write what the rule did with each adapter: .html, .json or .txt'),
    workers: count(
      '--workers <n>',
      'threads of a rule on coordinates (default: what the job is worth, at most 4)',
      {
        min: 1,
        max: 64,
      },
    ),
    base: text(
      '--base <path>',
      'the base model, a Hugging Face folder or an ONNX file: for --format merged, and for parameters trained whole',
    ),
  },
  examples: ['oneround merge a/ b/ c/ d/ e/ --rule multi-krum --f 1 --out merged/'],
  run: async ({ args, options }, { output, signal }) => {
    if (options.list) {
      if (args.length === 0) return listRules(null, options.f)
      return listRules(args.length, options.f, await firstWithoutDiagonals(args))
    }
    const { out } = options
    if (out === undefined) throw usageError('missing -o, --out <folder>')
    if (args.length === 0) throw usageError('missing argument: adapters')
    const weights = weightsOf(options.weights)
    const inspect = options.report === undefined ? undefined : inspectorOf(options.report, args)
    const progress = output.progress('merging')
    try {
      const result = await merge(
        {
          adapters: args,
          rule: options.rule,
          b: options.f,
          lambda: options.lambda,
          out,
          seed: options.seed,
          format: options.format,
          ...(weights === undefined ? {} : { weights }),
          ...(options.rank === undefined ? {} : { rank: options.rank }),
          ...(options.sharedA ? { sharedA: true } : {}),
          ...(options.workers === undefined ? {} : { workers: options.workers }),
          ...(options.base === undefined ? {} : { baseModel: options.base }),
        },
        { signal, onProgress: progress.update, ...(inspect === undefined ? {} : { inspect }) },
      )
      return { document: jsonOf({ schema: 'oneround/merge@1', ...result }), text: textOf(result) }
    } finally {
      progress.stop()
    }
  },
})

async function firstWithoutDiagonals(adapters: readonly string[]): Promise<string | null> {
  for (const adapter of adapters) if ((await locateDiagonalFile(adapter)) === null) return adapter
  return null
}

/** Writes the report while the aggregate is still there. */
function inspectorOf(file: string, adapters: readonly string[]): NonNullable<MergeRunning['inspect']> {
  const write = writerOf(file)
  return async (material) => {
    const folder = await makeTemporaryFolder(join(tmpdir(), 'oneround-report-'))
    try {
      const subject = subjectOfMerge(material, adapters)
      await write(await reportOn(subject, `a merge of ${adapters.length} adapters`, folder), null)
    } finally {
      await removeFolder(folder)
    }
  }
}

/** Numbers, or where to take them from; undefined when nothing was said. */
function weightsOf(given: readonly string[]): readonly number[] | WeightSource | undefined {
  const [first] = given
  if (first === undefined) return undefined
  const source = WEIGHT_SOURCES.find((each) => each === first)
  if (source !== undefined && given.length === 1) return source
  return given.map((text) => {
    const value = Number(text)
    if (text === '' || !Number.isFinite(value))
      throw usageError(`--weights: expected numbers, or ${WEIGHT_SOURCES.join(' or ')}, got "${text}"`)
    return value
  })
}

function textOf(result: MergeResult): string {
  const { rule, members, out, digest, recompression, weightCap, uniform, notes } = result
  const used = members.filter(({ leftOut }) => !leftOut).length
  return [
    ...members.map(({ adapter, weight, norm, leftOut, cosine }) =>
      leftOut
        ? `${adapter}  left out by ${rule.id}  norm ${figure(norm)}  cosine to the result ${figure(cosine)}`
        : `${adapter}  ${weight === null ? 'used' : `weight ${figure(weight)}`}  norm ${figure(norm)}  cosine to the result ${figure(cosine)}`,
    ),
    `${used} of ${members.length} adapters used by ${result.ruleText}`,
    ...Object.entries(notes).map(([name, value]) => `${name} ${figure(value)}`),
    ...(weightCap === null ? [] : [`Weights were capped at ${weightCap}`]),
    ...(uniform === null
      ? []
      : [
          `Equal weights would have given a result ${figure(uniform.differenceNorm)} away (cosine ${figure(uniform.cosine)})`,
        ]),
    ...(recompression === null
      ? []
      : [`Rank ${recompression.rank} keeps ${shareText(recompression.keptShare)} of the change`]),
    `Written to ${out}`,
    `Aggregate ${digest}`,
  ].join('\n')
}
