export { AtomicFile, checkOutputPlace, writeFileAtomically } from './atomic-file.js';
export { type CacheEntry, CacheFile, isRate } from './cache-file.js';
export { FileError, fileError, isNoUtf8, isSystemError, toFileError } from './file-error.js';
export {
  type AtomicFolderOptions,
  checkWithinFolder,
  writeFolderAtomically,
} from './folders.js';
export { Gate, orderedMap, retryAfterSeconds } from './gate.js';
export {
  addToHash,
  checkRange,
  isThere,
  type RandomAccess,
  RandomAccessFile,
  readNew,
  sha256OfFile,
  stampOf,
  stampText,
} from './random-access.js';
export { readSmallFile, readSmallText, readSmallTextNow, repeatedName } from './small-file.js';
export { type Answer, answerOrders, endThread, type PoolRules, ThreadPool } from './thread-pool.js';
export { UnnamedFile } from './unnamed-file.js';
export { ZipArchive, type ZipMember } from './zip.js';
