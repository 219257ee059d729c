/** Writing: aside, synced, renamed, folder synced. */
import { open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { utf8 } from '../core/bytes.ts'
import { ensureFolder, fileError } from './read.ts'

let asideCount = 0

/** A file that appears under its name only when `commit` returns. */
export interface AtomicWriter {
  /** Appends. @throws NO_SPACE | FILE_UNREADABLE */
  readonly write: (bytes: Uint8Array) => Promise<void>
  /** Writes at a position, for parts that come out of order. */
  readonly writeAt: (bytes: Uint8Array, offset: number) => Promise<void>
  readonly commit: () => Promise<void>
  /** Drops what was written. Harmless after `commit`. */
  readonly abort: () => Promise<void>
}

/** @param mode — permission bits of the new file, such as 0o600 for keys */
export async function openAtomicWriter(path: string, mode = 0o644): Promise<AtomicWriter> {
  await ensureFolder(dirname(path))
  const aside = join(dirname(path), `.${basename(path)}.${process.pid}.${asideCount++}.tmp`)
  const handle = await open(aside, 'wx', mode).catch((error: unknown) => {
    throw fileError(error, path)
  })
  let end = 0
  let isOpen = true
  const writeAt = async (bytes: Uint8Array, offset: number): Promise<void> => {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await handle
        .write(bytes, done, bytes.length - done, offset + done)
        .catch((error: unknown) => {
          throw fileError(error, path)
        })
      done += bytesWritten
    }
    end = Math.max(end, offset + bytes.length)
  }
  const abort = async (): Promise<void> => {
    if (!isOpen) return
    isOpen = false
    await handle.close()
    await unlink(aside)
  }
  const commit = async (): Promise<void> => {
    try {
      await handle.sync()
      await handle.close()
      isOpen = false
      await rename(aside, path)
      await syncFolder(dirname(path))
    } catch (error) {
      throw fileError(error, path)
    }
  }
  return { write: (bytes) => writeAt(bytes, end), writeAt, commit, abort }
}

/** Makes a rename durable. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Replaces a file's content as a whole, durably. @throws NO_SPACE | FILE_UNREADABLE */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | string,
  mode?: number,
): Promise<void> {
  const writer = await openAtomicWriter(path, mode)
  try {
    await writer.write(typeof content === 'string' ? utf8(content) : content)
    await writer.commit()
  } finally {
    await writer.abort()
  }
}

/** A JSON document for people: indented, closed by a newline. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`)
}
