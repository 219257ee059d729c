/** Values that break arithmetic instead of learning: what admission and the kernel's loading are there for. */
import { type Attack, together } from './attack.ts'

/** The smallest normal f32; half of it is subnormal. */
const SUBNORMAL = 2 ** -130

const filled = (id: string, does: string, value: number): Attack => ({
  id,
  does,
  source: 'IEEE 754-2019, sections 6.1, 6.2 and 3.4',
  strength: null,
  poison: (knowledge) =>
    together(
      knowledge.own.map((module) => ({ ...module, b: module.b.map(() => value) })),
      knowledge,
    ),
})

export const bombs: readonly Attack[] = [
  filled('nan', 'sends NaN in every entry of B', Number.NaN),
  filled('infinity', 'sends +∞ in every entry of B', Number.POSITIVE_INFINITY),
  filled(
    'subnormal',
    'sends numbers so small that processors compute them a hundred times slower, or as 0',
    SUBNORMAL,
  ),
]
