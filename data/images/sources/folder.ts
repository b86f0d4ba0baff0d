/**
 * A folder of image files, with all folders in it. Links are followed, as torchvision follows them. Left out are names
 * that begin with a dot, and files without an extension of an image; what format a file has, its content decides.
 */

import { entriesIn, entryAt, extname, identityOf, isAbsolute, join, type Listed, resolve, statOf } from '#platform';
import { shown } from '../../../base/index.js';
import { FileError, fileError, readSmallFile, stampOf, toFileError } from '../../../files/index.js';
import { DataError } from '../../data-error.js';
import { IMAGE_EXTENSIONS } from '../decode/index.js';
import { type ImageHandle, type ImagePin, MAX_IMAGE_BYTES } from './listing.js';

const EXTENSIONS: ReadonlySet<string> = new Set(IMAGE_EXTENSIONS);
/** As many extensions as a person reads. */
const EXTENSIONS_TOLD = 5;
/** Deeper than any collection of images, and far below what a path may be long. */
const MAX_DEPTH = 200;

export interface FolderImages {
  /** Paths of the images from the folder, with `/`, in no order. */
  keys: string[];
  notices: readonly string[];
}

export interface FolderFile {
  key: string;
  isFile: boolean;
}

/** Whether a key or the name of a member leads out of the folder or archive that it is in. */
export function leadsOut(path: string): boolean {
  return isAbsolute(path) || path.split(/[\\/]/).includes('..');
}

export function isImageName(name: string): boolean {
  return EXTENSIONS.has(extname(name).toLowerCase());
}

/** Finds the images of a folder; opens none. @throws FileError if a folder cannot be read; DataError `IMAGES_NONE` */
export async function findImages(root: string): Promise<FolderImages> {
  const found: FolderFile[] = [];
  for await (const files of filesIn(root)) found.push(...files);
  return imagesAmong(root, found);
}

/** The images among all files of a folder, wherever it is. @throws DataError `IMAGES_NONE` */
export function imagesAmong(root: string, found: Iterable<FolderFile>): FolderImages {
  const images = new ImageNames();
  const keys: string[] = [];
  for (const file of found) if (images.take(file)) keys.push(file.key);
  return { keys, notices: images.notices(root) };
}

export class ImageNames {
  #images = 0;
  readonly #others = new Map<string, number>();

  take({ key, isFile }: FolderFile): boolean {
    if (isImageName(key)) {
      this.#images++;
      return true;
    }
    const extension = extname(key).toLowerCase();
    if (isFile) this.#others.set(extension, (this.#others.get(extension) ?? 0) + 1);
    return false;
  }

  notices(root: string): string[] {
    const left = this.#others.size === 0 ? null : told(this.#others);
    if (this.#images > 0) return left === null ? [] : [`${root}: ${left}`];
    throw new DataError('IMAGES_NONE', `${root}: no images in this folder${left === null ? '' : `, ${left}`}`, {
      hint: `Images are files named ${IMAGE_EXTENSIONS.join(', ')}.`,
    });
  }
}

function told(others: ReadonlyMap<string, number>): string {
  const count = [...others.values()].reduce((sum, one) => sum + one, 0);
  const names = [...others.keys()].map((extension) => (extension === '' ? 'no extension' : shown(extension)));
  const more = names.length > EXTENSIONS_TOLD ? ', …' : '';
  const files = count === 1 ? '1 other file is' : `${count.toLocaleString('en')} other files are`;
  return `${files} left out (${names.slice(0, EXTENSIONS_TOLD).join(', ')}${more})`;
}

interface Folder {
  key: string;
  /** Device and inode of the folders that this one is in: a link back to one of them is not followed. */
  above: readonly string[];
}

/** Some at a time: a folder may have more than memory holds. @throws FileError */
export async function* filesIn(root: string): AsyncGenerator<FolderFile[], void, undefined> {
  const folders: Folder[] = [{ key: '', above: [] }];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const path = join(root, folder.key);
    const identity = await identityOf(path).catch(toFileError(path));
    if (folder.above.includes(identity)) continue;
    if (folder.above.length > MAX_DEPTH) {
      throw new FileError('FILE_PATH_INVALID', `${path}: more than ${MAX_DEPTH} folders in one another`);
    }
    const above = [...folder.above, identity];
    for await (const entries of entriesOf(path)) {
      const files: FolderFile[] = [];
      for (const entry of entries) {
        if (entry.name.startsWith('.')) continue;
        const key = folder.key === '' ? entry.name : `${folder.key}/${entry.name}`;
        const isOne = isFolder(join(root, key), entry);
        if (isOne === true || (isOne !== false && (await isOne))) folders.push({ key, above });
        else files.push({ key, isFile: entry.kind === 'file' });
      }
      yield files;
    }
  }
}

async function* entriesOf(path: string): AsyncGenerator<Listed[], void, undefined> {
  try {
    yield* entriesIn(path);
  } catch (error) {
    throw fileError(path, error);
  }
}

/** A link is what it leads to; one that leads nowhere is a file, and is told as one when it is read. */
function isFolder(path: string, entry: Listed): boolean | Promise<boolean> {
  if (entry.kind !== 'link') return entry.kind === 'folder';
  return entryAt(path).then((found) => found?.kind === 'folder');
}

export function readImageFile(path: string): Promise<Uint8Array> {
  return readSmallFile(path, MAX_IMAGE_BYTES, 'an image');
}

export const MISSING = 'missing';

/** Size and time of a file; `missing` where there is none. */
export async function fileStamp(path: string): Promise<string> {
  return statOf(path).then(stampOf, () => MISSING);
}

/** An image file on this machine. A class, because a set may have millions of them: it holds two references. */
export class LocalImage implements ImageHandle {
  readonly #folder: string;
  readonly #key: string;

  /** @param key path from the folder, or a full path */
  constructor(folder: string, key: string) {
    this.#folder = folder;
    this.#key = key;
  }

  get path(): string {
    return isAbsolute(this.#key) ? this.#key : join(this.#folder, this.#key);
  }

  read(): Promise<Uint8Array> {
    return readImageFile(this.path);
  }

  async modified(): Promise<number | null> {
    const { path } = this;
    return Math.trunc((await statOf(path).catch(toFileError(path))).mtimeMs);
  }

  stamp(): Promise<string> {
    return fileStamp(this.path);
  }

  /** One that is missing is pinned as that: its error comes when it is read. */
  async pin(): Promise<ImagePin> {
    const file = resolve(this.path);
    const found = await entryAt(file);
    if (found === null) return { file, member: null, bytes: null, stamp: MISSING, modified: null };
    return { file, member: null, bytes: found.size, stamp: stampOf(found), modified: Math.trunc(found.mtimeMs) };
  }
}
