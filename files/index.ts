export { FileError, fileError } from './file-error.js';
export { RandomAccessFile } from './random-access-file.js';
