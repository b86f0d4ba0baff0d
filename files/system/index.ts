/** All of `files/`, and what only Node has. */
export { makeScratchFolder, removeScratchFolder, renamePatiently, writeAt } from '#platform';
export * from '../index.js';
export { type CacheEntry, CacheFile, cacheFolder, isRate } from './cache-file.js';
export {
  findOptionalPackage,
  installedVersion,
  loadOptionalPackage,
  type OptionalPackage,
  requireOptional,
} from './optional-package.js';
export { makePrivateFolder, PRIVATE_FILE, PRIVATE_FOLDER } from './private-folder.js';
export { type LockOwner, RunLock, type RunLockOptions } from './run-lock.js';
export { readSmallFileSync } from './small-file-sync.js';
