/** Every promise of the protocol that a world is checked for: one explicit list. They share no code with the engine. */
import type { Check } from '../history.ts'
import { admission } from './admission.ts'
import { agreement } from './agreement.ts'
import { commitBeforeReveal } from './commit-before-reveal.ts'
import { equalAggregates } from './equal-aggregates.ts'
import { inclusion } from './inclusion.ts'
import { innocence } from './innocence.ts'
import { lateCuts } from './late-cuts.ts'
import { oneUpdate } from './one-update.ts'
import { result } from './result.ts'
import { singleSigning } from './single-signing.ts'
import { termination } from './termination.ts'
import { validity } from './validity.ts'

/** What must hold in every world within the charter's bounds. */
export const CHECKS: readonly Check[] = [
  agreement,
  oneUpdate,
  commitBeforeReveal,
  inclusion,
  innocence,
  singleSigning,
  termination,
  validity,
  admission,
  equalAggregates,
  lateCuts,
  result,
]
