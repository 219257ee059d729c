/** Reading, bounded: nothing is read whole whose size was not checked first. */
import { constants } from 'node:fs'
import {
  access,
  mkdir,
  mkdtemp,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  statfs,
  unlink,
} from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { toUtf8 } from '../core/bytes.ts'
import { RoundError } from '../core/errors.ts'
import { createHasher } from '../core/hash.ts'
import type { Digest } from '../core/ids.ts'

export type FileFault =
  | { readonly code: 'FILE_MISSING'; readonly file: string }
  | { readonly code: 'FILE_UNREADABLE'; readonly file: string; readonly reason: string }
  | {
      readonly code: 'FILE_TOO_LARGE'
      readonly file: string
      readonly sizeBytes: number
      readonly maxSizeBytes: number
    }
  | { readonly code: 'FILE_CUT_SHORT'; readonly file: string }

/** The operating error for a failed file operation, by the system's error code. */
export function fileError(
  error: unknown,
  file: string,
): RoundError<FileFault | { code: 'NO_SPACE'; file: string }> {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? 'unknown error'
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new RoundError({ code: 'FILE_MISSING', file }, `${file}: no such file or folder`, { cause: error })
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new RoundError({ code: 'NO_SPACE', file }, `${file}: no space left on the disk`, {
      cause: error,
      hint: 'Free some space and start again: nothing that was written is lost.',
    })
  }
  return new RoundError({ code: 'FILE_UNREADABLE', file, reason: code }, `${file}: ${code}`, { cause: error })
}

export async function hasFile(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  )
}

/** Bytes that are free for this user on the disk of a folder. @throws FILE_MISSING | FILE_UNREADABLE */
export async function freeSpace(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch (error) {
    throw fileError(error, folder)
  }
}

/** @returns bytes @throws FILE_MISSING | FILE_UNREADABLE */
export async function fileSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    throw fileError(error, path)
  }
}

/** Whether nobody but its owner may read or write a file. Where the system knows no such rights, every file passes. */
export async function isPrivateFile(path: string): Promise<boolean> {
  try {
    return process.platform === 'win32' || ((await stat(path)).mode & 0o077) === 0
  } catch (error) {
    throw fileError(error, path)
  }
}

/** The whole file, if it has at most `maxSizeBytes`. @throws FILE_MISSING | FILE_UNREADABLE | FILE_TOO_LARGE */
export async function readFileBounded(path: string, maxSizeBytes: number): Promise<Uint8Array> {
  const reader = await openReader(path)
  try {
    if (reader.sizeBytes > maxSizeBytes) {
      const { sizeBytes } = reader
      throw new RoundError(
        { code: 'FILE_TOO_LARGE', file: path, sizeBytes, maxSizeBytes },
        `${path}: ${sizeBytes} bytes, at most ${maxSizeBytes} expected`,
      )
    }
    return await reader.read(0, reader.sizeBytes)
  } finally {
    await reader.close()
  }
}

export async function readText(path: string, maxSizeBytes: number): Promise<string> {
  return toUtf8(await readFileBounded(path, maxSizeBytes))
}

/** A path with every symbolic link followed. @throws FILE_MISSING | FILE_UNREADABLE */
export async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    throw fileError(error, path)
  }
}

