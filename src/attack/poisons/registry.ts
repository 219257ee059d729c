/** All attacks on values, in the order in which reports list them. */
import { RoundError } from '../../core/errors.ts'
import { alie } from './alie.ts'
import type { Attack } from './attack.ts'
import { bombs } from './bombs.ts'
import { fangKrum } from './fang-krum.ts'
import { lopsidedFactors, oneModule, refactored } from './factors.ts'
import { gaussian } from './gaussian.ts'
import { innerProduct } from './inner-product.ts'
import { mimic } from './mimic.ts'
import { minMax, minSum } from './min-max.ts'
import { scale } from './scale.ts'
import { signFlip } from './sign-flip.ts'

export const ATTACKS: readonly Attack[] = [
  signFlip,
  scale,
  gaussian,
  alie,
  innerProduct,
  minMax,
  minSum,
  fangKrum,
  mimic,
  lopsidedFactors,
  refactored,
  oneModule,
  ...bombs,
]

export type AttackFault = { readonly code: 'ATTACK_UNKNOWN'; readonly id: string }

/** @throws ATTACK_UNKNOWN */
export function attackNamed(id: string): Attack {
  const found = ATTACKS.find((attack) => attack.id === id)
  if (found !== undefined) return found
  throw new RoundError<AttackFault>(
    { code: 'ATTACK_UNKNOWN', id },
    `no attack is called ${JSON.stringify(id)}`,
    { hint: `There are: ${ATTACKS.map((attack) => attack.id).join(', ')}.` },
  )
}
