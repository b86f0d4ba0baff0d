import { CodedError } from '../errors/index.js';

/** A file or folder that cannot be opened, read, trusted as an archive, or written. */
export class FileError extends CodedError {
  override readonly name = 'FileError';
}

const REASONS: Record<string, { code: string; says: string; hint?: string }> = {
  ENOENT: { code: 'FILE_NOT_FOUND', says: 'no such file or folder' },
  EACCES: { code: 'FILE_NOT_PERMITTED', says: 'permission denied' },
  EPERM: { code: 'FILE_NOT_PERMITTED', says: 'permission denied' },
  EROFS: { code: 'FILE_NOT_PERMITTED', says: 'the file system is read-only' },
  EISDIR: { code: 'FILE_IS_FOLDER', says: 'is a folder, a file is needed' },
  ENOTDIR: { code: 'FILE_NOT_FOLDER', says: 'a part of the path is a file, a folder is needed' },
  ENOSPC: { code: 'DISK_FULL', says: 'no space left on the disk', hint: 'Free some space, or write to another disk.' },
  EDQUOT: { code: 'DISK_FULL', says: 'the disk quota is used up', hint: 'Free some space, or write to another disk.' },
  EFBIG: { code: 'DISK_FULL', says: 'the file would be larger than the system allows' },
  EMFILE: { code: 'TOO_MANY_OPEN_FILES', says: 'too many open files' },
};

/** Turns an operating-system error (`ENOENT`, `ENOSPC`, …) into a `FileError`; gives any other error back as it is. */
export function fileError(path: string, error: unknown): unknown {
  const systemCode = (error as NodeJS.ErrnoException | null)?.code;
  const reason = typeof systemCode === 'string' ? REASONS[systemCode] : undefined;
  if (reason === undefined) return error;
  return new FileError(reason.code, `${path}: ${reason.says}`, { hint: reason.hint, cause: error });
}
