/** Every way in which a simulated member may lie, by name: one explicit list. */
import { copier } from './copier.ts'
import { doubleSealer } from './double-sealer.ts'
import { doubleVoter } from './double-voter.ts'
import { earlyReader } from './early-reader.ts'
import { equivocator } from './equivocator.ts'
import { fader } from './fader.ts'
import { forgetter } from './forgetter.ts'
import { impostor } from './impostor.ts'
import { lateLiar } from './late-liar.ts'
import { miscomputer } from './miscomputer.ts'
import { poisoner } from './poisoner.ts'
import { quitter } from './quitter.ts'
import { recarrier } from './recarrier.ts'
import { restoredBackup } from './restored-backup.ts'
import { silent } from './silent.ts'
import { skimper } from './skimper.ts'
import { splitter } from './splitter.ts'
import { staleReplayer } from './stale-replayer.ts'
import { statusLiar } from './status-liar.ts'
import { twin } from './twin.ts'
import { victimHeader } from './victim-header.ts'
import { withholder } from './withholder.ts'
import type { Behaviour } from '../site.ts'

const BEHAVIOURS = {
  silent,
  equivocator,
  'double-sealer': doubleSealer,
  'double-voter': doubleVoter,
  'victim-header': victimHeader,
  copier,
  withholder,
  poisoner,
  splitter,
  'stale-replayer': staleReplayer,
  'status-liar': statusLiar,
  'early-reader': earlyReader,
  fader,
  forgetter,
  miscomputer,
  twin,
  quitter,
  'restored-backup': restoredBackup,
  'late-liar': lateLiar,
  impostor,
  skimper,
  recarrier,
} as const satisfies Readonly<Record<string, Behaviour>>

export type BehaviourName = keyof typeof BEHAVIOURS
export const BEHAVIOUR_NAMES: readonly BehaviourName[] = Object.keys(BEHAVIOURS) as BehaviourName[]

export function behaviourOf(name: BehaviourName): Behaviour {
  return BEHAVIOURS[name]
}
