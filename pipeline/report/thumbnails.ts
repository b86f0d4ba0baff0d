/** Makes small pictures of chosen rows, found through what event tables say of their images, on one sheet. */

import { CodedError, OfflineError } from '../../base/index.js';
import {
  type ArraySource,
  DataError,
  type FilesSource,
  type Image,
  type ImageSource,
  imagesOf,
  openImageSource,
  pickImages,
  type RemoteFiles,
} from '../../data/index.js';
import { plainKind } from '../../drift/index.js';
import type { ThumbnailSheet } from '../../report/index.js';
import { remoteFiles } from '../embed/index.js';
import { withEvents } from '../measure/event-batches.js';
import { lastName } from '../measure/event-files.js';
import { shrunkImage, spriteSheet } from './sprite-sheet.js';

export interface ThumbnailOptions {
  /** Largest length of a picture's longer side in pixels; default 48. Smaller images keep their size. */
  side?: number | undefined;
  /** Largest number of pictures; default 3,000. */
  most?: number | undefined;
  /** Largest length of the sheet's data URI in characters; default 2,500,000. */
  maxBytes?: number | undefined;
  /** Whether servers are asked for images at URLs that the tables name; default false. */
  fetch?: boolean | undefined;
  /** Folder in which files of URLs are kept. Default: nothing is kept. */
  cache?: string | undefined;
  /** Reads tables that are not on this machine. */
  tables?: RemoteFiles | undefined;
}

export interface ThumbnailTable {
  /** Path of the event table. */
  path: string;
  /** What the table says of its images; null if nothing. */
  images: ImageSource | null;
  /** Rows of the table; null where not known. */
  rows: number | null;
}

export interface WantedRow {
  /** Index among the tables. */
  table: number;
  row: number;
}

export interface Thumbnails {
  /** The sheet; null if there are no pictures. */
  sheet: ThumbnailSheet | null;
  /** Number on the sheet of each wanted row; null if it has no picture. */
  places: (number | null)[];
  /** What pictures show that show next to nothing, by `rowKey`. */
  plain: ReadonlyMap<string, string>;
  /** Why tables have no pictures, for people. */
  problems: string[];
}

const MAX_PICTURE_BYTES = 200_000;

/** Pixels that are read at once: 10 MB of 32 × 32 pixels, and few enough for large images. */
const BATCH_PIXELS = 2 ** 20;

/** No pictures at all, and no image is opened. */
export function noThumbnails(wanted: readonly WantedRow[]): Thumbnails {
  return { sheet: null, places: wanted.map(() => null), plain: new Map(), problems: [] };
}

/**
 * Images that cannot be found or read are reported and left out: a report without pictures is still useful.
 * @param wanted the most important rows first: a full sheet leaves out the last. A row given twice is one picture.
 */
export async function makeThumbnails(
  tables: readonly ThumbnailTable[],
  wanted: readonly WantedRow[],
  options: ThumbnailOptions = {},
): Promise<Thumbnails> {
  const { most = 3_000, maxBytes = 2_500_000 } = options;
  const chosen = [...new Map(wanted.map((one) => [rowKey(one), one])).values()].slice(0, most);
  const { pictures, plain, problems } = await smallPictures(tables, chosen, options);
  const shown = chosen.map(rowKey).filter((key) => pictures.has(key));
  const images = shown.map((key) => pictures.get(key)!);
  const made = spriteSheet(images, maxBytes);
  const placeOf = new Map(shown.slice(0, made?.count ?? 0).map((key, place) => [key, place]));
  const places = wanted.map((one) => placeOf.get(rowKey(one)) ?? null);
  return { sheet: made?.sheet ?? null, places, plain, problems };
}

export async function smallPictures(
  tables: readonly ThumbnailTable[],
  wanted: readonly WantedRow[],
  { side = 48, fetch = false, cache, tables: own }: Pick<ThumbnailOptions, 'side' | 'fetch' | 'cache' | 'tables'>,
): Promise<{ pictures: Map<string, Image>; plain: Map<string, string>; problems: string[] }> {
  const pictures = new Map<string, Image>();
  const plain = new Map<string, string>();
  const problems: string[] = [];
  const remote = remoteFiles({ cache });
  try {
    for (const [index, table] of tables.entries()) {
      const rows = new Set(wanted.filter((one) => one.table === index).map(({ row }) => row));
      if (rows.size === 0) continue;
      const asked = { images: fetch ? remote : undefined, tables: own };
      try {
        for await (const [row, image] of wantedImages(table, rows, problems, asked)) {
          const [key, small] = [rowKey({ table: index, row }), shrunkImage(image, side)];
          pictures.set(key, small);
          // A small picture of noise is plain, too.
          const words = plainWords(small) && plainWords(image);
          if (words !== null) plain.set(key, words);
        }
      } catch (error) {
        if (!(error instanceof CodedError) || error instanceof OfflineError) throw error;
        problems.push(explained(error));
      }
    }
  } finally {
    await remote.close();
  }
  return { pictures, plain, problems };
}

