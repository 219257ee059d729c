/** `oneround evaluate`: what adapters are worth on local data. */
import {
  type AdapterLosses,
  evaluateLosses,
  type EvaluationResult,
  type ExactMatch,
} from '../../evaluate/index.ts'
import { describeDevice, DEVICE_CHOICES } from '../../train/index.ts'
import { choice, count, defineCommand, flag, list, required, text, usageError } from '../command.ts'
import { jsonOf } from '../output.ts'
import { quantisationOf, quantiseOptions } from '../quantise-options.ts'

export const evaluateCommand = defineCommand({
  name: 'evaluate',
  description:
    'Measures the base model alone, and with each adapter, on JSONL files: mean cross-entropy over all target tokens\n' +
    '(nats) and perplexity, for each file and for all together. Prompts are no targets.',
  options: {
    model: required(text('--model <path>', 'Hugging Face folder of the base model, or an ONNX export')),
    adapter: list('--adapter <folders>', 'PEFT folders; the base alone is always measured too'),
    data: list('--data <files>', 'JSONL files: {"text"}, {"prompt", "completion"} or {"messages"} a line'),
    exactMatch: flag(
      '--exact-match',
      'also answer every prompt greedily and count the answers that are word for word the completions',
    ),
    ...quantiseOptions,
    batch: count('--batch <n>', 'sequences a batch (default: 16)', { min: 1, max: 65_536 }),
    threads: count('--threads <n>', 'threads of the processor (default: ONNX Runtime’s choice)', {
      max: 1024,
    }),
    device: choice('--device <name>', 'where the graph runs (default: cpu)', DEVICE_CHOICES),
    allowFallback: flag('--allow-fallback', 'let the processor compute what the named device cannot'),
  },
  examples: ['oneround evaluate --model base --adapter mine/adapter,merged --data test.jsonl'],
  run: async (
    { options: { model, adapter, data, exactMatch, batch, threads, device, allowFallback, ...quantising } },
    { output, signal },
  ) => {
    if (data.length === 0) throw usageError('missing --data <files>')
    const adapters = [
      { name: 'base', adapter: null },
      ...adapter.map((folder) => ({ name: folder, adapter: folder })),
    ]
    const progress = output.progress('evaluate')
    try {
      const result = await evaluateLosses(
        {
          model,
          adapters,
          data: [...data],
          exactMatch,
          ...quantisationOf(quantising),
          ...(batch === undefined ? {} : { batchSize: batch }),
          ...(threads === undefined ? {} : { threads }),
          ...(device === undefined ? {} : { device }),
          allowFallback,
        },
        { signal, onProgress: progress.update },
      )
      return { document: jsonOf(result), text: describeEvaluation(result) }
    } finally {
      progress.stop()
    }
  },
})

function describeEvaluation({ results, targetTokens, placement }: EvaluationResult): string {
  const matched = (count: ExactMatch | null | undefined): string =>
    count === undefined || count === null ? '' : `, ${count.matches} of ${count.questions} answers exact`
  const beside = ({ perplexity, accuracy }: Pick<AdapterLosses, 'perplexity' | 'accuracy'>): string =>
    [
      ...(perplexity === null ? [] : [`, perplexity ${perplexity.toFixed(2)}`]),
      ...(accuracy === undefined ? [] : [`, accuracy ${(100 * accuracy).toFixed(1)} %`]),
    ].join('')
  const lines = results.flatMap(({ name, loss, exactMatch, files, ...figures }) => [
    `${name}: loss ${loss.toFixed(4)}${beside(figures)}${matched(exactMatch)}`,
    ...(files.length > 1
      ? files.map(
          (file) =>
            `  ${file.file}: loss ${file.loss.toFixed(4)}${beside({ perplexity: null, ...file })}${matched(file.exactMatch)}`,
        )
      : []),
  ])
  if (placement !== null) lines.push(describeDevice(placement))
  return [...lines, `Over ${targetTokens} targets.`].join('\n')
}
