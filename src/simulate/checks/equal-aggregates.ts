/** Honest members attest one aggregate a cut, every certificate holds offline, and nobody honest sounds an alarm of broken safety. */
import type { Check, FactValue } from '../history.ts'

const BROKEN = ['TOO_MANY_LIARS', 'AGGREGATE_DIFFERS', 'OWN_KEY_ELSEWHERE']

export const equalAggregates: Check = ({ signed, liars, certificates, alarms }) => {
  const attested = signed.filter(({ type, member }) => type === 'attestation' && !liars.includes(member))
  const cuts = [...new Set(attested.map(({ body }) => body['cut']))]
  const aggregatesOf = (cut: FactValue | undefined): ReadonlySet<FactValue | undefined> =>
    new Set(attested.filter(({ body }) => body['cut'] === cut).map(({ body }) => body['aggregate']))
  return [
    ...cuts
      .map((cut) => aggregatesOf(cut).size)
      .filter((count) => count > 1)
      .map((count) => ({ check: 'equal-aggregates', what: `${count} honest aggregates of one cut` })),
    ...certificates
      .filter(({ fault }) => fault !== null)
      .map(({ member, fault }) => ({
        check: 'equal-aggregates',
        what: `certificate of ${member}: ${fault}`,
      })),
    ...alarms
      .filter(({ code }) => BROKEN.includes(code))
      .map(({ member, code }) => ({ check: 'equal-aggregates', what: `${member} sounds ${code}` })),
  ]
}
