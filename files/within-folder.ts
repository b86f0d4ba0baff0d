/**
 * Whether a file that belongs to a folder lies in it. What a model's folder holds comes from others: a link in it may name any file of
 * this machine.
 */
import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, sep } from 'node:path';
import { FileError } from './file-error.js';

/**
 * Links are followed inside the folder, and from a snapshot of the Hugging Face Hub's cache to its `blobs`, where the cache keeps files.
 * A file that is not there is left to whoever opens it.
 *
 * @throws FileError `FILE_OUTSIDE_FOLDER`
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
