import { mkdirSync } from 'node:fs';
import { chmod, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, sep } from 'node:path';
import { renamePatiently } from './atomic-file.js';
import { FileError, fileError } from './file-error.js';
import { removeAbandoned, temporaryName, trackUnfinished, untrackUnfinished } from './unfinished.js';

export interface AtomicFolderOptions {
  /**
   * Whether a folder with these entries may be replaced. Default: never, as a mistyped `--out` must not delete files.
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

// A model's folder comes from others: a link in it may name any file of this machine.

/**
 * Follows links inside the folder, and from a Hugging Face snapshot to its `blobs`. A missing file is left to whoever
 * opens it. @throws FileError `FILE_OUTSIDE_FOLDER`
 */
export async function checkWithinFolder(folder: string, path: string): Promise<void> {
  const [root, file] = await Promise.all([folder, path].map((each) => realpath(each).catch(() => null)));
  if (root == null || file == null || isInside(root, file)) return;
  const blobs = blobsOf(root);
  if (blobs !== null && isInside(blobs, file)) return;
  throw new FileError('FILE_OUTSIDE_FOLDER', `${path}: is a link to ${file}, which is outside the folder ${folder}`, {
    hint: 'Put the file itself into the folder. Links may lead to files inside it, and from the cache of the Hugging Face Hub to its blobs.',
  });
}

/** `…/models--org--name/blobs` for a folder in `…/models--org--name/snapshots/REVISION`; null for another one. */
function blobsOf(folder: string): string | null {
  for (let inner = folder, outer = dirname(folder); outer !== inner; inner = outer, outer = dirname(outer)) {
    const repository = dirname(outer);
    if (basename(outer) === 'snapshots' && basename(repository).includes('--')) return `${repository}${sep}blobs`;
  }
  return null;
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Rights of what is kept for one user: embeddings, images and weights that were converted may be nobody else's to read. */
export const PRIVATE_FOLDER = 0o700;
export const PRIVATE_FILE = 0o600;

/** Makes a folder, and those above it that are missing, for this user alone. One that is there may be shared on purpose, and stays so. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: PRIVATE_FOLDER });
}
