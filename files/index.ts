export { AtomicFile, checkOutputPlace, renamePatiently, writeFileAtomically } from './atomic-file.js';
export { type CacheEntry, CacheFile, cacheFolder, isRate } from './cache-file.js';
export { FileError, fileError, isNoUtf8, isSystemError, toFileError } from './file-error.js';
export {
  type AtomicFolderOptions,
  checkWithinFolder,
  makePrivateFolder,
  PRIVATE_FILE,
  PRIVATE_FOLDER,
  writeFolderAtomically,
} from './folders.js';
export { Gate, orderedMap, retryAfterSeconds } from './gate.js';
export {
  findOptionalPackage,
  installedVersion,
  loadOptionalPackage,
  type OptionalPackage,
  requireOptional,
} from './optional-package.js';
export {
  addToHash,
  checkRange,
  isThere,
  type RandomAccess,
  RandomAccessFile,
  readNew,
  stampOf,
  stampText,
  writeAt,
} from './random-access.js';
export { type LockOwner, RunLock, type RunLockOptions } from './run-lock.js';
export { readSmallFile, readSmallFileSync, repeatedName } from './small-file.js';
export { type Answer, answerOrders, endThread, type PoolRules, ThreadPool, threadFlags } from './thread-pool.js';
export { makeScratchFolder, removeScratchFolder, UnnamedFile } from './unnamed-file.js';
export { ZipArchive, type ZipMember } from './zip.js';
