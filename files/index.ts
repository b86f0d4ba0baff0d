export { AtomicFile, writeFileAtomically } from './atomic-file.js';
export { type AtomicFolderOptions, writeFolderAtomically } from './atomic-folder.js';
export { FileError, fileError } from './file-error.js';
export { RandomAccessFile } from './random-access-file.js';
export { ZipArchive, type ZipMember } from './zip.js';
