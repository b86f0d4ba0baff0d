/** An output folder that appears whole or not at all. */
import { mkdirSync } from 'node:fs';
import { chmod, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileError, fileError } from './file-error.js';
import { renamePatiently } from './rename.js';
import { removeAbandoned, temporaryName, trackUnfinished, untrackUnfinished } from './unfinished.js';

export interface AtomicFolderOptions {
  /**
   * Whether an existing folder with these entries may be replaced. Without this option the folder must be missing or
   * empty, because a mistyped `--out` must not delete anyone's files.
   */
  mayReplace?: (names: readonly string[]) => boolean;
}

/**
 * Creates the folder `path` and its parents. `fill` writes into a temporary folder beside it.
 * @throws FileError `FOLDER_NOT_EMPTY` if the folder holds something else
 */
export async function writeFolderAtomically<T>(
  path: string,
  fill: (temporary: string) => Promise<T>,
  options: AtomicFolderOptions = {},
): Promise<T> {
  const replaces = await checkReplaceable(path, options);
  // A link stays a link: its target is replaced.
  const target = replaces ? await realpath(path) : path;
  const temporary = temporaryName(target);
  try {
    await mkdir(dirname(target), { recursive: true });
    await removeAbandoned(target);
    // Without a wait between the two: a signal there would leave the folder behind.
    trackUnfinished(temporary);
    mkdirSync(temporary);
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

/** Whether there is a folder to replace. */
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

/** Swaps the folders with two renames. The old folder is restored if the second rename fails. */
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
