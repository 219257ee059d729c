/**
 * A rule as a charter names it: id and version, its parameters, and the steps before it. Written by people as
 * `nnm+multi-krum`, `bucketing:size=3+krum`, `ties:density=0.3`: steps first, joined by `+`; parameters behind colons.
 */
import type { ChosenRule, NamedPart } from '../charter/rule-book.ts'
import { parseRational } from '../core/rational.ts'
import { aggregateError } from './errors.ts'
import {
  type ParameterValues,
  parametersText,
  parameterValue,
  problemWithParameters,
} from './rules/parameters.ts'
import { RULES, STEPS } from './rules/registry.ts'
import type { AggregationRule, AggregationStep, Facts, ParameterOf } from './rules/rule.ts'

/** A part with its parameters in force. */
export interface Resolved<T extends Facts> {
  readonly facts: T
  readonly values: ParameterValues
  readonly parameter: ParameterOf
}

export interface ResolvedRule extends Resolved<AggregationRule> {
  readonly steps: readonly Resolved<AggregationStep>[]
}

const same = ({ id, version }: NamedPart, other: NamedPart): boolean =>
  other.id === id && other.version === version

/** Rule, steps and parameters of a choice, or what is wrong with it. */
export function findRule(choice: ChosenRule): ResolvedRule | { readonly problem: string } {
  const rule = RULES.find((each) => same(choice, each))
  if (rule === undefined) return { problem: `there is no rule ${choice.id} of version ${choice.version}` }
  const steps: Resolved<AggregationStep>[] = []
  for (const named of choice.steps ?? []) {
    const step = STEPS.find((each) => same(named, each))
    if (step === undefined) return { problem: `there is no step ${named.id} of version ${named.version}` }
    const problem = problemWithParameters(step.id, step.takes ?? [], named.parameters ?? {})
    if (problem !== null) return { problem }
    if (steps.some(({ facts }) => facts.id === step.id)) return { problem: `the step ${step.id} comes twice` }
    steps.push(resolve(step, named.parameters))
  }
  const problem = problemWithParameters(rule.id, rule.takes ?? [], choice.parameters ?? {})
  if (problem !== null) return { problem }
  const mixing = steps.find(({ facts }) => !facts.keepsMembers)
  if (rule.family === 'coordinate' && rule.usesFisher === true && mixing !== undefined) {
    const problem = `${rule.id} weighs by members’ Fisher diagonals, and the rows of ${mixing.facts.id} are nobody’s`
    return { problem }
  }
  return { ...resolve(rule, choice.parameters), steps }
}

function resolve<T extends Facts>(facts: T, values: ParameterValues = {}): Resolved<T> {
  const takes = facts.takes ?? []
  return { facts, values, parameter: (name) => parameterValue(takes, values, name) }
}

/** @throws RULE_UNKNOWN | RULE_PARAMETER */
export function resolveRule(choice: ChosenRule): ResolvedRule {
  const found = findRule(choice)
  if (!('problem' in found)) return found
  if (!RULES.some((each) => same(choice, each))) throw unknownRule(choice.id)
  throw aggregateError(
    { code: 'RULE_PARAMETER', rule: choice.id, reason: found.problem },
    `rule ${choice.id}: ${found.problem}`,
    {
      hint: `Steps are ${STEPS.map(({ id }) => id).join(', ')}; \`oneround merge --list\` has all parameters.`,
    },
  )
}

function unknownRule(id: string) {
  const known = RULES.map((each) => each.id)
  return aggregateError({ code: 'RULE_UNKNOWN', rule: id, known }, `unknown rule "${id}"`, {
    hint: `There are: ${known.join(', ')}.`,
  })
}

/** The rule of an id, in its newest version. @throws RULE_UNKNOWN */
export function ruleNamed(id: string): AggregationRule {
  const rule = RULES.find((each) => each.id === id)
  if (rule === undefined) throw unknownRule(id)
  return rule
}

/** A choice from its text, newest versions. @throws RULE_UNKNOWN | RULE_PARAMETER | RATIONAL_INVALID */
export function parseRuleChoice(text: string): ChosenRule {
  const words = text.split('+')
  const parts = words.map((word, index) => parsePart(word, index === words.length - 1))
  const last = parts.at(-1)
  if (last === undefined) throw unknownRule(text)
  const steps = parts.slice(0, -1)
  const choice: ChosenRule = { ...last, ...(steps.length === 0 ? {} : { steps }) }
  resolveRule(choice)
  return choice
}

function parsePart(word: string, isRule: boolean): NamedPart {
  const [id = '', ...settings] = word.trim().split(':')
  const facts: Facts | undefined = isRule ? ruleNamed(id) : STEPS.find((each) => each.id === id)
  if (facts === undefined) {
    throw aggregateError(
      { code: 'RULE_PARAMETER', rule: word, reason: `unknown step "${id}"` },
      `${word}: unknown step "${id}"`,
      { hint: `Steps before a rule are ${STEPS.map((each) => each.id).join(', ')}.` },
    )
  }
  const named = { id: facts.id, version: facts.version }
  if (settings.length === 0) return named
  const parameters = settings.map((setting) => {
    const [name = '', value = ''] = setting.split('=')
    return [name, parseRational(value, `${id}:${name}`)] as const
  })
  return { ...named, parameters: Object.fromEntries(parameters) }
}

/** How an aggregate's header and reports name it: `multi-krum@1`, `nnm@1+ties@1(density=1/5)`. */
export const ruleText = ({ facts, values, steps }: ResolvedRule): string =>
  [...steps, { facts, values }]
    .map(
      (part) =>
        `${part.facts.id}@${part.facts.version}${parametersText(part.facts.takes ?? [], part.values)}`,
    )
    .join('+')

export const isSeeded = ({ facts, steps }: ResolvedRule): boolean =>
  facts.isSeeded === true || steps.some((step) => step.facts.isSeeded === true)
