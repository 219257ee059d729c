/** The mean of each coordinate of the dense ΔW, weighted by the Fisher information that its update publishes there. */
import type { CoordinateRule } from './rule.ts'

export const fisherMean: CoordinateRule = Object.freeze<CoordinateRule>({
  id: 'fisher-mean',
  version: 1,
  title: 'Fisher-weighted mean',
  source:
    'Matena and Raffel 2022, arXiv:2111.09832, equation 4; diagonals factored as in Shazeer and Stern 2018, arXiv:1804.04235',
  formula:
    'Σ fᵢxᵢ / Σ fᵢ, fᵢ = min(Fᵢ, c), Fᵢ[o, j] = rowsᵢ[o]·columnsᵢ[j] / Σ columnsᵢ, c by the coordinate',
  family: 'coordinate',
  precondition: 'm ≥ 2b+1, and updates that publish diagonals',
  inputCountMin: (b: number) => 2 * b + 1,
  breakdown:
    'none: b < m/2 have at most half of the weight of a coordinate, but what they say there is unbounded',
  cost: 'O(m·r·in·out) a module, and O(m²·in·out) where the cap bites',
  usesClaims: false,
  usesFisher: true,
  reports: 'mean weights, the share of coordinates where the cap bites',
  combineTile: ({ kernel, tiles, stride, m, b, fisher, count, numerator, denominator, keys, to }) =>
    fisher === null
      ? kernel.meanTile(tiles, stride, m, count, numerator, denominator, to)
      : kernel.fisherMeanTile(
          tiles,
          stride,
          m,
          b,
          fisher.table,
          fisher.firstRow,
          fisher.width,
          count,
          numerator,
          denominator,
          keys,
          fisher.sums,
          to,
        ),
})
