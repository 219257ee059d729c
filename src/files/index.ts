/**
 * Files. In: paths and bytes. Out: bytes, and files that are whole or absent. Never: meaning.
 * The only importer of `node:fs`. Whatever is written is written aside, synced and renamed, and the folder is synced,
 * so that a kill or a power cut at any moment leaves the old file or the new one.
 */
export { openAppendFile, type AppendFile } from './append-file.ts'
export { appendForDisplay, replaceForDisplay } from './display.ts'
export {
  ensureFolder,
  fileDigest,
  fileSize,
  folderDigest,
  freeSpace,
  hasFile,
  isFolder,
  isPrivateFile,
  listFiles,
  listFolders,
  makeTemporaryFolder,
  openReader,
  openReaders,
  readFileBounded,
  readText,
  realPath,
  removeFile,
  removeFolder,
  renamePath,
  type Reader,
  type Readers,
} from './read.ts'
export { acquireLock, type FileLock } from './lock.ts'
export { openPartFile, type PartFile } from './part-file.ts'
export { peakMemoryBytes } from './peak-memory.ts'
export { openAtomicWriter, writeFileAtomic, writeJson, type AtomicWriter } from './write.ts'
