/** An output folder that appears under its name whole or not at all. */
import { chmod, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileError, fileError } from './file-error.js';
import { renamePatiently } from './rename.js';
import { removeAbandoned, temporaryName, trackUnfinished, untrackUnfinished } from './unfinished.js';

export interface AtomicFolderOptions {
  /**
   * Whether a folder that is there already, with these names in it, may be replaced. Without it only a missing or an
   * empty folder is taken: a mistyped `--out` must not cost anybody their files.
   */
  mayReplace?: (names: readonly string[]) => boolean;
}

/**
 * Creates the folder `path` (and its parents) from what `fill` puts into a temporary folder beside it.
 * @throws FileError `FOLDER_NOT_EMPTY` when something else is there
 */
export async function writeFolderAtomically<T>(
  path: string,
  fill: (temporary: string) => Promise<T>,
  options: AtomicFolderOptions = {},
): Promise<T> {
  const replaces = await checkReplaceable(path, options);
  // A link stays one: what it points to is replaced.
  const target = replaces ? await realpath(path) : path;
  const temporary = temporaryName(target);
  try {
    await mkdir(dirname(target), { recursive: true });
    await removeAbandoned(target);
    await mkdir(temporary);
    trackUnfinished(temporary);
    const result = await fill(temporary);
    if (replaces) await swap(temporary, target);
    else await renamePatiently(temporary, target);
    return result;
  } catch (error) {
    throw fileError(path, error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
    untrackUnfinished(temporary);
  }
}

/** Whether there is a folder to be replaced. */
async function checkReplaceable(path: string, options: AtomicFolderOptions): Promise<boolean> {
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw fileError(path, error);
  }
  if (names.length === 0 || options.mayReplace?.(names)) return true;
  throw new FileError('FOLDER_NOT_EMPTY', `${path}: holds ${names.length} other files, such as ${names.sort()[0]}`, {
    hint: 'Name a folder that is new or empty.',
  });
}

/** Two renames: the old folder is out of the way for an instant, and back if the second fails. */
async function swap(temporary: string, path: string): Promise<void> {
  const old = temporaryName(path);
  await chmod(temporary, (await stat(path)).mode & 0o7777);
  await renamePatiently(path, old);
  try {
    await renamePatiently(temporary, path);
  } catch (error) {
    await renamePatiently(old, path);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}
