/** What is written beside the base model: how it was made, in words and as a curve. */
import type { HistoryEntry, TrainingResult } from '../../src/train/index.ts'

const WIDTH = 640
const HEIGHT = 320
const MARGIN = 48

/** Validation and training loss over steps, as an SVG without any script. */
export function lossCurveSvg(history: readonly HistoryEntry[]): string {
  const stepMax = history.at(-1)?.step ?? 1
  const losses = history.flatMap(({ trainLoss, validationLoss }) => [trainLoss ?? 0, validationLoss ?? 0])
  const lossMax = Math.ceil(Math.max(...losses))
  const x = (step: number): number => MARGIN + ((WIDTH - 2 * MARGIN) * step) / stepMax
  const y = (loss: number): number => HEIGHT - MARGIN - ((HEIGHT - 2 * MARGIN) * loss) / lossMax
  const line = (pick: (entry: HistoryEntry) => number | null, color: string): string => {
    const points = history.flatMap((entry) => {
      const loss = pick(entry)
      return loss === null ? [] : [`${x(entry.step).toFixed(1)},${y(loss).toFixed(1)}`]
    })
    return `<polyline fill="none" stroke="${color}" stroke-width="2" points="${points.join(' ')}"/>`
  }
  const marks = Array.from({ length: lossMax + 1 }, (_, loss) => {
    const at = y(loss).toFixed(1)
    const grid = `<line x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${at}" y2="${at}" stroke="#8884"/>`
    return `${grid}<text x="${MARGIN - 8}" y="${at}" text-anchor="end" dominant-baseline="middle">${loss}</text>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#777">`,
    '<title>Loss of the base model over pretraining steps</title>',
    ...marks,
    line((entry) => entry.trainLoss, '#c80'),
    line((entry) => entry.validationLoss, '#08c'),
    `<text x="${MARGIN}" y="20">mean cross-entropy, nats a token: blue validation, orange training</text>`,
    `<text x="${WIDTH - MARGIN}" y="${HEIGHT - 16}" text-anchor="end">${stepMax} steps</text>`,
    '</svg>',
    '',
  ].join('\n')
}

/** The README of the model's folder. */
export function describePretraining(result: TrainingResult): string {
  const { recipe, samples, targetTokens, steps, seconds, validationLoss, parameterCount } = result
  const rows = result.history.map(({ step, trainLoss, validationLoss: measured }) => {
    return `| ${step} | ${trainLoss?.toFixed(3) ?? ''} | ${measured?.toFixed(3) ?? ''} |`
  })
  return `# The demo's base model

A causal language model of the Llama architecture with ${parameterCount} parameters in f32, as a Hugging Face folder:
\`transformers\` loads it unchanged (\`AutoModelForCausalLM\`, \`AutoTokenizer\`). It knows a small invented world of
deliveries, in plain sentences and a few instruction tasks, and nothing else.

\`npm run pretrain\` makes it again from nothing (\`scripts/pretrain.ts\`), with this package's own trainer in
full-parameter mode:

| | |
|---|---|
| text | ${samples.training} lines of \`src/recipes/pretraining.ts\`, ${targetTokens} target tokens an epoch; ${samples.validation} other lines for validation |
| tokenizer | byte-level BPE, 512 ids: pad, end, 256 bytes, 254 merges learned from 4000 other lines |
| seed | \`${recipe.seed}\` |
| training | ${recipe.epochs} epochs, ${steps} steps of ${recipe.batchSize} lines; AdamW (rate ${recipe.learningRate}, betas ${recipe.betas.join(' and ')}, decay ${recipe.weightDecay}), warm-up ${recipe.warmupShare * 100} % of the steps, cosine down to ${recipe.finalShare * 100} %, gradient norm at most ${recipe.gradientNormMax} |
| loss | ${validationLoss?.before.toFixed(3)} → ${validationLoss?.best.toFixed(3)} nats a target token on the validation lines (best at step ${result.bestStep}) |
| time | ${Math.round(seconds)} s from step ${result.resumedFromStep} on. Another number of threads may change the last bits |

![Loss over steps](loss.svg)

| step | training loss | validation loss |
|---:|---:|---:|
${rows.join('\n')}

\`training.json\` has the whole recipe and the digests of what went in.
`
}
