export { CodedError, type CodedErrorOptions, type ErrorExitCode } from './coded-error.js';
export { nearest } from './nearest.js';
export { quoted, shown } from './printable.js';
