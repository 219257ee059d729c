/**
 * In a world without liars, faults or stragglers everything published is decided; and in no world is a member both used
 * and excluded.
 */
import type { Check } from '../history.ts'

export const validity: Check = ({ isCalm, signed, decided }) => {
  const published = signed.filter(({ type }) => type === 'header')
  const confused = decided.filter(({ updates, excluded }) =>
    updates.some(({ member }) => excluded.includes(member)),
  )
  const lacking = decided.flatMap(({ member, updates }) =>
    published
      .filter(({ digest }) => isCalm && !updates.some(({ header }) => header === digest))
      .map((header) => ({ check: 'validity', what: `${member} decided without calm ${header.member}` })),
  )
  return [
    ...lacking,
    ...confused.map(({ member }) => ({ check: 'validity', what: `${member} uses whom it excludes` })),
  ]
}
