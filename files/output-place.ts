/** Whether an output can be made where it is asked for. Asked before the work, so that no hour of it is lost at its end. */
import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FileError, fileError } from './file-error.js';
import { findTarget } from './output-target.js';

/** @throws FileError `FILE_NOT_FOUND`, `FILE_NOT_PERMITTED`, `FILE_IS_FOLDER`, `FILE_NOT_REGULAR` */
export async function checkOutputPlace(path: string): Promise<void> {
  const { target } = await findTarget(path);
  const folder = dirname(resolve(target));
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(path, error);
    throw new FileError('FILE_NOT_FOUND', `${path}: there is no folder ${dirname(target)} to write it in`, {
      hint: 'Make the folder first.',
      cause: error,
    });
  }
}
