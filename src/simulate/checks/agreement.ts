/** All honest members decide the same value and so the same set, and each the same again after every restart. */
import type { Check } from '../history.ts'

export const agreement: Check = ({ decided }) => {
  const values = new Set(decided.map(({ value, digest }) => `${value}/${digest}`))
  return values.size <= 1 ? [] : [{ check: 'agreement', what: `${values.size} different decisions` }]
}
