/** Tables of paths or URLs: one image a row, whose other columns are carried along. */
import { dirname, isAbsolute, join, posix } from 'node:path';
import { DataError } from '../../data-error.js';
import type { FoundImage, FoundSet } from './build-listing.js';
import { fileModified, fileStamp, readImageFile } from './folder.js';
import { imageColumn } from './image-column.js';
import type { RemoteFiles } from './remote.js';
import { isUrl, remoteImage } from './remote.js';
import { readTableRows } from './table-rows.js';

export interface TableOptions {
  /** The column of the images or of their paths. Default: the first of a few usual names. */
  imageColumn?: string | undefined;
  /** How images at URLs are read. */
  remote?: RemoteFiles | undefined;
}

/** Hugging Face's name of the column of classes. */
const LABEL = 'label';

/**
 * Paths are relative to the table's folder. The key of an image is its path or URL as the table has it.
 * @throws DataError `IMAGES_COLUMN`, `IMAGES_NONE`; what reading the table throws
 */
export async function openPathTable(
  path: string,
  { imageColumn: asked, remote }: TableOptions,
): Promise<Pick<FoundSet, 'images' | 'columns' | 'types' | 'labelColumn'>> {
  const { columns, types, rows } = await readTableRows(path);
  const column = imageColumn(columns, asked, path);
  const place = columns.indexOf(column);
  if (rows.length === 0) throw new DataError('IMAGES_NONE', `${path}: no rows`);
  const others = columns.filter((name) => name !== column);
  const images = rows.map((row, index) => {
    const rest = row.filter((_, i) => i !== place);
    return { ...imageAt(row[place], index, path, remote), row: rest };
  });
  return { images, columns: others, types: types ?? undefined, labelColumn: others.includes(LABEL) ? LABEL : null };
}

function imageAt(value: unknown, index: number, table: string, remote: RemoteFiles | undefined): FoundImage {
  if (typeof value !== 'string' || value === '') {
    const missing = new DataError('IMAGE_PATH', `${table} row ${index}: no path of an image`);
    return { key: `row ${index}`, read: () => Promise.reject(missing), modified: async () => null };
  }
  if (isUrl(value)) return remoteImage(value, remote);
  const file = isAbsolute(value) ? value : join(dirname(table), value);
  return {
    key: posix.normalize(value),
    read: () => readImageFile(file),
    modified: () => fileModified(file),
    stamp: () => fileStamp(file),
  };
}

/** The names of Hugging Face's tables beside the images of a folder. */
export const METADATA_NAMES: readonly string[] = ['metadata.csv', 'metadata.jsonl', 'metadata.parquet'];
const FILE_NAME = 'file_name';

/**
 * Gives the images of a folder what its metadata table says of them. An image without a row has none of it; a row without
 * an image is one that cannot be read.
 * @throws DataError `IMAGES_COLUMN`; what reading the table throws
 */
export async function withMetadata(
  folder: string,
  name: string,
  images: readonly FoundImage[],
): Promise<Pick<FoundSet, 'images' | 'columns' | 'types' | 'labelColumn'>> {
  const table = await openPathTable(join(folder, name), { imageColumn: FILE_NAME });
  const rows = new Map(table.images.map((image) => [image.key, image]));
  const present = new Set(images.map(({ key }) => key));
  const described = images.map((image) => ({ ...image, row: rows.get(image.key)?.row ?? [] }));
  return { ...table, images: [...described, ...table.images.filter(({ key }) => !present.has(key))] };
}
