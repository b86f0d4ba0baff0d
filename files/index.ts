export { AtomicFile, writeFileAtomically } from './atomic-file.js';
export { type AtomicFolderOptions, writeFolderAtomically } from './atomic-folder.js';
export { type CacheEntry, CacheFile, cacheFolder, isRate } from './cache-file.js';
export { closeSoon, endThread } from './end-thread.js';
export { FileError, fileError, isNoUtf8, isSystemError } from './file-error.js';
export { Gate } from './gate.js';
export { addToHash } from './hash-contents.js';
export {
  findOptionalPackage,
  installedVersion,
  loadOptionalPackage,
  type OptionalPackage,
  requireOptional,
} from './optional-package.js';
export { checkOutputPlace } from './output-place.js';
export { makePrivateFolder, PRIVATE_FILE, PRIVATE_FOLDER } from './private-folder.js';
export { checkRange, type RandomAccess, readNew } from './random-access.js';
export { RandomAccessFile, stampOf, stampText } from './random-access-file.js';
export { isThere } from './regular-file.js';
export { renamePatiently } from './rename.js';
export { repeatedName } from './repeated-name.js';
export { retryAfterSeconds } from './retry-after.js';
export { type LockOwner, RunLock, type RunLockOptions } from './run-lock.js';
export { makeScratchFolder, removeScratchFolder } from './scratch-folder.js';
export { readSmallFile, readSmallFileSync } from './small-file.js';
export { threadFlags } from './thread-flags.js';
export { UnnamedFile } from './unnamed-file.js';
export { checkWithinFolder } from './within-folder.js';
export { ZipArchive, type ZipMember } from './zip.js';
