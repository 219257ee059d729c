/**
 * Update. In: a trained adapter. Out: the one canonical file that a member publishes, its manifest and digest; and the
 * checks that a manifest and a file of anybody's are what charter and header say. Never: arithmetic on the agreed path.
 */
export {
  buildManifest,
  type BuiltManifest,
  type BuiltUpdate,
  UPDATE_FORMAT,
  updateMetadata,
  type UpdateContent,
  type UpdateDensePart,
  type UpdateDiagonal,
  type UpdateModule,
  type UpdateModuleSource,
  writeUpdateFile,
} from './build.ts'
export { checkUpdateFile, checkUpdateHeader, type UpdateFileModule } from './check-file.ts'
export type { UpdateValues } from './encode-values.ts'
export type { UpdateFault } from './errors.ts'
export { factorNames, layoutDigest, storedDtype, updateTensors } from './layout.ts'
export {
  checkManifest,
  chunkCountOf,
  chunkRange,
  type Manifest,
  manifestCodec,
  manifestSizeBytesMax,
  NONCE_BYTES,
  type UpdateClaim,
  updateDigest,
} from './manifest.ts'
