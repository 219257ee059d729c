/**
 * A disk that fails where a test says: every write of this process below one folder has a number, from 1, in the order in
 * which it is asked for; at a given number the process is killed before the write, after it or in the middle of it, or the
 * disk is full from there on.
 *
 * It stands between the program and `node:fs/promises`, so that nothing of the program knows of it. Install it before the
 * program is loaded.
 */
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { resolve, sep } from 'node:path'

export type FaultMode =
  /** Killed by SIGKILL before, after, or in the middle of the write: half of its bytes are there. */
  | 'before'
  | 'after'
  | 'torn'
  /** This write and all that come later fail: no space left on the disk. */
  | 'full'

export interface DiskFault {
  /** The number of the write, from 1; 0: none. */
  readonly at: number
  readonly mode: FaultMode
}

export interface FaultyDisk {
  /** How many writes there were. */
  readonly writeCount: () => number
}

/** Kills this very process, as `kill -9` from outside would: nothing runs after it. */
function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined)
}

const noSpace = (): Error => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })

/** @param folder — only writes below it count */
export function installFaultyDisk(folder: string, { at, mode }: DiskFault): FaultyDisk {
  const root = resolve(folder) + sep
  let count = 0
  const isBelow = (path: unknown): boolean => typeof path === 'string' && resolve(path).startsWith(root)

  /** @param tear — does half of the write */
  const numbered = async <T>(write: () => Promise<T>, tear?: () => Promise<unknown>): Promise<T> => {
    const number = ++count
    if (at === 0 || number < at) return write()
    if (mode === 'full') throw noSpace()
    if (number > at) return die()
    if (mode === 'before') return die()
    if (mode === 'torn' && tear !== undefined) await tear()
    else await write()
    return die()
  }

  /** A write that needs no space: a full disk lets it pass. */
  const freeing = (write: () => Promise<void>): Promise<void> => (mode === 'full' ? write() : numbered(write))

  const { open, rename, link, unlink, writeFile, appendFile } = fs
  type Handle = Awaited<ReturnType<typeof open>>
  const watch = (handle: Handle): Handle => {
    const write = handle.write.bind(handle) as (
      bytes: Uint8Array,
      offset?: number | null,
      length?: number | null,
      position?: number | null,
    ) => Promise<{ bytesWritten: number; buffer: Uint8Array }>
    const truncate = handle.truncate.bind(handle)
    const watched = {
      write: (bytes: Uint8Array, offset?: number | null, length?: number | null, position?: number | null) =>
        numbered(
          () => write(bytes, offset, length, position),
          () => write(bytes, offset, Math.floor((length ?? bytes.length) / 2), position),
        ),
      // A sync is a point too: what is before it may be in the cache only, yet a killed process loses no cache.
      datasync: wrap(handle.datasync.bind(handle)),
      sync: wrap(handle.sync.bind(handle)),
      truncate: (length?: number) => freeing(() => truncate(length)),
    }
    return Object.assign(handle, watched)
  }
  const wrap = (act: () => Promise<void>) => (): Promise<void> => numbered(act)
  const isWriting = (flags: unknown): boolean => flags !== undefined && flags !== 'r'

  Object.assign(fs, {
    open: async (path: string, flags?: string | number, permissions?: number) => {
      const handle = await open(path, flags, permissions)
      return isBelow(path) && isWriting(flags) ? watch(handle) : handle
    },
    rename: (from: string, to: string) => (isBelow(to) ? numbered(() => rename(from, to)) : rename(from, to)),
    link: (from: string, to: string) => (isBelow(to) ? numbered(() => link(from, to)) : link(from, to)),
    unlink: (path: string) => (isBelow(path) ? freeing(() => unlink(path)) : unlink(path)),
    writeFile: (path: string, data: string, options?: object) =>
      isBelow(path) ? numbered(() => writeFile(path, data, options)) : writeFile(path, data, options),
    appendFile: (path: string, data: string) =>
      isBelow(path) ? numbered(() => appendFile(path, data)) : appendFile(path, data),
  })
  syncBuiltinESMExports()
  return { writeCount: () => count }
}
