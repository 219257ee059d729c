// Points between the updates: p = Σ wₖΔWₖ. Where they lie follows from squared distances alone, without the cancellation
// that ‖ΔWᵢ‖² + ‖p‖² − 2⟨ΔWᵢ, p⟩ has: for u with Σ uₖ = 0, ‖Σ uₖΔWₖ‖² = −½ Σ uₖuₗDₖₗ.
import { at } from './array'

/** ‖Σ uₖΔWₖ‖² for u that sums to 0: k ascending, within it l ascending; floored at 0. */
export function squareOfDifference(square: usize, m: i32, u: usize): f64 {
  let total: f64 = 0
  for (let k = 0; k < m; k++) {
    let inner: f64 = 0
    for (let l = 0; l < m; l++) inner += at(u, l) * at(square, k * m + l)
    total += at(u, k) * inner
  }
  const result = -0.5 * total
  return result > 0 ? result : 0
}

/** ‖Σ uₖΔWₖ‖² for any u, from inner products, in the same order; floored at 0. */
export function squareOfSum(gram: usize, m: i32, u: usize): f64 {
  let total: f64 = 0
  for (let k = 0; k < m; k++) {
    let inner: f64 = 0
    for (let l = 0; l < m; l++) inner += at(u, l) * at(gram, k * m + l)
    total += at(u, k) * inner
  }
  return total > 0 ? total : 0
}
