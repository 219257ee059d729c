/** What both DARE rules do to each update first. */
import type { ParameterFacts } from './parameters.ts'
import type { RowJob } from './rule.ts'

export const DENSITY: ParameterFacts = {
  name: 'density',
  fallback: [1, 2],
  isWhole: false,
  min: [1, 1_000_000],
  max: [1, 1],
  help: 'probability with which a coordinate is kept',
}

export const dropAtRandom = ({ kernel, tile, count, first, seed, module, row, parameter }: RowJob): void =>
  kernel.dropTile(tile, count, first, seed, module, row, ...parameter(DENSITY.name))
