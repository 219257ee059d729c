/**
 * Processor seconds that the living descendants of this process have used so far, by Linux' /proc; null elsewhere.
 * Source: proc(5), /proc/pid/stat: fields 4 (parent), 14 and 15 (user and system time in ticks of 1/100 s).
 */
import { readdirSync, readFileSync } from 'node:fs'

const TICKS_A_SECOND = 100

interface Stat {
  readonly pid: number
  readonly parent: number
  readonly seconds: number
}

function statOf(pid: number): readonly Stat[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold anything: the fields are counted from behind it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [parent, user, system] = [fields[1], fields[11], fields[12]].map(Number)
    return [{ pid, parent: parent ?? 0, seconds: ((user ?? 0) + (system ?? 0)) / TICKS_A_SECOND }]
  } catch {
    // Ended between the listing and the reading.
    return []
  }
}

export function processorSecondsOfDescendants(): number | null {
  if (process.platform !== 'linux') return null
  const stats = readdirSync('/proc').flatMap((name) => (/^[0-9]+$/.test(name) ? statOf(Number(name)) : []))
  const family = new Set([process.pid])
  // A child may have a lower number than its parent: until nobody is added.
  for (let before = 0; before < family.size;) {
    before = family.size
    for (const { pid, parent } of stats) if (family.has(parent)) family.add(pid)
  }
  return stats.reduce(
    (sum, { pid, seconds }) => (family.has(pid) && pid !== process.pid ? sum + seconds : sum),
    0,
  )
}
