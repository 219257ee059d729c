/** One process at a time: a lock file that names its holder, taken over when the holder is gone. */
import { open, readFile, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RoundError } from '../core/errors.ts'
import { ensureFolder } from './read.ts'

export interface FileLock {
  readonly release: () => Promise<void>
}

export type LockFault = { readonly code: 'LOCKED'; readonly file: string; readonly pid: number }

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** @throws LOCKED while another live process holds it */
export async function acquireLock(path: string): Promise<FileLock> {
  await ensureFolder(dirname(path))
  for (;;) {
    try {
      const handle = await open(path, 'wx', 0o600)
      await handle.writeFile(String(process.pid))
      await handle.close()
      return { release: () => unlink(path) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const pid = Number(await readFile(path, 'utf8').catch(() => '0'))
    if (pid > 0 && pid !== process.pid && isAlive(pid)) {
      throw new RoundError({ code: 'LOCKED', file: path, pid }, `${path}: in use by process ${pid}`, {
        hint: 'Stop the other process first; one key must never sign in two places.',
      })
    }
    await unlink(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
}
