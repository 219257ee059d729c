/** The charter of a simulated world: real in every field, small in every figure. */
import type { Charter } from '../charter/schema.ts'
import { utf8 } from '../core/bytes.ts'
import { sha256 } from '../core/hash.ts'
import type { Digest } from '../core/ids.ts'
import { COMMIT_AT_MS, CUT_AT_MS, FINAL_AT_MS } from './deadlines.ts'
import type { Keys } from './keys.ts'
import type { Scenario } from './scenario.ts'

/** The rule that simulated members attest; which it is makes no difference to agreement. */
export const SIMULATED_RULE = { id: 'mean', version: 1 } as const

/** The layout digest that every simulated Header names. */
export const SIMULATED_LAYOUT: Digest = sha256(utf8('layout'))

export function buildCharter(scenario: Scenario, keys: Keys): Charter {
  const digest = sha256(utf8('simulated'))
  return {
    schema: 'oneround/charter@1',
    consortium: digest.slice(0, 16),
    epoch: 0,
    members: keys.signers.map(({ publicKey }, member) => ({ name: `site-${member}`, publicKey, weight: 1 })),
    f: scenario.f,
    q: scenario.q,
    baseModel: [{ name: 'model.safetensors', sha256: digest }],
    layout: { modules: [{ name: 'q', in: 8, out: 8 }], rankMax: 4, scale: [1, 1], dtype: 'f32' },
    aggregation: {
      rules: [SIMULATED_RULE],
      b: scenario.f,
      weights: 'uniform',
      samplesRange: [1, 1],
      lambda: [1, 1],
      kernelDigest: digest,
    },
    limits: {
      updateSizeBytes: 1 << 20,
      chunkSizeBytes: 1 << 16,
      moduleNorm: [1, 1],
      entry: [1, 1],
      updateNorm: [1, 1],
      memoryBytes: 1 << 20,
    },
    rounds: [
      {
        commitAtMs: COMMIT_AT_MS,
        cutAtMs: CUT_AT_MS,
        lateCutsAtMs: [...scenario.lateCutsAtMs],
        finalAtMs: FINAL_AT_MS,
      },
    ],
    minUpdates: scenario.minUpdates,
    reveal: scenario.reveal,
    latecomers: scenario.latecomers,
    retentionMs: 0,
    clockSkewMaxMs: 1_000,
  }
}
