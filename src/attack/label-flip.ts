/**
 * Poisoned data instead of a poisoned update: every prompt gets the answer of another one. The attacker trains on it as
 * anybody would, so its update is what an honest trainer makes of wrong data.
 * Source: Tolpegin et al. 2020, arXiv:2007.08432 (label flipping in federated learning).
 */
import type { SeededRng } from '../core/seeded-rng.ts'

export interface LabelledLine {
  readonly prompt: string
  readonly completion: string
}

/** The same prompts, completions moved along a random ring: none stays where it was unless all are equal. */
export function flipLabels(lines: readonly LabelledLine[], rng: SeededRng): readonly LabelledLine[] {
  const ring = rng.shuffled([...lines.keys()])
  const flipped = [...lines]
  ring.forEach((place, i) => {
    const source = lines[ring[(i + 1) % ring.length] ?? place]
    const line = lines[place]
    if (source !== undefined && line !== undefined)
      flipped[place] = { ...line, completion: source.completion }
  })
  return flipped
}
