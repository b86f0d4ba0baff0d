import { entryAt, extname, latin1 } from '#platform';
import { firstTwice, publicUrl, quoted } from '../../../base/index.js';
import { RandomAccessFile, ZipArchive } from '../../../files/index.js';
import { closedOnError, DataError } from '../../data-error.js';
import { buildListing, type Piece } from './build-listing.js';
import { expandBraces, expandPattern, hasChoices, isPattern } from './glob.js';
import { joined, listedAgain, originOf, setName } from './join-pieces.js';
import type { LabelOptions } from './labels.js';
import type { ImageListing } from './listing.js';
import { openParquetImages } from './parquet-images.js';
import { openPiece } from './pieces.js';
import { expandKeyPattern, isKeyPattern, isUrl, pathOf, readyFor } from './remote.js';
import { openSortedNames } from './sorted-names.js';
import { openSortedTable } from './sorted-table.js';
import { isStdin, readStdin, type StdinOptions } from './stdin.js';
import type { TableOptions } from './table.js';
import { isTableName } from './table-rows.js';

export interface ListingOptions extends LabelOptions, StdinOptions, TableOptions {
  /** Bytes from which on a table of paths is sorted on the disk, not in memory; default 2^24. */
  sortedOnDisk?: number | undefined;
  /** Whether the names of a single folder or prefix are sorted on the disk, too. Default: false, for it takes longer. */
  namesOnDisk?: boolean | undefined;
}

/** Some hundred thousand rows: in memory each takes ten times what it takes in the file. */
const SORTED_ON_DISK = 2 ** 24;

/** Inputs that are opened side by side: shards at URLs, each of which is walked through. */
const OPENED_AT_ONCE = 8;

/**
 * Whether a single input is an npz or npy, by name or content, for `openImages`. @throws FileError if it cannot be read
 */
export async function isImageArray(inputs: readonly string[]): Promise<boolean> {
  const [path] = inputs;
  if (path === undefined || inputs.length > 1 || isStdin(path)) return false;
  if (['.npz', '.npy'].includes(extname(pathOf(path)).toLowerCase())) return true;
  const found = await entryAt(path);
  if (found?.kind !== 'file') return false;
  const file = await RandomAccessFile.open(path);
  try {
    const head = latin1(await file.read(0, Math.min(6, file.size)));
    if (head.startsWith('\u0093NUMPY')) return true;
    return (
      head.startsWith('PK') && [...(await ZipArchive.open(file)).members.keys()].some((name) => name.endsWith('.npy'))
    );
  } finally {
    await file.close();
  }
}

/**
 * Lists images of folders, image files, patterns such as `photos/*.jpg` and `{00000..00099}.tar`, tars, zips, tables of
 * paths or URLs (csv, jsonl, parquet), parquet with images in it, or `-` for a list of paths or a tar on stdin; all
 * also at `https://` and `s3://` URLs, patterns only at the latter, and prefixes `s3://bucket/prefix/`. Keys are paths
 * from the folder or archive, of several inputs from the folder that all lie in; a table's own paths; row numbers in
 * parquet with images. Of several archives the archive's name comes first where two keys are the same.
 * @throws DataError `IMAGES_NONE`, `IMAGES_COLUMN`, `LABELS_…`, `WEBDATASET_SIDECAR`; FileError: missing or damaged
 */
export async function openListing(inputs: readonly string[], options: ListingOptions = {}): Promise<ImageListing> {
  const pieces: Piece[] = [];
  const close = async () => {
    for (const piece of pieces) await piece.close();
  };
  const twice = firstTwice(inputs);
  if (twice !== undefined) throw new DataError('BAD_OPTION', `${publicUrl(twice)}: is given twice`);
  const [named = ''] = inputs.map((input) => (isStdin(input) ? 'stdin' : publicUrl(input)));
  const where = inputs.length === 1 ? named : `${named} and ${inputs.length - 1} more`;
  return closedOnError({ close }, async () => {
    const { imageColumn } = options;
    const sorted = options.namesOnDisk && imageColumn === undefined ? await openSortedNames(inputs, options) : null;
    if (sorted !== null) return sorted;
    const all: string[] = [];
    for await (const path of paths(inputs, options, pieces)) all.push(path);
    if (imageColumn !== undefined && !all.some(isTableName)) throw noTable(where, imageColumn);
    await readyFor(all, options.remote);
    const inParquet = pieces.length === 0 && all.length > 0 && all.every((path) => isParquet(path));
    const set = { where, name: setName(inputs, []), origin: listedAgain(inputs) };
    const listing = inParquet ? await openParquetImages(all, { ...options, ...set }) : null;
    if (listing !== null) return listing;
    const table = await largeTable(all, options);
    if (table !== null) return await openSortedTable(table, options);
    await openPieces(all, inputs, options, pieces);
    return buildListing({ ...joined(pieces), where, ...described(inputs, pieces), close }, options);
  });
}

/** The name of a column would be left out in silence. */
function noTable(where: string, column: string): DataError {
  return new DataError('IMAGES_COLUMN', `${where}: column ${quoted(column)} is asked for, and this is no table`, {
    hint: 'A table is a csv, jsonl or parquet file. Leave --image-column out.',
  });
}

/** A single table on this machine that is better sorted on the disk; null for anything else. */
async function largeTable(
  [path, ...others]: readonly string[],
  { sortedOnDisk }: ListingOptions,
): Promise<string | null> {
  if (path === undefined || others.length > 0 || isUrl(path) || !isTableName(path)) return null;
  const found = await entryAt(path);
  return found?.kind === 'file' && found.size >= (sortedOnDisk ?? SORTED_ON_DISK) ? path : null;
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
  return extname(pathOf(path)).toLowerCase() === '.parquet';
}

/** The paths that the inputs mean. A tar on stdin has none and is a piece at once. */
async function* paths(inputs: readonly string[], options: ListingOptions, pieces: Piece[]): AsyncGenerator<string> {
  for (const input of inputs) {
    if (isStdin(input)) {
      const given = await readStdin(options);
      if ('paths' in given) yield* given.paths;
      else pieces.push(given.tar);
    } else if (isUrl(input)) {
      for (const url of hasChoices(input) ? expandBraces(input) : [input]) {
        yield* isKeyPattern(url) ? await expandKeyPattern(url, options.remote) : [url];
      }
    } else if (isPattern(input) && (await entryAt(input)) === null) {
      yield* await expandPattern(input);
    } else yield input;
  }
}

async function openPieces(
  paths: readonly string[],
  inputs: readonly string[],
  options: ListingOptions,
  pieces: Piece[],
): Promise<void> {
  const given = new Set(inputs);
  const open = (path: string) => openPiece(path, !given.has(path), options);
  for (let first = 0; first < paths.length; first += OPENED_AT_ONCE) {
    const opened = await Promise.allSettled(paths.slice(first, first + OPENED_AT_ONCE).map(open));
    for (const one of opened) if (one.status === 'fulfilled') pieces.push(one.value);
    const failed = opened.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}
