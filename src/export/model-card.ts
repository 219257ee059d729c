/**
 * The model card of an exported result: what it is based on, whose updates are in it, by which rule, and how anybody can
 * check that. Written for the Hugging Face hub (a YAML head, then Markdown), and for people. Pure.
 * A rule leaves updates out, only evidence excludes a member; no card calls anybody an attacker.
 */

export interface CardMember {
  readonly name: string
  /** Share of the result; null where the rule works by coordinates and has none. */
  readonly weight: number | null
  /** ‖ΔW‖ over all modules; null when the update was not received. */
  readonly norm: number | null
  /** Why its update is not in the result, as a clause; null when it is. */
  readonly leftOut: string | null
}

export interface CardFacts {
  /** Folder or hub name of the base model; null when unknown. */
  readonly baseModel: string | null
  /** Name and SHA-256 (hex) of each of the base model's files. */
  readonly baseFiles: readonly { readonly name: string; readonly sha256: string }[]
  readonly rule: string
  readonly lambda: number
  /** SHA-256 of the aggregate file, hex; null for a merge without a round. */
  readonly aggregate: string | null
  readonly members: readonly CardMember[]
  readonly format: 'adapter' | 'delta' | 'merged'
  /** From a round; null for a merge of folders. */
  readonly round: {
    readonly charter: string
    readonly roundNumber: number
    readonly certificate: string
  } | null
  readonly evaluation: readonly { readonly name: string; readonly loss: number }[] | null
  /** Where the result was recompressed after the rule: its rank, and how much of ‖ΔW‖² that keeps, 0 to 1. */
  readonly recompression?: {
    readonly rank: number
    readonly keptShare: number
    /** Whether the charter asked for it, so that it is what members attest. */
    readonly isAttested: boolean
  } | null
}

const FORMS: Readonly<Record<CardFacts['format'], string>> = {
  adapter: 'A LoRA adapter: the factors’ product is the merged change of the weights, exactly.',
  delta: 'The merged change of the weights itself, `<module>.weight` [out, in] in f32.',
  merged: 'The base model with the merged change added to its weights.',
}

/** Shown as code: names come from other members. */
const code = (text: string): string => `\`${text.replaceAll('`', "'")}\``
const figure = (value: number | null): string =>
  value === null ? '–' : Number(value.toPrecision(4)).toString()

export function modelCard(facts: CardFacts): string {
  const used = facts.members.filter(({ leftOut }) => leftOut === null)
  const head = [
    '---',
    ...(facts.baseModel === null ? [] : [`base_model: ${JSON.stringify(facts.baseModel)}`]),
    ...(facts.format === 'adapter' ? ['library_name: peft'] : []),
    'tags:',
    '  - oneround',
    '  - lora',
    '---',
  ]
  const lines = [
    ...head,
    '',
    '# Merged in one round',
    '',
    `${FORMS[facts.format]} Merged from the updates of ${used.length} of ${facts.members.length} members by ${code(facts.rule)}${facts.lambda === 1 ? '' : `, times λ = ${facts.lambda}`}.`,
    '',
    '| member | weight | norm of its update | |',
    '|---|---|---|---|',
    ...facts.members.map(
      ({ name, weight, norm, leftOut }) =>
        `| ${code(name)} | ${figure(weight)} | ${figure(norm)} | ${leftOut === null ? 'used' : leftOut} |`,
    ),
    ...recompression(facts),
    ...provenance(facts),
    ...base(facts),
    ...evaluation(facts),
  ]
  return `${lines.join('\n')}\n`
}

function recompression({ recompression: shrunk }: CardFacts): readonly string[] {
  if (shrunk === null || shrunk === undefined) return []
  const kept = Number((100 * shrunk.keptShare).toPrecision(6))
  const text = `Recompressed to rank ${shrunk.rank}, the best approximation of that rank: it keeps ${kept} % of the squared norm of the merged change.`
  return ['', text]
}

function provenance({ aggregate, round, format, recompression: shrunk }: CardFacts): readonly string[] {
  const lines = aggregate === null ? [] : [`Aggregate (SHA-256): ${code(aggregate)}`]
  if (round !== null) {
    lines.push(
      `Charter: ${code(round.charter)}, round ${round.roundNumber}`,
      `Certificate: ${code(round.certificate)}. Check it offline with ${code(`oneround verify ${round.certificate}`)}.`,
    )
    if (format !== 'adapter' || shrunk?.isAttested === false)
      lines.push('What the members attest is the aggregate; this form is derived from it.')
  }
  return lines.length === 0 ? [] : ['', '## Where it comes from', '', ...lines.map((line) => `- ${line}`)]
}

function base({ baseFiles }: CardFacts): readonly string[] {
  if (baseFiles.length === 0) return []
  return [
    '',
    '## Base model',
    '',
    '| file | SHA-256 |',
    '|---|---|',
    ...baseFiles.map(({ name, sha256 }) => `| ${code(name)} | ${code(sha256)} |`),
  ]
}

function evaluation({ evaluation: results }: CardFacts): readonly string[] {
  if (results === null || results.length === 0) return []
  return [
    '',
    '## Evaluation',
    '',
    'Mean cross-entropy over the target tokens of held-out data, in nats.',
    '',
    '| model | loss |',
    '|---|---|',
    ...results.map(({ name, loss }) => `| ${code(name)} | ${figure(loss)} |`),
  ]
}
