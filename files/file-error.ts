import { CodedError } from '../base/index.js';

/** A file or folder that cannot be opened, read or written, or an archive that is damaged. */
export class FileError extends CodedError {
  override readonly name = 'FileError';
}

interface Reason {
  code: string;
  says: string;
  hint?: string;
  /** The condition may be temporary, so trying again may help. */
  passes?: true;
}

const FREE_SPACE = 'Free some space, or write to another disk.';

const REASONS: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ['ENOENT', { code: 'FILE_NOT_FOUND', says: 'no such file or folder' }],
  ['EACCES', { code: 'FILE_NOT_PERMITTED', says: 'permission denied' }],
  ['EPERM', { code: 'FILE_NOT_PERMITTED', says: 'permission denied' }],
  ['EROFS', { code: 'FILE_NOT_PERMITTED', says: 'the file system is read-only' }],
  ['EISDIR', { code: 'FILE_IS_FOLDER', says: 'is a folder, a file is needed' }],
  ['ENOTDIR', { code: 'FILE_NOT_FOLDER', says: 'a part of the path is a file, a folder is needed' }],
  ['NOT_REGULAR', { code: 'FILE_NOT_REGULAR', says: 'is a pipe or a device, a regular file is needed' }],
  ['ENXIO', { code: 'FILE_NOT_REGULAR', says: 'is a device or a socket that nothing stands behind' }],
  ['ELOOP', { code: 'FILE_PATH_INVALID', says: 'its symbolic links lead in a circle' }],
  ['ENAMETOOLONG', { code: 'FILE_PATH_INVALID', says: 'the name is longer than the system allows' }],
  ['EXDEV', { code: 'FILE_OTHER_DISK', says: 'the file and its temporary file are on different disks' }],
  ['ENOSPC', { code: 'DISK_FULL', says: 'no space left on the disk', hint: FREE_SPACE }],
  ['EDQUOT', { code: 'DISK_FULL', says: 'the disk quota is used up', hint: FREE_SPACE }],
  ['EFBIG', { code: 'DISK_FULL', says: 'the file would be larger than the system allows' }],
  ['EPIPE', { code: 'PIPE_CLOSED', says: 'whoever read from it has ended' }],
  ['EMFILE', { code: 'TOO_MANY_OPEN_FILES', says: 'too many open files in this process', passes: true }],
  ['ENFILE', { code: 'TOO_MANY_OPEN_FILES', says: 'too many open files on this machine', passes: true }],
  ['EBUSY', { code: 'FILE_BUSY', says: 'is in use by another process', passes: true }],
  ['HELD_OPEN', { code: 'FILE_NOT_PERMITTED', says: 'another program has it open', hint: 'Close that program.' }],
  ['ETXTBSY', { code: 'FILE_BUSY', says: 'is being run by another process', passes: true }],
  ['EAGAIN', { code: 'FILE_BUSY', says: 'is not ready, or is locked', passes: true }],
  ['EIO', { code: 'DISK_FAILED', says: 'the disk or the network drive gave an error', passes: true }],
  ['ESTALE', { code: 'DISK_FAILED', says: 'the network drive no longer knows the file', passes: true }],
  ['ETIMEDOUT', { code: 'DISK_FAILED', says: 'the network drive does not answer', passes: true }],
  ['ENOMEM', { code: 'OUT_OF_MEMORY', says: 'the system has no memory left for it', passes: true }],
]);

const NO_UTF8: Omit<Reason, 'code'> = {
  says: 'no such file or folder: its name has bytes that are not UTF-8, and cannot be opened by it',
  hint: 'Rename it.',
};

const URL = /^[a-z][a-z\d+.-]*:\/\//i;
const OF_URL: Omit<Reason, 'code'> = {
  says: 'no such file: this is read from the disk, not from an address',
  hint: 'Download it first.',
};

interface SystemError extends Error {
  code: string;
  errno: number;
  syscall: string;
  path?: string;
}

/** Whether the operating system refused an operation. Neither a bug nor the contents of a file can cause this. */
export function isSystemError(error: unknown): error is SystemError {
  const { errno, code, syscall } = (error ?? {}) as Partial<SystemError>;
  return typeof errno === 'number' && typeof code === 'string' && typeof syscall === 'string';
}

/** Turns an operating-system error (`ENOENT`, `ENOSPC`, …) into a `FileError`. Other errors are returned unchanged. */
export function fileError(path: string, error: unknown): unknown {
  const systemCode = (error as Partial<SystemError> | null)?.code;
  const reason = typeof systemCode === 'string' ? REASONS.get(systemCode) : undefined;
  if (reason === undefined) {
    if (!isSystemError(error)) return error;
    return new FileError('FILE_SYSTEM', `${path}: the system says ${error.code} (${error.syscall})`, { cause: error });
  }
  const exitCode = reason.passes ? 5 : 4;
  const { says, hint } = (systemCode === 'ENOENT' && namedWrongly(path)) || reason;
  return new FileError(reason.code, `${path}: ${says}`, { hint, cause: error, exitCode });
}

/** For `catch`: throws what `fileError` gives. */
export function toFileError(path: string): (error: unknown) => never {
  return (error) => {
    throw fileError(path, error);
  };
}

/** What is to be said of a name that no file can be found by. */
function namedWrongly(path: string): Omit<Reason, 'code'> | null {
  if (isNoUtf8(path)) return NO_UTF8;
  return URL.test(path) ? OF_URL : null;
}

/** Whether a name has bytes that are not UTF-8, which Node reads as this character. */
export function isNoUtf8(path: string): boolean {
  return path.includes('\uFFFD');
}
