import { dirname, posix } from '#platform';
import { publicUrl } from '../../../base/index.js';
import { DataError } from '../../data-error.js';
import type { ParquetFooter } from '../../parquet/footer.js';
import type { FoundImage, Piece } from './build-listing.js';
import { LocalImage } from './folder.js';
import type { LabelOptions } from './labels.js';
import type { ImageHandle } from './listing.js';
import { besideUrl, isUrl, type RemoteFiles, readyFor, remoteImage } from './remote.js';
import { imageColumn, readTableRows } from './table-rows.js';

export interface TableOptions {
  /** The column of the images or of their paths. Default: the first of a few usual names. */
  imageColumn?: string | undefined;
  remote?: RemoteFiles | undefined;
}

/** Hugging Face's name of the column of classes. */
export const LABEL = 'label';

/**
 * Paths are relative to the table's folder: a server's table names no files of this machine. Keys are paths or URLs as
 * the table has them. @throws DataError `IMAGES_COLUMN`, `IMAGES_NONE`; what reading the table throws
 */
export async function openPathTable(
  path: string,
  { imageColumn: asked, remote }: TableOptions,
): Promise<Pick<Piece, 'images' | 'columns' | 'types' | 'labelColumn'>> {
  const { columns, types, rows } = await readTableRows(path, remote);
  const column = imageColumn(columns, asked, path);
  const place = columns.indexOf(column);
  if (rows.length === 0) throw new DataError('IMAGES_NONE', `${path}: no rows`);
  const others = columns.filter((name) => name !== column);
  await readyFor(
    rows.map((row) => row[place]),
    remote,
  );
  const images = rows.map((row, index) => {
    const image = imageAt(row[place], index, path, remote);
    return { key: keyAt(row[place], index), row: row.filter((_, i) => i !== place), image };
  });
  return { images, columns: others, types: types ?? undefined, labelColumn: others.includes(LABEL) ? LABEL : null };
}

/** What the image of a row is called. @param value what the table has as the path of row `index` */
export function keyAt(value: unknown, index: number): string {
  if (typeof value !== 'string' || value === '') return `row ${index}`;
  if (isUrl(value)) return publicUrl(value);
  return posix.normalize(value);
}

export function imageAt(value: unknown, index: number, table: string, remote: RemoteFiles | undefined): ImageHandle {
  const nothing = async () => null;
  if (typeof value !== 'string' || value === '') {
    const missing = new DataError('IMAGE_PATH', `${table} row ${index}: no path of an image`);
    return { read: () => Promise.reject(missing), modified: nothing, stamp: nothing, pin: async () => missing };
  }
  if (isUrl(value)) return remoteImage(value, remote, table);
  if (!isUrl(table)) return new LocalImage(dirname(table), value);
  // A path that leads out of a bucket is an error of its image alone.
  const beside = async () => remoteImage(besideUrl(table, value), remote);
  return {
    read: async () => (await beside()).read(),
    modified: nothing,
    stamp: nothing,
    pin: async () => (await beside()).pin(),
  };
}

/** The names of Hugging Face's tables beside the images of a folder. */
export const METADATA_NAMES: readonly string[] = ['metadata.csv', 'metadata.jsonl', 'metadata.parquet'];
const FILE_NAME = 'file_name';

/**
 * What a folder's metadata table says of its images. One without a row has none of it; a row without an image is one
 * that cannot be read. @throws DataError `IMAGES_COLUMN`; what reading the table throws
 */
export async function withMetadata(
  table: string,
  images: readonly FoundImage[],
  remote?: RemoteFiles,
): Promise<Pick<Piece, 'images' | 'columns' | 'types' | 'labelColumn'>> {
  const { images: listed, ...rest } = await openPathTable(table, { imageColumn: FILE_NAME, remote });
  const rows = new Map(listed.map(({ key, row }) => [key, row]));
  const present = new Set(images.map(({ key }) => key));
  const described = images.map(({ key, image }) => ({ key, row: rows.get(key) ?? [], image }));
  return { ...rest, images: [...described, ...listed.filter(({ key }) => !present.has(key))] };
}

/** The column of labels of parquet with images in it. @throws DataError `LABELS_COLUMN` */
export function labelColumn(names: readonly string[], { labels: asked }: LabelOptions, where: string): string | null {
  if (asked === null) return null;
  if (asked === undefined) return names.includes(LABEL) ? LABEL : null;
  const name = asked.replace(/^column:/, '');
  if (names.includes(name)) return name;
  throw new DataError('LABELS_COLUMN', `${where}: no column "${name}" of labels, there are ${names.join(', ')}`, {
    hint: '--labels takes none or the name of a column.',
  });
}

/** Names of Hugging Face's `ClassLabel`, whose order is their own; null where they are not the model's classes. */
export function huggingFaceClasses(
  { metadata }: ParquetFooter,
  column: string,
  classes: readonly string[],
): readonly string[] | null {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  try {
    const names: unknown = JSON.parse(text ?? '')?.info?.features?.[column]?.names;
    const known = new Set(classes);
    const agrees = Array.isArray(names) && names.length > 0 && names.every((name) => known.has(name));
    return agrees ? (names as string[]) : null;
  } catch {
    // Not Hugging Face's, or damaged: numbers are then the model's class numbers.
    return null;
  }
}
