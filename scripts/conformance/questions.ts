/** Which questions the conformance vectors ask of which inputs. */
import { parseRuleChoice, RULES, resolveRule, usesFisher, whyInvalid } from '../../src/aggregate/index.ts'
import { areCapped } from '../../test/support/conformance.ts'
import type { InputSet, VectorQuestion } from '../../test/support/reference/vector.ts'

const SEED = Buffer.from(Uint8Array.from({ length: 32 }, (_, i) => (37 * i + 11) % 256)).toString('hex')

/** Beside every rule on its own: steps, parameters, and both together. */
const FURTHER = [
  'nnm+mean',
  'nnm+krum',
  'nnm+trimmed-mean',
  'nnm+weighted-median',
  'clip+multi-krum',
  'clip:norm=1.5+geometric-median',
  'clip+nnm+minimum-diameter',
  'clip+meamed',
  'bucketing+mean',
  'bucketing:size=3+krum',
  'bucketing+median',
  'bucketing+nnm+centered-clipping',
  'bucketing+ties',
  'nnm+bulyan',
  'nnm+dare-linear',
  'geometric-median:iterations=2',
  'centered-clipping:iterations=1:tau=0.7',
  'ties:density=0.45',
  'ties:density=1',
  'dare-linear:density=0.1',
  'dare-ties:density=0.75',
  'nnm+fisher-mean',
  'clip+fisher-mean',
]

/** None of them 1: a kernel that forgets λ is seen by every vector. */
const LAMBDAS: readonly (readonly [number, number])[] = [
  [7, 5],
  [3, 2],
  [1, 3],
]

/** Not asked: the answer is 0 throughout, from wrong kernels too. */
const SILENT = new Set(['coarse: median', 'coarse: weighted-median, weighed'])

/** Sets beyond the first two on which variants are asked too. */
const VARIED = new Set(['near', 'cancelling', 'straddling', 'parts', 'shared', 'fisher'])

/** Sets that are there for inner products: asked of rules that live by them. */
const OF_PRODUCTS = new Set(['long', 'wide'])

/** As many poisoned updates as the rule bears, at most two (three where claims are capped by the coordinate) and, of many, as few as keep every subset searchable by hand. */
function poisonedFor(text: string, set: InputSet): number | null {
  const choice = parseRuleChoice(text)
  // How much is capped depends on b.
  const most = set.inputs[0]?.fisher === undefined ? 2 : 3
  return (
    [3, 2, 1, 0].filter((b) => b <= most).find((b) => whyInvalid(choice, set.inputs.length, b) === null) ??
    null
  )
}

export function questionsOf(sets: readonly InputSet[]): readonly VectorQuestion[] {
  const texts = [...RULES.map(({ id }) => id), ...FURTHER]
  const questions = sets.flatMap((set, place) =>
    texts.flatMap((text, index): VectorQuestion[] => {
      // Sets with Fisher diagonals are there for the rules that read them.
      if (usesFisher(parseRuleChoice(text)) !== (set.inputs[0]?.fisher !== undefined)) return []
      const b = poisonedFor(text, set)
      const { facts, steps } = resolveRule(parseRuleChoice(text))
      // Variants on the sets in which something can go wrong with them: all of them on the ordinary one.
      if (OF_PRODUCTS.has(set.name) && facts.family !== 'combination') return []
      if (b === null || (index >= RULES.length && place > 1 && !VARIED.has(set.name))) return []
      const isWeighed = facts.usesClaims && areCapped(set, b) && steps.length === 0
      const shared = { inputs: set.name, rule: parseRuleChoice(text), b, seed: SEED }
      const lambda = LAMBDAS[place % LAMBDAS.length] ?? [7, 5]
      const plain: VectorQuestion = { name: `${set.name}: ${text}`, ...shared, claims: 'equal', lambda }
      if (!isWeighed) return [plain]
      const given: VectorQuestion = { ...plain, name: `${plain.name}, weighed`, claims: 'given' }
      const byNorm: VectorQuestion = { ...plain, name: `${plain.name}, by norm`, claims: 'inverse-norm' }
      return place > 1 ? [given] : [plain, given, ...(facts.id === 'weighted-mean' ? [byNorm] : [])]
    }),
  )
  return questions.filter(({ name }) => !SILENT.has(name))
}
