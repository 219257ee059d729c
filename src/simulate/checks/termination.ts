/** Every honest member is done when the world ends: it holds a certificate, or all say undecided. */
import type { Check } from '../history.ts'

export const termination: Check = ({ n, liars, finished }) =>
  Array.from({ length: n }, (_, member) => member)
    .filter((member) => !liars.includes(member) && !finished.includes(member))
    .map((member) => ({ check: 'termination', what: `honest ${member} never finished` }))
