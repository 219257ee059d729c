/**
 * A member whose machine was restored from a backup: its journal is an earlier one. By a coin it knows and only observes,
 * or it does not know and signs slots again that it signed before.
 */
import type { Behaviour, Site } from '../site.ts'

const restarted = new WeakSet<Site>()

export const restoredBackup: Behaviour = {
  name: 'restored-backup',
  onStart: (liar) => {
    const { random, schedule } = liar.world
    if (restarted.has(liar)) return
    schedule.at(random.between(500, 20_000), () => {
      restarted.add(liar)
      liar.crash(schedule.nowMs() + random.between(1, 5_000), 'restored-backup')
    })
  },
  remembers: (liar, journal) => {
    const { random } = liar.world
    if (!restarted.has(liar)) return { messages: journal, observe: false }
    return { messages: journal.slice(0, random.between(0, journal.length)), observe: random.chance(0.5) }
  },
}
