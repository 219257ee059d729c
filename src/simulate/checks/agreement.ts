/** All honest members decide the same value and so the same set at every cut, and each the same again after every restart. */
import type { Check } from '../history.ts'

export const agreement: Check = ({ decided }) => {
  const cuts = [...new Set(decided.map(({ cut }) => cut))]
  return cuts.flatMap((cut) => {
    const values = new Set(
      decided.filter((fact) => fact.cut === cut).map(({ value, digest }) => `${value}/${digest}`),
    )
    if (values.size <= 1) return []
    return [{ check: 'agreement', what: `${values.size} different decisions of cut ${cut}` }]
  })
}
