/** A file that is filled in any order over several runs of the program, and gets its name when it is whole. */
import { constants } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RoundError } from '../core/errors.ts'
import { ensureFolder, fileError } from './read.ts'
import { syncFolder } from './write.ts'

export interface PartFile {
  readonly path: string
  /** Bytes up to the last one written; what lies between may never have been written. */
  readonly sizeBytes: () => number
  /** Fills `target` from `offset`. @throws FILE_CUT_SHORT | FILE_UNREADABLE */
  readonly readInto: (target: Uint8Array, offset: number) => Promise<void>
  /** @throws NO_SPACE | FILE_UNREADABLE; what was written before stays */
  readonly writeAt: (bytes: Uint8Array, offset: number) => Promise<void>
  /** Cuts what an older run wrote beyond the end. */
  readonly truncate: (sizeBytes: number) => Promise<void>
  /** Has the disk take what was written so far, so that the last sync finds little to do. */
  readonly flush: () => Promise<void>
  /** Syncs, closes and renames: the whole file appears under `finalPath`. */
  readonly commit: (finalPath: string) => Promise<void>
  /** Keeps what is there for the next run. Harmless after `commit`. */
  readonly close: () => Promise<void>
}

/** Opens a part file, with what an earlier run left in it. */
export async function openPartFile(path: string): Promise<PartFile> {
  await ensureFolder(dirname(path))
  const refuse = (error: unknown): never => {
    throw fileError(error, path)
  }
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o644).catch(refuse)
  let end = (await handle.stat()).size
  let isOpen = true
  const readInto = async (target: Uint8Array, offset: number): Promise<void> => {
    for (let done = 0; done < target.length;) {
      const { bytesRead } = await handle.read(target, done, target.length - done, offset + done).catch(refuse)
      if (bytesRead === 0)
        throw new RoundError({ code: 'FILE_CUT_SHORT', file: path }, `${path}: ended while it was read`)
      done += bytesRead
    }
  }
  const writeAt = async (bytes: Uint8Array, offset: number): Promise<void> => {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await handle
        .write(bytes, done, bytes.length - done, offset + done)
        .catch(refuse)
      done += bytesWritten
    }
    end = Math.max(end, offset + bytes.length)
  }
  const truncate = async (sizeBytes: number): Promise<void> => {
    await handle.truncate(sizeBytes).catch(refuse)
    end = Math.min(end, sizeBytes)
  }
  const flush = async (): Promise<void> => {
    await handle.datasync().catch(refuse)
  }
  const close = async (): Promise<void> => {
    if (!isOpen) return
    isOpen = false
    await handle.close()
  }
  const commit = async (finalPath: string): Promise<void> => {
    try {
      await handle.sync()
      await close()
      await rename(path, finalPath)
      await syncFolder(dirname(finalPath))
    } catch (error) {
      refuse(error)
    }
  }
  return { path, sizeBytes: () => end, readInto, writeAt, truncate, flush, commit, close }
}
