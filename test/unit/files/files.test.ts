// Protects: a file is whole or absent, appends survive, one holder a lock, nothing read without a bound.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toHex, utf8 } from '../../../src/core/bytes.ts'
import { sha256 } from '../../../src/core/hash.ts'
import {
  acquireLock,
  ensureFolder,
  fileDigest,
  folderDigest,
  openAppendFile,
  openAtomicWriter,
  openReader,
  readFileBounded,
  writeFileAtomic,
} from '../../../src/files/index.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oneround-files-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('atomic writing', () => {
  it('shows nothing under the name before commit, and no debris after abort', async () => {
    const path = join(folder, 'deep', 'file')
    const writer = await openAtomicWriter(path)
    await writer.write(utf8('half'))
    expect(readdirSync(join(folder, 'deep'))).not.toContain('file')
    await writer.abort()
    expect(readdirSync(join(folder, 'deep'))).toEqual([])
  })

  it('replaces the whole content and keeps the mode asked for', async () => {
    const path = join(folder, 'key')
    await writeFileAtomic(path, 'a longer old content', 0o600)
    await writeFileAtomic(path, 'new', 0o600)
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('takes parts out of order', async () => {
    const path = join(folder, 'parts')
    const writer = await openAtomicWriter(path)
    await writer.writeAt(utf8('world'), 6)
    await writer.writeAt(utf8('hello '), 0)
    await writer.commit()
    expect(readFileSync(path, 'utf8')).toBe('hello world')
  })
})

describe('reading', () => {
  it('refuses a file above the bound, and names what is missing', async () => {
    const path = join(folder, 'big')
    writeFileSync(path, 'x'.repeat(10))
    await expect(readFileBounded(path, 9)).rejects.toMatchObject({
      info: { code: 'FILE_TOO_LARGE', file: path },
    })
    await expect(readFileBounded(join(folder, 'no'), 9)).rejects.toMatchObject({
      info: { code: 'FILE_MISSING' },
    })
    await expect(openReader(folder)).rejects.toMatchObject({
      info: { code: 'FILE_UNREADABLE', file: folder },
    })
  })

  it('says when a file ends early', async () => {
    const path = join(folder, 'short')
    writeFileSync(path, 'abc')
    const reader = await openReader(path)
    await expect(reader.read(1, 5)).rejects.toMatchObject({ info: { code: 'FILE_CUT_SHORT' } })
    await reader.close()
  })

  it('digests files and folders', async () => {
    writeFileSync(join(folder, 'b'), 'bb')
    writeFileSync(join(folder, 'a'), 'aa')
    expect(toHex(await fileDigest(join(folder, 'a')))).toBe(toHex(sha256(utf8('aa'))))
    expect((await folderDigest(folder, () => true)).map(({ name }) => name)).toEqual(['a', 'b'])
  })
})

describe('ensureFolder', () => {
  it('makes what is missing on the way, with the mode asked for, and is content with what is there', async () => {
    const path = join(folder, 'a', 'b', 'c')
    await Promise.all([ensureFolder(path, 0o700), ensureFolder(path, 0o700)])
    await ensureFolder(path)
    expect(statSync(path).isDirectory()).toBe(true)
    expect(statSync(path).mode & 0o777).toBe(0o700)
  })

  it('says where no folder can be, instead of trying for ever', async () => {
    writeFileSync(join(folder, 'file'), '')
    await expect(ensureFolder(join(folder, 'file'))).rejects.toThrow(
      /a folder cannot be made here \(EEXIST\)/,
    )
    await expect(ensureFolder(join(folder, 'file', 'x'))).rejects.toThrow(/cannot be made here \(ENOTDIR\)/)
    if (process.platform === 'linux')
      await expect(ensureFolder('/proc/nowhere/x')).rejects.toThrow(/cannot be made here \(ENOENT\)/)
  })
})

describe('append file', () => {
  it('§9.7 syncs what it finds before anybody acts on it', async () => {
    const path = join(folder, 'found.log')
    writeFileSync(path, 'written by a process that was killed before it synced')
    const probe = await open(path)
    const synced = vi.spyOn(Object.getPrototypeOf(probe), 'datasync')
    await probe.close()
    const file = await openAppendFile(path)
    expect(synced).toHaveBeenCalledTimes(1)
    synced.mockRestore()
    await file.close()
  })

  it('appends behind what is there and cuts a tail', async () => {
    const path = join(folder, 'journal')
    const first = await openAppendFile(path)
    await first.append(utf8('one'))
    await first.close()
    const second = await openAppendFile(path)
    expect(second.sizeBytes()).toBe(3)
    await second.append(utf8('two'))
    await second.truncate(4)
    await second.append(utf8('!'))
    await second.close()
    expect(readFileSync(path, 'utf8')).toBe('onet!')
  })
})

describe('lock', () => {
  it('is refused while another live process holds it, and taken over from a dead one', async () => {
    const path = join(folder, 'lock')
    writeFileSync(path, String(process.ppid))
    await expect(acquireLock(path)).rejects.toMatchObject({ info: { code: 'LOCKED', pid: process.ppid } })
    const gone = spawnSync(process.execPath, ['-e', 'console.log(process.pid)'], { encoding: 'utf8' })
    writeFileSync(path, gone.stdout.trim())
    const lock = await acquireLock(path)
    expect(readFileSync(path, 'utf8')).toBe(String(process.pid))
    await lock.release()
    expect(readdirSync(folder)).toEqual([])
  })
})
