/**
 * Late cuts only add, but for whom they exclude; exclusion is for good; what was not in cut 0's set is marked and nothing
 * else is; a cut has a certificate only if it changed something; and one that an honest member began ends for all.
 */
import type { Check, DecidedFact, History, Violation } from '../history.ts'

const violation = (what: string): Violation => ({ check: 'late-cuts', what })
const setOf = ({ updates }: DecidedFact): ReadonlySet<string> =>
  new Set(updates.map(({ member, header }) => `${member}/${header}`))

/** What is wrong with a cut's decision, given the ones of the same member before it. */
function faultsOf(first: DecidedFact, before: DecidedFact, fact: DecidedFact): readonly string[] {
  const [old, now] = [setOf(before), setOf(fact)]
  const lost = before.updates.filter(
    ({ member, header }) => !now.has(`${member}/${header}`) && !fact.excluded.includes(member),
  )
  const back = before.excluded.filter((member) => !fact.excluded.includes(member))
  const inTime = setOf(first)
  const late = fact.updates.filter(({ member, header }) => !inTime.has(`${member}/${header}`))
  const isSame = old.size === now.size && [...old].every((key) => now.has(key))
  return [
    ...lost.map(({ member }) => `lost the update of ${member}`),
    ...back.map((member) => `took excluded ${member} back`),
    ...(late.map(({ member }) => member).join(' ') === fact.late.join(' ')
      ? []
      : ['marks others than the late']),
    ...(isSame === fact.isUnchanged ? [] : ['says wrongly whether it changed']),
  ]
}

function endsForAll({ n, liars, signed, decided, finished }: History): readonly Violation[] {
  const begun = new Set(
    signed
      .filter(({ type, member }) => type === 'status' && !liars.includes(member))
      .map(({ body }) => Number(body['cut'])),
  )
  const honest = Array.from({ length: n }, (_, member) => member).filter((member) => !liars.includes(member))
  return [...begun].flatMap((cut) =>
    honest
      .filter((member) => finished.includes(member))
      .filter((member) => !decided.some((fact) => fact.member === member && fact.cut === cut))
      .map((member) =>
        violation(`honest ${member} finished without cut ${cut}, which somebody honest began`),
      ),
  )
}

export const lateCuts: Check = (history) => {
  const { decided, certificates } = history
  const decisionOf = (member: number, cut: number): DecidedFact | undefined =>
    decided.find((fact) => fact.member === member && fact.cut === cut)
  const wrong = decided
    .filter(({ cut }) => cut > 0)
    .flatMap((fact) => {
      const [first, before] = [decisionOf(fact.member, 0), decisionOf(fact.member, fact.cut - 1)]
      if (first === undefined || before === undefined) {
        return [violation(`${fact.member} decided cut ${fact.cut} before the one below it`)]
      }
      return faultsOf(first, before, fact).map((what) =>
        violation(`cut ${fact.cut} of ${fact.member} ${what}`),
      )
    })
  const empty = certificates
    .filter(({ member, cut }) => decisionOf(member, cut)?.isUnchanged === true)
    .map(({ member, cut }) => violation(`${member} certifies cut ${cut}, which changed nothing`))
  return [...wrong, ...empty, ...endsForAll(history)]
}
