/**
 * Exact match: how many questions of a data file a model answers word for word. In: a generator, examples. Out: counts.
 * Decoding is greedy. An answer matches when it is the expected text, white space at both ends of either left out;
 * letters, case and everything inside are compared as they are. A question is a prompt with its completion, or a conversation up to its last
 * answer; examples of plain text ask nothing. Questions that leave the model no room for an answer count as not matched.
 */
import {
  checkGenerationOptions,
  openGenerator,
  type Generator,
  type GeneratorOptions,
} from '../generate/index.ts'
import { readExamples, type Example } from '../train/tokens/examples.ts'
import { questionOf, type Question } from '../train/tokens/sequences.ts'

export interface ExactMatch {
  readonly matches: number
  readonly questions: number
}

/** An answer that is this much longer than the expected one is another one. */
const SURPLUS_TOKEN_COUNT = 8

/**
 * The exact matches of one adapter on each of several files.
 * @returns a count a file, null where a file asks nothing
 * @throws what reading the files, the generator and its session throw
 */
export async function matchFiles(
  options: GeneratorOptions,
  files: readonly string[],
  batchSize: number,
): Promise<readonly (ExactMatch | null)[]> {
  const generator = await openGenerator(options)
  try {
    const counts: (ExactMatch | null)[] = []
    for (const file of files) {
      const examples = (await readExamples(file)).map(({ example }) => example)
      counts.push(await countExactMatches(generator, examples, batchSize))
    }
    return counts
  } finally {
    await generator.close()
  }
}

/** Of several files together; null where none of them asks anything. */
export function sumMatches(counts: readonly (ExactMatch | null)[]): ExactMatch | null {
  const asked = counts.filter((count) => count !== null)
  if (asked.length === 0) return null
  return {
    matches: asked.reduce((sum, { matches }) => sum + matches, 0),
    questions: asked.reduce((sum, { questions }) => sum + questions, 0),
  }
}

/** @returns null where the examples ask nothing @throws what the generator throws */
export async function countExactMatches(
  generator: Generator,
  examples: readonly Example[],
  batchSize: number,
): Promise<ExactMatch | null> {
  const questions = examples.map(questionOf).filter((question) => question !== null)
  if (questions.length === 0) return null
  const lengthOf = new Map(questions.map((question) => [question, generator.tokenCount(question.prompt)]))
  const fitting = questions.filter(
    (question) => (lengthOf.get(question) ?? 0) < generator.about.positionCountMax,
  )
  // Prompts of like length stand together: less padding.
  fitting.sort((a, b) => (lengthOf.get(a) ?? 0) - (lengthOf.get(b) ?? 0))
  let matches = 0
  for (let start = 0; start < fitting.length; start += batchSize) {
    matches += await countBatch(generator, fitting.slice(start, start + batchSize))
  }
  return { matches, questions: questions.length }
}

async function countBatch(generator: Generator, batch: readonly Question[]): Promise<number> {
  const longest = batch.reduce(
    (most, { expected }) => Math.max(most, generator.tokenCount({ kind: 'text', text: expected })),
    0,
  )
  const options = checkGenerationOptions({ maxTokens: longest + SURPLUS_TOKEN_COUNT })
  const answers = await generator.answer(
    batch.map(({ prompt }) => prompt),
    options,
  )
  return answers.filter(({ text }, i) => text.trim() === batch[i]?.expected.trim()).length
}
