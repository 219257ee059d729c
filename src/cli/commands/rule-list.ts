/** `oneround merge --list`: every rule, whether it holds for so many updates, and why not; its steps and parameters. */
import { type ParameterFacts, RULE_BOOK, ruleNamed, RULES, STEPS, usesFisher } from '../../aggregate/index.ts'
import { toNumber } from '../../core/rational.ts'
import type { CommandResult, Json } from '../command.ts'
import { tableText } from '../words.ts'

/** `density=0.2 (0.000001 to 1)` */
function parameterText({ name, fallback, min, max }: ParameterFacts): string {
  const value = fallback === null ? 'own' : String(toNumber(fallback))
  return `${name}=${value} (${toNumber(min)} to ${toNumber(max)})`
}

const parametersText = (takes: readonly ParameterFacts[] = []): string => takes.map(parameterText).join(', ')

function parametersDocument(takes: readonly ParameterFacts[] = []): Json {
  return takes.map(({ name, fallback, min, max, help }) => ({
    name,
    default: fallback === null ? null : toNumber(fallback),
    min: toNumber(min),
    max: toNumber(max),
    help,
  }))
}

/**
 * @param m — number of updates; null: no count is given, and nothing is said of validity
 * @param withoutDiagonals — the first adapter that has no Fisher diagonals beside it
 */
export function listRules(
  m: number | null,
  b: number,
  withoutDiagonals: string | null = null,
): CommandResult {
  const lack = (id: string): string | null =>
    withoutDiagonals !== null && usesFisher({ id, version: ruleNamed(id).version })
      ? `${id} needs fisher.safetensors beside every adapter (\`oneround train --fisher\`): ${withoutDiagonals} has none`
      : null
  const explained = m === null ? [] : RULE_BOOK.explain(m, b)
  const reasons = new Map(explained.map(({ id, reason }) => [id, reason ?? lack(id)]))
  const holds = (id: string): string => (m === null ? '' : reasons.get(id) === null ? 'yes' : 'no')
  const rules = RULES.map((rule) => ({
    id: rule.id,
    version: rule.version,
    title: rule.title,
    precondition: rule.precondition,
    form: rule.family === 'combination' ? 'stacked' : 'dense',
    bears: rule.breakdown,
    weighted: rule.usesClaims,
    ...(m === null ? {} : { valid: reasons.get(rule.id) === null, reason: reasons.get(rule.id) ?? null }),
    parameters: parametersDocument(rule.takes),
  }))
  const steps = STEPS.map((step) => ({
    id: step.id,
    version: step.version,
    title: step.title,
    precondition: step.precondition,
    parameters: parametersDocument(step.takes),
  }))
  const head =
    m === null
      ? ['rule', 'needs', 'result', 'parameters']
      : ['rule', 'holds', 'needs', 'result', 'parameters']
  const table = tableText(
    head,
    RULES.map(({ id, precondition, family, takes }) => [
      id,
      ...(m === null ? [] : [holds(id)]),
      precondition,
      family === 'combination' ? 'stacked, exact' : 'dense',
      parametersText(takes),
    ]),
  )
  const why = [...reasons.values()].filter((reason) => reason !== null)
  return {
    document: { schema: 'oneround/rules@1', updates: m, b, rules, steps },
    text: [
      ...(m === null ? [] : [`${m} adapters, of which ${b} may be poisoned:`]),
      table,
      ...why,
      '',
      'Steps before a rule, joined to it by +, such as nnm+multi-krum or bucketing:size=3+median:',
      tableText(
        ['step', 'what', 'needs', 'parameters'],
        STEPS.map(({ id, title, precondition, takes }) => [id, title, precondition, parametersText(takes)]),
      ),
    ].join('\n'),
  }
}
