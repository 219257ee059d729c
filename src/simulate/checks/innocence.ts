/** Nobody holds evidence against an honest member, and no decision excludes one. */
import type { Check } from '../history.ts'

export const innocence: Check = ({ caught, decided, liars }) => [
  ...caught
    .filter(({ member }) => !liars.includes(member))
    .map(({ by, member }) => ({ check: 'innocence', what: `${by} holds evidence against honest ${member}` })),
  ...decided.flatMap(({ member: by, excluded }) =>
    excluded
      .filter((member) => !liars.includes(member))
      .map((member) => ({ check: 'innocence', what: `${by} excludes honest ${member}` })),
  ),
]
