/** Noise instead of an update, each attacker its own. In factors, since an adapter's ΔW is a product whatever it says. */
import type { Attack } from './attack.ts'
import { medianOf, normOf, times } from './dense.ts'

export const gaussian: Attack = {
  id: 'gaussian',
  does: 'sends random factors, at three times the honest median norm',
  source: 'Blanchard et al. 2017, "Machine Learning with Adversaries", NeurIPS (Gaussian Byzantine workers)',
  strength: 3,
  poison: ({ own, honest, attackers, rng }, strength) => {
    const norm = medianOf(honest.map(normOf))
    return Array.from({ length: attackers }, () => {
      const noise = own.map((module) => ({
        ...module,
        a: module.a.map(() => rng.normal()),
        b: module.b.map(() => rng.normal()),
      }))
      return times(noise, (strength * norm) / normOf(noise))
    })
  },
}
