/** All honest members decide the same, and each the same again after every restart. */
import type { Check } from '../history.ts'

export const agreement: Check = ({ decided }) => {
  const digests = new Set(decided.map(({ digest }) => digest))
  return digests.size <= 1 ? [] : [{ check: 'agreement', what: `${digests.size} different decisions` }]
}
