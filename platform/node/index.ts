export type { Entry, Machine, OpenFile, Output, Sha256 } from '../platform.js';
export { asset, assetFolder } from './assets.js';
export { base64, concat, fromBase64, latin1, sha256, sha256Of, utf8 } from './bytes.js';
export { isThereNow, writeFile } from './files.js';
export { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from './paths.js';
export { nextTurn } from './threads.js';
