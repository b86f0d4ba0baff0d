export type { Entry, Listed, Machine, OpenFile, Output, Scratch, Sha256 } from '../platform.js';
export { asset, assetFolder } from './assets.js';
export { base64, concat, fromBase64, isSame, latin1, sha256, sha256Of, utf8 } from './bytes.js';
export { crc32, inflateRaw } from './deflate.js';
// What only Node has, for `files/system/`.
export {
  entryAt,
  isThereNow,
  listFolder,
  openFile,
  READ_AT_ONCE,
  realPath,
  refused,
  writeAt,
  writeFile,
} from './files.js';
export { checkOutput, createFolder, createOutput, renamePatiently } from './output.js';
export { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from './paths.js';
export { createScratch, makeScratchFolder, removeScratchFolder } from './scratch.js';
export { nextTurn } from './threads.js';
export { temporaryName } from './unfinished.js';
