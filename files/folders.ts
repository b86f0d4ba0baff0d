import { basename, createFolder, dirname, isAbsolute, listFolder, realPath, relative, sep } from '#platform';
import { FileError, fileError, toFileError } from './file-error.js';

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
  return createFolder(path, replaces, fill).catch(toFileError(path));
}

async function checkReplaceable(path: string, options: AtomicFolderOptions): Promise<boolean> {
  const entries = await listFolder(path).catch((error: Error & { code?: string }): null => {
    if (error.code === 'ENOENT') return null;
    throw fileError(path, error);
  });
  if (entries === null) return false;
  const names = entries.map(({ name }) => name);
  if (names.length === 0 || options.mayReplace?.(names)) return true;
  throw new FileError('FOLDER_NOT_EMPTY', `${path}: holds ${names.length} other files, such as ${names.sort()[0]}`, {
    hint: 'Name a folder that is new or empty.',
  });
}

// A model's folder comes from others: a link in it may name any file of this machine.

/**
 * Follows links inside the folder, and from a Hugging Face snapshot to its `blobs`. A missing file is left to whoever
 * opens it. @throws FileError `FILE_OUTSIDE_FOLDER`
 */
export async function checkWithinFolder(folder: string, path: string): Promise<void> {
  const [root, file] = await Promise.all([folder, path].map(realPath));
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
