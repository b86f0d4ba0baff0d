export { basename, dirname, extname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
export type {
  Bytes,
  Entry,
  Listed,
  Machine,
  OpenFile,
  Output,
  Port,
  Scratch,
  Sha256,
  Thread,
  ThreadMaker,
  Told,
} from '../platform.js';
export { Apart, type ApartOptions, ENDED } from './apart.js';
export { asset, assetFolder, loadAssets } from './assets.js';
export {
  base64,
  bytesOf,
  bytesOfText,
  concat,
  fromBase64,
  isSame,
  latin1,
  newBytes,
  roomFor,
  sha256,
  sha256Of,
  swapItems,
  utf8,
  withBuffer,
} from './bytes.js';
export { cacheFolder, readNow, replaceNow } from './cache.js';
export { crc32, deflate, inflate, inflateRaw, nativeCodecs } from './deflate.js';
export {
  entriesIn,
  entryAt,
  identityOf,
  isThereNow,
  listFolder,
  openFile,
  READ_AT_ONCE,
  realPath,
  refused,
  removeFile,
  statOf,
  writeAt,
  writeFile,
} from './files.js';
export {
  cores,
  freeMemory,
  machine,
  roomInContainer,
  standardInput,
  tellingOn,
  writeZeros,
} from './machine.js';
export { checkOutput, createFolder, createOutput, renamePatiently } from './output.js';
export {
  findOptionalPackage,
  installedVersion,
  loadOptionalPackage,
  type OptionalPackage,
  requireOptional,
} from './packages.js';
export { createScratch, makeScratchFolder, removeScratchFolder } from './scratch.js';
export {
  leaveThread,
  nextTurn,
  startThread,
  threadData,
  threadNumber,
  threadPort,
  threadsHaveFiles,
} from './threads.js';
export { isAlive, PROCESS_PLACE } from './unfinished.js';
export { boundedMatch, collectGarbage, isPlainNode, setV8Flag, startFlags, v8Options, v8Version } from './v8.js';
