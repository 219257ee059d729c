/** Honest members attest one aggregate, every certificate holds offline, and nobody honest sounds an alarm of broken safety. */
import type { Check } from '../history.ts'

const BROKEN = ['TOO_MANY_LIARS', 'AGGREGATE_DIFFERS', 'OWN_KEY_ELSEWHERE']

export const equalAggregates: Check = ({ signed, liars, certificates, alarms }) => {
  const attested = signed.filter(({ type, member }) => type === 'attestation' && !liars.includes(member))
  const aggregates = new Set(attested.map(({ body }) => body['aggregate']))
  return [
    ...(aggregates.size > 1
      ? [{ check: 'equal-aggregates', what: `${aggregates.size} honest aggregates` }]
      : []),
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
