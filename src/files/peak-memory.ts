/**
 * The most memory that this process ever had, in bytes.
 * On Linux `getrusage` answers for more than the process: a program that is started inherits the peak of the one that
 * started it. So VmHWM is read there, which begins with the program.
 * Source: proc(5), /proc/pid/status, VmHWM in KiB; Linux' `exec_mmap`, which raises `signal->maxrss` to the old image's peak.
 */
import { readFile } from 'node:fs/promises'

export async function peakMemoryBytes(): Promise<number> {
  // Linux and macOS report it in KiB through libuv.
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile('/proc/self/status', 'utf8')) ?? []
  return kib === undefined ? process.resourceUsage().maxRSS * 1024 : Number(kib) * 1024
}
