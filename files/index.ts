export { AtomicFile, writeFileAtomically } from './atomic-file.js';
export { type AtomicFolderOptions, writeFolderAtomically } from './atomic-folder.js';
export { type CacheEntry, CacheFile, cacheFolder, isRate } from './cache-file.js';
export { FileError, fileError, isSystemError } from './file-error.js';
export { RandomAccessFile } from './random-access-file.js';
export { renamePatiently } from './rename.js';
export { type LockOwner, RunLock, type RunLockOptions } from './run-lock.js';
export { readSmallFile, readSmallFileSync } from './small-file.js';
export { ZipArchive, type ZipMember } from './zip.js';
