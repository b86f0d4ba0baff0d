/** Opens whatever a user names as images, unless it is an array: folders, files, patterns, archives, lists on stdin. */
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileError, RandomAccessFile, ZipArchive } from '../../../files/index.js';
import { type ArchiveImages, openTarImages, openZipImages } from './archive.js';
import { buildListing, type FoundImage, type FoundSet } from './build-listing.js';
import { fileModified, fileStamp, findImages, readImageFile } from './folder.js';
import type { LabelOptions } from './folder-labels.js';
import { expandPattern, isPattern } from './glob.js';
import type { ImageListing, ListingOrigin } from './listing.js';
import { openParquetImages } from './parquet-images.js';
import { isUrl, remoteImage } from './remote.js';
import { isStdin, readStdin, type StdinOptions } from './stdin.js';
import { METADATA_NAMES, openPathTable, type TableOptions, withMetadata } from './table.js';
import { isTableName } from './table-rows.js';
import { isTar } from './tar.js';

export interface ListingOptions extends LabelOptions, StdinOptions, TableOptions {}

/** Images of one input. */
interface Piece extends ArchiveImages {
  /** The folder on this disk that keys are relative to; null where they are relative to something else. */
  folder: string | null;
  types?: FoundSet['types'];
  notices: readonly string[];
}

/** Enough for the header of a tar. */
const HEAD_BYTES = 512;

/**
 * Whether a single input is an array of images, which `openImages` reads: npz or npy, by name or by content.
 * @throws FileError if there is such a file and it cannot be read
 */
export async function isImageArray(inputs: readonly string[]): Promise<boolean> {
  const [path] = inputs;
  if (path === undefined || inputs.length > 1 || isStdin(path)) return false;
  if (['.npz', '.npy'].includes(extname(path).toLowerCase())) return true;
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) return false;
  const file = await RandomAccessFile.open(path);
  try {
    const head = Buffer.from(await file.read(0, Math.min(6, file.size))).toString('latin1');
    if (head.startsWith('\u0093NUMPY')) return true;
    return (
      head.startsWith('PK') && [...(await ZipArchive.open(file)).members.keys()].some((name) => name.endsWith('.npy'))
    );
  } finally {
    await file.close();
  }
}

/**
 * Lists the images of one or more inputs: folders, image files, patterns such as `photos/*.jpg` and
 * `{00000..00099}.tar`, tars, zips, tables of paths or URLs (csv, jsonl, parquet), parquet with images in it, or `-` for a
 * list of paths or a tar on stdin.
 *
 * Keys are paths from the folder or the archive. Of several inputs they are paths from the folder that all of them lie
 * in. Of a table they are what it has as paths; of parquet with images in it they are row numbers. Of several archives they are paths in the archives, after the archive's name where two of these are the same.
 *
 * @throws DataError `IMAGES_NONE`, `LABELS_…`, `WEBDATASET_SIDECAR`; FileError if an input is missing or damaged
 */
export async function openListing(inputs: readonly string[], options: ListingOptions = {}): Promise<ImageListing> {
  const pieces: Piece[] = [];
  const close = async () => {
    for (const piece of pieces) await piece.close();
  };
  const where = inputs.length === 1 ? inputs[0]! : `${inputs[0]} and ${inputs.length - 1} more`;
  try {
    const all: string[] = [];
    for await (const path of paths(inputs, options, pieces)) all.push(path);
    const inParquet = pieces.length === 0 && all.length > 0 && all.every((path) => isParquet(path));
    const named = { where, name: setName(inputs, []), origin: { inputs } };
    const listing = inParquet ? await openParquetImages(all, { ...options, ...named }) : null;
    if (listing !== null) return listing;
    for (const path of all) pieces.push(await openPiece(path, options));
    return buildListing({ ...joined(pieces), where, ...described(inputs, pieces), close }, options);
  } catch (error) {
    await close();
    throw error;
  }
}

function described(inputs: readonly string[], pieces: readonly Piece[]) {
  return {
    name: setName(inputs, pieces),
    labelColumn: pieces.find(({ labelColumn }) => labelColumn !== null)?.labelColumn ?? null,
    origin: originOf(inputs, pieces),
    notices: pieces.flatMap(({ notices }) => notices),
  };
}

function isParquet(path: string): boolean {
  return extname(path).toLowerCase() === '.parquet';
}

/** The paths that the inputs mean. A tar on stdin has none and is a piece at once. */
async function* paths(inputs: readonly string[], options: ListingOptions, pieces: Piece[]): AsyncGenerator<string> {
  for (const input of inputs) {
    if (isStdin(input)) {
      const given = await readStdin(options);
      if ('paths' in given) yield* given.paths;
      else pieces.push({ ...given.tar, folder: null, notices: [] });
    } else if (isUrl(input)) {
      yield input;
    } else if (isPattern(input) && (await stat(input).catch(() => null)) === null) {
      yield* await expandPattern(input);
    } else yield input;
  }
}

