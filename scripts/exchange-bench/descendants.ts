/**
 * What the living descendants of this process have used so far, by Linux' /proc; null elsewhere: processor seconds of all, and
 * the most memory of those that compute aggregates.
 * Source: proc(5), /proc/pid/stat: fields 4 (parent), 14 and 15 (user and system time in ticks of 1/100 s); /proc/pid/status:
 * VmHWM in KiB.
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

/** This process's descendants, without itself. */
function descendants(): readonly Stat[] {
  const stats = readdirSync('/proc').flatMap((name) => (/^[0-9]+$/.test(name) ? statOf(Number(name)) : []))
  const family = new Set([process.pid])
  // A child may have a lower number than its parent: until nobody is added.
  for (let before = 0; before < family.size;) {
    before = family.size
    for (const { pid, parent } of stats) if (family.has(parent)) family.add(pid)
  }
  return stats.filter(({ pid }) => family.has(pid) && pid !== process.pid)
}

export function processorSecondsOfDescendants(): number | null {
  if (process.platform !== 'linux') return null
  return descendants().reduce((sum, { seconds }) => sum + seconds, 0)
}

const KERNEL_PROCESS = /kernel-process\.[jt]s/

/** Of the processes that members compute in, the peak of the largest; null where there is none. */
export function peakMegabytesOfKernels(): number | null {
  if (process.platform !== 'linux') return null
  const peaks = descendants().flatMap(({ pid }) => {
    try {
      if (!KERNEL_PROCESS.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))) return []
      const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
      return kib === undefined ? [] : [(Number(kib) * 1024) / 1e6]
    } catch {
      // Ended between the listing and the reading.
      return []
    }
  })
  return peaks.length === 0 ? null : Math.max(...peaks)
}