/** `nearly black`, `one colour: grey 130`; null for an image of something. */
export function plainWords({ data }: Image): string | null {
  const [sums, squares] = [
    [0, 0, 0],
    [0, 0, 0],
  ];
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    sums[i % 3]! += value;
    squares[i % 3]! += value * value;
  }
  const pixels = data.length / 3;
  const means = sums.map((sum) => sum / pixels);
  const deviations = means.map((mean, c) => Math.sqrt(Math.max(0, squares[c]! / pixels - mean ** 2)));
  const kind = plainKind(Math.max(...means) / 255, Math.max(...deviations) / 255);
  if (kind !== 'colour') return kind && 'nearly black';
  const [red, green, blue] = means.map(Math.round);
  const isGrey = Math.max(...means) - Math.min(...means) < 1.5;
  return `one colour: ${isGrey ? `grey ${green}` : `red ${red}, green ${green}, blue ${blue}`}`;
}

/** A picture each, not on a sheet; null where it was not found. @param side pixels of the longer side */
export async function picturesOfRows(tables: readonly ThumbnailTable[], wanted: readonly WantedRow[], side: number) {
  const { pictures, problems } = await smallPictures(tables, wanted, { side });
  const shown = wanted.map((one) => {
    const image = pictures.get(rowKey(one));
    const sheet = image && spriteSheet([image], MAX_PICTURE_BYTES)?.sheet;
    const name = `${lastName(tables[one.table]!.path)} row ${one.row.toLocaleString('en')}`;
    return sheet ? { uri: sheet.uri, width: sheet.width, height: sheet.height, name } : null;
  });
  return { pictures: shown, problems };
}

export function rowKey({ table, row }: WantedRow): string {
  return `${table}/${row}`;
}

/** A report asks no server unless it is told to. */
function explained({ code, message }: CodedError): string {
  return code === 'IMAGE_URL' ? `${message} without --fetch-images` : message;
}

type RowImage = [row: number, image: Image];

/** What asks servers, for each kind of files; undefined where they are not asked. */
type Remote = Record<'images' | 'tables', RemoteFiles | undefined>;

async function* wantedImages(table: ThumbnailTable, rows: ReadonlySet<number>, problems: string[], remote: Remote) {
  const { images: source } = table;
  if (source && 'files' in source) yield* imageFiles(source, table, rows, problems, remote);
  else if (source) yield* arrayImages(source, table, rows, remote.images);
}

/** The column of events that has the key of an image file. */
const KEY_COLUMN = 'image_path';

/** Files that are gone or changed are left out; a line says how many, and why the first. */
async function* imageFiles(
  source: FilesSource,
  { path }: ThumbnailTable,
  rows: ReadonlySet<number>,
  problems: string[],
  { images: remote, tables }: Remote,
): AsyncIterable<RowImage> {
  const rowsOf = await rowsByKey(path, rows, tables);
  const missing: string[] = [];
  for await (const { key, image, problem } of pickImages(source, path, new Set(rowsOf.keys()), remote)) {
    if (image === null) missing.push(problem ? explained(problem) : key);
    else for (const row of rowsOf.get(key) ?? []) yield [row, image];
  }
  const count = missing.length;
  if (count > 0) problems.push(`${path}: ${count} of ${rows.size} images have no picture: ${missing[0]}`);
}

async function rowsByKey(path: string, rows: ReadonlySet<number>, remote: RemoteFiles | undefined) {
  const found = new Map<string, number[]>();
  await withEvents(path, { remote }, async (events) => {
    let row = 0;
    for await (const batch of events.batches({ columns: ['carried'], carried: [KEY_COLUMN] })) {
      const keys = batch.carried?.get(KEY_COLUMN) ?? [];
      for (const [i, key] of keys.entries()) {
        if (typeof key === 'string' && rows.has(row + i)) found.set(key, [...(found.get(key) ?? []), row + i]);
      }
      row += batch.rows;
    }
  });
  return found;
}

async function* arrayImages(
  source: ArraySource,
  table: ThumbnailTable,
  rows: ReadonlySet<number>,
  remote: RemoteFiles | undefined,
): AsyncIterable<RowImage> {
  const { path } = table;
  if (table.rows !== null && table.rows !== source.count) {
    const message = `${path}: ${table.rows.toLocaleString('en')} events, made of ${source.count.toLocaleString('en')} images`;
    const hint = 'The table was cut since it was made; which image an event is of is not known any more.';
    throw new DataError('IMAGES_CHANGED', message, { hint });
  }
  const last = Math.max(...rows);
  const images = await openImageSource(source, path, remote);
  try {
    const size = Math.max(1, Math.floor(BATCH_PIXELS / (images.height * images.width)));
    for await (const batch of images.batches(size)) {
      let row = batch.firstRow;
      for (const image of imagesOf(batch)) {
        if (rows.has(row)) yield [row, image];
        row++;
      }
      if (row > last) return;
    }
  } finally {
    await images.close();
  }
}
