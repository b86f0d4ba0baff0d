/** All of `files/`, and what only Node has. */
export { cacheFolder, makeScratchFolder, removeScratchFolder, renamePatiently, writeAt } from '#platform';
export * from '../index.js';
export { makePrivateFolder, PRIVATE_FILE, PRIVATE_FOLDER } from './private-folder.js';
export { type LockOwner, RunLock, type RunLockOptions } from './run-lock.js';
