/** Opens files without blocking. `open` on a pipe without a writer waits for ever, and Ctrl-C cannot stop it. */
import { constants, type Stats } from 'node:fs';
import { FileError } from './file-error.js';

/** Opens for reading without blocking. Regular files are not affected. Windows has no such flag and no such pipes. */
export const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** @throws FileError `FILE_IS_FOLDER`, `FILE_NOT_REGULAR` */
export function checkRegular(path: string, stat: Stats): void {
  if (stat.isFile()) return;
  if (stat.isDirectory()) throw new FileError('FILE_IS_FOLDER', `${path}: is a folder, a file is needed`);
  throw new FileError('FILE_NOT_REGULAR', `${path}: is a pipe or a device, a regular file is needed`);
}