async function openPiece(path: string, options: ListingOptions): Promise<Piece> {
  if (isUrl(path)) return { ...alone(path, [remoteImage(path, options.remote)]), folder: null };
  const found = await stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  if (found.isDirectory()) return folderPiece(path);
  if (isTableName(path)) return { ...alone(path, []), ...(await openPathTable(path, options)), folder: dirname(path) };
  const head = await headOf(path);
  if (head.startsWith('PK\u0003\u0004')) return { ...(await openZipImages(path)), folder: null, notices: [] };
  if (isTar(Buffer.from(head, 'latin1'))) return { ...(await openTarImages(path)), folder: null, notices: [] };
  return { ...alone(path, localImages([basename(path)], dirname(path))), folder: dirname(path) };
}

/** Images without anything beside them, from no file that has to be closed. */
function alone(where: string, images: readonly FoundImage[]): Omit<Piece, 'folder'> {
  return { where, images, columns: [], labelColumn: null, notices: [], close: async () => {} };
}

async function headOf(path: string): Promise<string> {
  const file = await RandomAccessFile.open(path);
  try {
    return Buffer.from(await file.read(0, Math.min(HEAD_BYTES, file.size))).toString('latin1');
  } finally {
    await file.close();
  }
}

async function folderPiece(path: string): Promise<Piece> {
  const { keys, notices } = await findImages(path);
  const piece = { ...alone(path, localImages(keys, path)), folder: path, notices };
  for (const name of METADATA_NAMES) {
    const isThere = await stat(join(path, name)).catch(() => null);
    if (isThere?.isFile()) return { ...piece, ...(await withMetadata(path, name, piece.images)), notices: [] };
  }
  return piece;
}

function localImages(keys: readonly string[], folder: string): FoundImage[] {
  return keys.map((key) => {
    const file = join(folder, key);
    return {
      key,
      read: () => readImageFile(file),
      modified: () => fileModified(file),
      stamp: () => fileStamp(file),
    };
  });
}

function joined(pieces: readonly Piece[]): Pick<FoundSet, 'images' | 'columns' | 'types'> {
  const [only] = pieces;
  const columns = [...new Set(pieces.flatMap((piece) => piece.columns))];
  if (pieces.length === 1 && only !== undefined) return { images: only.images, columns, types: only.types };
  const common = commonFolder(pieces.flatMap(({ folder }) => (folder === null ? [] : [resolve(folder)])));
  const prefixed = archiveKeysClash(pieces);
  const images = pieces.flatMap((piece) => {
    const before = prefixOf(piece, common, prefixed);
    const places = columns.map((column) => piece.columns.indexOf(column));
    return piece.images.map((image) => ({
      ...image,
      key: before + image.key,
      row: places.map((place) => image.row?.[place] ?? null),
    }));
  });
  return { images, columns };
}

function prefixOf({ folder, where }: Piece, common: string, prefixed: boolean): string {
  const before =
    folder === null ? (prefixed ? basename(where).replace(/\.[^.]*$/, '') : '') : relative(common, resolve(folder));
  return before === '' ? '' : `${before.split(sep).join('/')}/`;
}

function archiveKeysClash(pieces: readonly Piece[]): boolean {
  const seen = new Set<string>();
  for (const { folder, images } of pieces) {
    if (folder !== null) continue;
    const own = new Set(images.map(({ key }) => key));
    for (const key of own) {
      if (seen.has(key)) return true;
      seen.add(key);
    }
  }
  return false;
}

/** The deepest folder that all of some absolute paths are or lie in. */
function commonFolder(folders: readonly string[]): string {
  const [first = [], ...rest] = folders.map((folder) => folder.split(sep));
  let length = first.length;
  for (const parts of rest) {
    const differs = parts.findIndex((part, i) => part !== first[i]);
    length = Math.min(length, differs < 0 ? parts.length : differs);
  }
  return first.slice(0, length).join(sep) || sep;
}

function originOf(inputs: readonly string[], pieces: readonly Piece[]): ListingOrigin {
  const folders = pieces.flatMap(({ folder }) => (folder === null ? [] : [folder]));
  if (folders.length < pieces.length) return inputs.some((input) => isStdin(input) || isUrl(input)) ? null : { inputs };
  const [only] = folders;
  if (only !== undefined && folders.length === 1) return { folder: only };
  const common = commonFolder(folders.map((folder) => resolve(folder)));
  return { folder: folders.some(isAbsolute) ? common : relative('.', common) || '.' };
}

/** Folder and name, without the extension of a file. */
function setName(inputs: readonly string[], pieces: readonly Piece[]): string {
  const [input] = inputs;
  const [piece] = pieces;
  const isFile = piece === undefined || piece.folder === null || isTableName(piece.where);
  if (inputs.length === 1 && isFile && input !== undefined && !isPattern(input)) {
    return isStdin(input) ? 'stdin' : lastParts(input.replace(/\.[^./\\]*$/, ''));
  }
  return lastParts(commonFolder(pieces.map(({ folder, where }) => resolve(folder ?? dirname(where)))));
}

function lastParts(path: string): string {
  const full = resolve(path);
  return `${basename(dirname(full))}/${basename(full)}`;
}