/** Random access to a file that may be larger than memory. */
export interface Reader {
  readonly path: string
  readonly sizeBytes: number
  /** Exactly `length` bytes from `offset`. @throws FILE_CUT_SHORT */
  readonly read: (offset: number, length: number) => Promise<Uint8Array>
  /** Fills `target` from `offset`. @throws FILE_CUT_SHORT */
  readonly readInto: (target: Uint8Array, offset: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** @throws FILE_MISSING | FILE_UNREADABLE */
export async function openReader(path: string): Promise<Reader> {
  try {
    const handle = await open(path, 'r')
    const info = await handle.stat()
    if (!info.isFile()) {
      await handle.close()
      throw Object.assign(new Error('not a file'), { code: 'not a file' })
    }
    const readInto = async (target: Uint8Array, offset: number): Promise<void> => {
      let done = 0
      while (done < target.length) {
        const { bytesRead } = await handle.read(target, done, target.length - done, offset + done)
        if (bytesRead === 0) {
          throw new RoundError({ code: 'FILE_CUT_SHORT', file: path }, `${path}: ended while it was read`)
        }
        done += bytesRead
      }
    }
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(length)
      await readInto(bytes, offset)
      return bytes
    }
    return { path, sizeBytes: info.size, read, readInto, close: () => handle.close() }
  } catch (error) {
    throw fileError(error, path)
  }
}

/** Files that are opened when they are first read, such as the shards of a model, and closed together. */
export interface Readers {
  /** @throws FILE_MISSING | FILE_UNREADABLE */
  readonly of: (path: string) => Promise<Reader>
  readonly close: () => Promise<void>
}

export function openReaders(): Readers {
  const opened = new Map<string, Promise<Reader>>()
  const of = (path: string): Promise<Reader> => {
    const reader = opened.get(path) ?? openReader(path)
    opened.set(path, reader)
    return reader
  }
  const close = async (): Promise<void> => {
    for (const reader of await Promise.allSettled(opened.values()))
      if (reader.status === 'fulfilled') await reader.value.close()
  }
  return { of, close }
}

/** SHA-256 of a file's bytes, streamed. */
export async function fileDigest(path: string): Promise<Digest> {
  const reader = await openReader(path)
  try {
    const hasher = createHasher()
    const block = new Uint8Array(Math.min(1 << 20, reader.sizeBytes))
    for (let offset = 0; offset < reader.sizeBytes; offset += block.length) {
      const rest = block.subarray(0, Math.min(block.length, reader.sizeBytes - offset))
      await reader.readInto(rest, offset)
      hasher.update(rest)
    }
    return hasher.digest()
  } finally {
    await reader.close()
  }
}

/** Name and SHA-256 of each of a folder's files (not below it) whose name `isWanted`, in byte order of the names. */
export async function folderDigest(
  folder: string,
  isWanted: (name: string) => boolean,
): Promise<readonly { readonly name: string; readonly sha256: Digest }[]> {
  const names = (await listFiles(folder)).filter(isWanted)
  const digests = []
  for (const name of names) digests.push({ name, sha256: await fileDigest(join(folder, name)) })
  return digests
}

/** Names of the files of a folder and of links to files (a download cache is made of them), in byte order; an absent folder has none. */
export async function listFiles(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    const names: string[] = []
    for (const entry of entries) {
      const isFile = entry.isSymbolicLink() ? await leadsToFile(join(folder, entry.name)) : entry.isFile()
      if (isFile) names.push(entry.name)
    }
    return names.sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw fileError(error, folder)
  }
}

/** A link to nothing is no file; whoever needs it finds out by its name. */
async function leadsToFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw fileError(error, path)
  }
}

/** Names of the folders of a folder, in byte order; an absent folder has none. */
export async function listFolders(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw fileError(error, folder)
  }
}

/** @throws FILE_MISSING | FILE_UNREADABLE */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    throw fileError(error, path)
  }
}

/** A new folder of one's own. @param prefix — path that its name begins with */
export async function makeTemporaryFolder(prefix: string): Promise<string> {
  try {
    return await mkdtemp(prefix)
  } catch (error) {
    throw fileError(error, prefix)
  }
}

/**
 * Makes a folder and those around it, where they are not there. Not by `mkdir`'s own recursion: below a folder that cannot
 * hold others, such as /proc, that tries for ever (libuv in Node 20 and 24).
 * @throws FILE_UNREADABLE | NO_SPACE
 */
export async function ensureFolder(path: string, mode?: number): Promise<void> {
  try {
    await makeFolder(resolve(path), mode)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const file = path
    const isElsewhere = code === 'ENOENT' || code === 'ENOTDIR' || code === 'EEXIST'
    if (!isElsewhere) throw fileError(error, path)
    throw new RoundError<FileFault>(
      { code: 'FILE_UNREADABLE', file, reason: code },
      `${path}: a folder cannot be made here (${code})`,
      { cause: error, hint: 'Is one of the folders around it a file, or no place for folders?' },
    )
  }
}

async function makeFolder(path: string, mode: number | undefined): Promise<void> {
  const make = (): Promise<void> => mkdir(path, mode)
  try {
    await make()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return
    if (code !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path), mode)
    // Another process may have made it meanwhile.
    await make().catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST') throw again
    })
  }
}

/** Removes a file; one that is absent already is fine. */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw fileError(error, path)
  })
}

export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
}

export async function renamePath(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    throw fileError(error, from)
  }
}
