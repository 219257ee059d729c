/** A file that only grows, each append synced before it is acknowledged: what the journal is made of. */
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ensureFolder, fileError } from './read.ts'
import { syncFolder } from './write.ts'

export interface AppendFile {
  readonly sizeBytes: () => number
  /** Appends and syncs: when this returns, the bytes survive a power cut. @throws NO_SPACE | FILE_UNREADABLE */
  readonly append: (bytes: Uint8Array) => Promise<void>
  /** Cuts the file to `sizeBytes`: drops a tail that a crash left half written. */
  readonly truncate: (sizeBytes: number) => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * What is there already is synced when this returns. A crash may have left bytes that were written and not synced: they are
 * read back as if they were safe, and whoever acts on them must not lose them to the next crash (PROTOCOL §9.7).
 */
export async function openAppendFile(path: string, mode = 0o600): Promise<AppendFile> {
  await ensureFolder(dirname(path))
  const handle = await open(path, 'a+', mode).catch((error: unknown) => {
    throw fileError(error, path)
  })
  await handle.datasync()
  await syncFolder(dirname(path))
  let end = (await handle.stat()).size
  let failure: Error | null = null
  const truncate = async (sizeBytes: number): Promise<void> => {
    await handle.truncate(sizeBytes)
    await handle.datasync()
    end = sizeBytes
  }
  const append = async (bytes: Uint8Array): Promise<void> => {
    if (failure !== null) throw failure
    const start = end
    try {
      for (let done = 0; done < bytes.length;) {
        done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten
      }
      await handle.datasync()
      end = start + bytes.length
    } catch (error) {
      const fault = fileError(error, path)
      // A record that was not acknowledged must not stay behind in part. Where even that fails, nothing may come after it:
      // the next start cuts it as a half-written tail.
      await handle.truncate(start).catch(() => {
        failure = fault
      })
      throw fault
    }
  }
  return { sizeBytes: () => end, append, truncate, close: () => handle.close() }
}
