/**
 * One process at a time: a lock file that names its holder, taken over when the holder is gone. The file appears with its
 * content at once (a hard link to a file written before), so nobody ever reads a lock without a name in it.
 */
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { RoundError } from '../core/errors.ts'
import { ensureFolder, fileError } from './read.ts'

export interface FileLock {
  readonly release: () => Promise<void>
}

export type LockFault = { readonly code: 'LOCKED'; readonly file: string; readonly pid: number }

/** Locks of this very process: a dead holder may have had our pid, so the file alone cannot tell. */
const heldHere = new Set<string>()

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

/** Whether the file now lies under `path`; false when another lies there. */
async function linkAs(file: string, path: string): Promise<boolean> {
  try {
    await link(file, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/**
 * Takes a lock away whose holder is gone. Two processes may see the same dead holder: whoever moves away more than it
 * saw puts it back.
 */
async function clearStale(path: string, seen: string): Promise<void> {
  const grave = `${path}.${process.pid}.stale`
  try {
    await rename(path, grave)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if ((await readFile(grave, 'utf8')) !== seen) await linkAs(grave, path)
  await unlinkIfThere(grave)
}

/** @throws LOCKED while another live process holds it */
export async function acquireLock(path: string): Promise<FileLock> {
  await ensureFolder(dirname(path))
  const key = resolve(path)
  if (heldHere.has(key)) throw locked(path, process.pid)
  heldHere.add(key)
  const own = `${path}.${process.pid}.own`
  try {
    await writeFile(own, String(process.pid), { mode: 0o600 })
    while (!(await linkAs(own, path))) {
      const seen = await readFile(path, 'utf8').catch(() => '')
      const pid = Number(seen)
      if (pid > 0 && pid !== process.pid && isAlive(pid)) {
        throw locked(path, pid)
      }
      await clearStale(path, seen)
    }
  } catch (error) {
    heldHere.delete(key)
    throw error instanceof RoundError ? error : fileError(error, path)
  } finally {
    await unlinkIfThere(own)
  }
  const release = async (): Promise<void> => {
    if (!heldHere.has(key)) return
    await unlinkIfThere(path)
    heldHere.delete(key)
  }
  return { release }
}

function locked(path: string, pid: number): RoundError<LockFault> {
  return new RoundError({ code: 'LOCKED', file: path, pid }, `${path}: in use by process ${pid}`, {
    hint: 'Stop the other process first; one key must never sign in two places.',
  })
}
