/** Finds the file that an output replaces, and the permissions to keep. */
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FileError } from './file-error.js';

export interface OutputTarget {
  /** The path, or the target of its link. */
  target: string;
  /** Permissions of the existing file; null if there is no file. */
  mode: number | null;
}

/** @throws FileError `FILE_IS_FOLDER`, `FILE_NOT_REGULAR` */
export async function findTarget(path: string): Promise<OutputTarget> {
  const found = await stat(path).catch(() => null);
  if (found === null) return { target: await linkedTo(path), mode: null };
  if (found.isDirectory()) throw new FileError('FILE_IS_FOLDER', `${path}: is a folder, a file is needed`);
  if (!found.isFile()) {
    throw new FileError(
      'FILE_NOT_REGULAR',
      `${path}: is a device or a pipe, which cannot be written whole or not at all`,
    );
  }
  return { target: await realpath(path), mode: found.mode & 0o7777 };
}

/** The target of a link whose target does not exist yet. Any other path is its own target. */
async function linkedTo(path: string): Promise<string> {
  const isLink = (await lstat(path).catch(() => null))?.isSymbolicLink() ?? false;
  return isLink ? resolve(dirname(path), await readlink(path)) : path;
}
