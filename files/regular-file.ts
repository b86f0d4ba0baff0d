/** What a path names, and opening it without blocking: `open` on a pipe without a writer waits for ever, and Ctrl-C cannot stop it. */
import { constants, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { FileError } from './file-error.js';

/** Opens for reading without blocking. Regular files are not affected. Windows has no such flag and no such pipes. */
export const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** @throws FileError `FILE_IS_FOLDER`, `FILE_NOT_REGULAR` */
export function checkRegular(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw new FileError('FILE_IS_FOLDER', `${path}: is a folder, a file is needed`);
  throw new FileError('FILE_NOT_REGULAR', `${path}: is a pipe or a device, a regular file is needed`);
}

/** Whether anything has this name: a file, a folder, or a link to one. One that this user cannot see counts as absent. */
export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
