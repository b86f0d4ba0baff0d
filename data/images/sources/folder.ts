/**
 * A folder of image files, with all folders in it. Links are followed, as torchvision follows them. Left out are names
 * that begin with a dot, and files without an extension of an image; what format a file has, its content decides.
 */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, isAbsolute, join, resolve } from 'node:path';
import { shown } from '../../../errors/index.js';
import { FileError, fileError, readSmallFile, stampOf } from '../../../files/index.js';
import { DataError } from '../../data-error.js';
import { IMAGE_EXTENSIONS } from '../decode/index.js';
import type { ImagePin } from './image-pin.js';
import { MAX_IMAGE_BYTES } from './listing.js';

const EXTENSIONS: ReadonlySet<string> = new Set(IMAGE_EXTENSIONS);
/** As many extensions as a person reads. */
const EXTENSIONS_TOLD = 5;
/** Deeper than any collection of images, and far below what a path may be long. */
const MAX_DEPTH = 200;

export interface FolderImages {
  /** Paths of the images from the folder, with `/`, in no order. */
  keys: string[];
  /** What was left out. */
  notices: readonly string[];
}

/** Whether a key or the name of a member leads out of the folder or archive that it is in. */
export function leadsOut(path: string): boolean {
  return isAbsolute(path) || path.split(/[\\/]/).includes('..');
}

/** Whether a file's name has the extension of an image. */
export function isImageName(name: string): boolean {
  return EXTENSIONS.has(extname(name).toLowerCase());
}

/**
 * Finds the images of a folder; opens none.
 * @throws FileError if a folder cannot be read; DataError `IMAGES_NONE`
 */
export async function findImages(root: string): Promise<FolderImages> {
  const found: { key: string; isFile: boolean }[] = [];
  await walk(root, '', [], (key, isFile) => found.push({ key, isFile }));
  return imagesAmong(root, found);
}

/**
 * The images among all files of a folder, wherever it is.
 * @throws DataError `IMAGES_NONE`
 */
export function imagesAmong(root: string, found: Iterable<{ key: string; isFile: boolean }>): FolderImages {
  const keys: string[] = [];
  const others = new Map<string, number>();
  for (const { key, isFile } of found) {
    if (isImageName(key)) keys.push(key);
    else if (isFile) others.set(extname(key).toLowerCase(), (others.get(extname(key).toLowerCase()) ?? 0) + 1);
  }
  if (keys.length === 0) {
    throw new DataError(
      'IMAGES_NONE',
      `${root}: no images in this folder${others.size === 0 ? '' : `, ${told(others)}`}`,
      {
        hint: `Images are files named ${IMAGE_EXTENSIONS.join(', ')}.`,
      },
    );
  }
  return { keys, notices: others.size === 0 ? [] : [`${root}: ${told(others)}`] };
}

function told(others: ReadonlyMap<string, number>): string {
  const count = [...others.values()].reduce((sum, one) => sum + one, 0);
  const names = [...others.keys()].map((extension) => (extension === '' ? 'no extension' : shown(extension)));
  const more = names.length > EXTENSIONS_TOLD ? ', …' : '';
  return `${count.toLocaleString('en')} other files are left out (${names.slice(0, EXTENSIONS_TOLD).join(', ')}${more})`;
}

/** @param above device and inode of the folders that this one is in: a link back to one of them is not followed */
async function walk(
  root: string,
  folder: string,
  above: readonly string[],
  found: (key: string, isFile: boolean) => void,
): Promise<void> {
  const path = join(root, folder);
  const { identity, entries } = await open(path);
  if (above.includes(identity)) return;
  if (above.length > MAX_DEPTH) {
    throw new FileError('FILE_PATH_INVALID', `${path}: more than ${MAX_DEPTH} folders in one another`);
  }
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const key = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (await isFolder(join(root, key), entry)) await walk(root, key, [...above, identity], found);
    else found(key, entry.isFile());
  }
}

async function open(path: string): Promise<{ identity: string; entries: Dirent[] }> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return { identity: `${dev}:${ino}`, entries: await readdir(path, { withFileTypes: true }) };
  } catch (error) {
    throw fileError(path, error);
  }
}

/** A link is what it leads to; one that leads nowhere is a file, and is told as one when it is read. */
async function isFolder(path: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The bytes of an image file. @throws FileError */
export function readImageFile(path: string): Promise<Uint8Array> {
  return readSmallFile(path, MAX_IMAGE_BYTES, 'an image');
}

/** The stamp of a file that there is not. */
export const MISSING = 'missing';

/** Size and time of a file; `missing` where there is none. */
export async function fileStamp(path: string): Promise<string> {
  return stat(path).then(stampOf, () => MISSING);
}

/** When a file was last changed. @throws FileError */
export async function fileModified(path: string): Promise<number | null> {
  try {
    return Math.trunc((await stat(path)).mtimeMs);
  } catch (error) {
    throw fileError(path, error);
  }
}

/** The file of an image on this machine. One that is missing is pinned as that: it is told as missing when it is read. */
export async function pinnedFile(path: string): Promise<ImagePin> {
  const file = resolve(path);
  const found = await stat(path).catch(() => null);
  if (found === null) return { file, member: null, bytes: null, stamp: MISSING, modified: null };
  return { file, member: null, bytes: found.size, stamp: stampOf(found), modified: Math.trunc(found.mtimeMs) };
}
