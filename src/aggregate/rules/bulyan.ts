/** Krum again and again chooses m − 2b updates; of each coordinate the m − 4b values nearest to their median are averaged. */
import type { CoordinateRule } from './rule.ts'

export const bulyan: CoordinateRule = Object.freeze<CoordinateRule>({
  id: 'bulyan',
  version: 1,
  title: 'Bulyan',
  source: 'El Mhamdi et al. 2018, arXiv:1802.07927, section 4; at least one neighbour counts',
  formula:
    'θ = m−2b updates by repeated Krum among those left, then the mean of the θ−2b values nearest to the median',
  family: 'coordinate',
  precondition: 'm ≥ 4b+3',
  inputCountMin: (b: number) => 4 * b + 3,
  breakdown: 'b ≤ (m−3)/4, coordinate by coordinate',
  cost: 'O(m²·r²·(in+out) + m·r·in·out + m²·in·out) a module, then O(m³·log m)',
  usesClaims: false,
  reports: 'who was left out',
  choose: ({ kernel, square, m, b, scratch, keep }) => kernel.keepRepeatedKrum(square, m, b, scratch, keep),
  combineTile: ({ kernel, tiles, stride, m, b, count, numerator, denominator, keys, to }) =>
    kernel.aroundMedianTile(tiles, stride, m, 2 * b, count, numerator, denominator, keys, to),
})
