/** A small charter with signers for every member, for tests of all rooms. Deterministic. */
import { buildCharter, type Charter, type CharterDraft, type RuleBook } from '../../src/charter/index.ts'
import { asDigest } from '../../src/core/ids.ts'
import { createSigner, type Signer } from '../../src/core/signature.ts'

export interface TestConsortium {
  readonly charter: Charter
  readonly signers: readonly Signer[]
}

export function testSigner(index: number): Signer {
  return createSigner(new Uint8Array(32).fill(index + 1))
}

/** Members site-a, site-b, …; two modules of 8×6 and 4×8, rank 2, scale 2. */
export function testConsortium(n: number, changes: Partial<CharterDraft> = {}): TestConsortium {
  const signers = Array.from({ length: n }, (_, i) => testSigner(i))
  const charter = buildCharter({
    consortium: new Uint8Array(16).fill(7),
    members: signers.map(({ publicKey }, i) => ({ name: `site-${String.fromCharCode(97 + i)}`, publicKey })),
    baseModel: [{ name: 'model.safetensors', sha256: asDigest(new Uint8Array(32).fill(9)) }],
    modules: [
      { name: 'layers.0.q_proj', in: 6, out: 8 },
      { name: 'layers.0.v_proj', in: 8, out: 4 },
    ],
    rankMax: 2,
    scale: [2, 1],
    rules: [{ id: 'mean', version: 1 }],
    kernelDigest: asDigest(new Uint8Array(32).fill(5)),
    rounds: [{ commitAtMs: 1_000, cutAtMs: 2_000, lateCutsAtMs: [], finalAtMs: 3_000 }],
    b: 0,
    f: 0,
    ...changes,
  })
  return { charter, signers }
}

/** Three rules with the usual preconditions (Blanchard et al. 2017; Yin et al. 2018). */
export const TEST_RULES: RuleBook = {
  has: ({ id, version }) => version === 1 && Object.hasOwn(PRECONDITIONS, id),
  problemWith: ({ id, version }) =>
    version === 1 && Object.hasOwn(PRECONDITIONS, id) ? null : `there is no rule ${id} of version ${version}`,
  explain: () => [],
  isValid: ({ id }, m, b) => PRECONDITIONS[id]?.(m, b) ?? false,
  validIds: (m, b) => Object.keys(PRECONDITIONS).filter((id) => PRECONDITIONS[id]?.(m, b)),
  usesFisher: () => false,
  isDense: ({ id }) => id === 'trimmed-mean',
}
const PRECONDITIONS: Readonly<Record<string, (m: number, b: number) => boolean>> = {
  mean: (_, b) => b === 0,
  'trimmed-mean': (m, b) => m >= 2 * b + 1,
  'multi-krum': (m, b) => m >= 2 * b + 3,
}
