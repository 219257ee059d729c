/** Whatever is decided is admissible, and the update of the member under whose name it is decided. */
import type { Check } from '../history.ts'

export const admission: Check = ({ signed, decided, updates }) => {
  const updateOf = new Map(
    signed.filter(({ type }) => type === 'header').map(({ digest, body }) => [digest, body['update']]),
  )
  return decided.flatMap(({ member: by, cut, updates: list }) =>
    list
      .filter(({ member, header }) => {
        const update = updateOf.get(header)
        const known = typeof update === 'string' ? updates.get(update) : undefined
        return known !== undefined && (known.owner !== member || !known.isAdmissible)
      })
      .map(({ member }) => ({
        check: 'admission',
        what: `${by} decided at cut ${cut} an update of ${member} that is not admissible`,
      })),
  )
}
