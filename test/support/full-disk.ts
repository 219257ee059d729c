/** A round whose victim's folder lies on a small disk that is full, until somebody makes space: a tmpfs, where root may mount one. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KillRoundEnd, runKillRound } from './kill-round.ts'

const DISK_SIZE = '256k'
/** Enough for the lock and some records, not for a round. */
const LEFT_BYTES = 12 << 10

/** @returns null where nothing may be mounted */
export async function runOnFullDisk(): Promise<KillRoundEnd | null> {
  let mounted: string | null = null
  const filler = (folder: string): string => join(folder, 'filler')
  try {
    return await runKillRound({
      // The first run meets the full disk, the second one has space: no write is made to fail here.
      faults: [{ at: Number.MAX_SAFE_INTEGER, mode: 'full' }],
      before: (folder) => {
        const aside = mkdtempSync(join(tmpdir(), 'oneround-disk-'))
        cpSync(folder, aside, { recursive: true })
        const { status } = spawnSync('mount', [
          '-t',
          'tmpfs',
          '-o',
          `size=${DISK_SIZE},mode=700`,
          'tmpfs',
          folder,
        ])
        if (status !== 0) {
          rmSync(aside, { recursive: true })
          throw new CannotMount()
        }
        mounted = folder
        cpSync(aside, folder, { recursive: true })
        rmSync(aside, { recursive: true })
        const { bavail, bsize } = statfsSync(folder)
        writeFileSync(filler(folder), new Uint8Array(Math.max(0, bavail * bsize - LEFT_BYTES)))
      },
      between: (folder) => {
        rmSync(filler(folder))
        return Promise.resolve()
      },
      after: unmount,
    })
  } catch (error) {
    if (error instanceof CannotMount) return null
    throw error
  } finally {
    unmount()
  }

  function unmount(): void {
    if (mounted !== null) spawnSync('umount', ['-l', mounted])
    mounted = null
  }
}

class CannotMount extends Error {}
