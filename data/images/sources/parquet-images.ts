/**
 * Parquet with the images in it: a column of bytes, or Hugging Face's struct of `bytes` and `path`. Rows are read in
 * the order of the file, which is that of the keys: row numbers, all with as many digits.
 */
import { basename, dirname, join } from '#platform';
import { publicUrl } from '../../../base/index.js';
import type { RandomAccess } from '../../../files/index.js';
import type { CarriedColumn } from '../../carried.js';
import { closedOnError, DataError } from '../../data-error.js';
import { FlatColumn, isBinary, isFlat } from '../../parquet/columns.js';
import { type ParquetFooter, readParquetFooter } from '../../parquet/footer.js';
import type { SchemaTree } from '../../parquet/hyparquet.js';
import { ParquetColumn } from '../../parquet/pages.js';
import { ReadAhead } from '../../parquet/read-ahead.js';
import { carriedValue } from '../../rows/carried-values.js';
import { fileStamp, readImageFile } from './folder.js';
import { haveOtherNumbers, type LabelOptions, labelFrom } from './labels.js';
import {
  compareKeys,
  type ImageEntry,
  type ImageListing,
  type ImagePin,
  type ListingOrigin,
  type Unpinned,
} from './listing.js';
import { besideUrl, isUrl, openAnywhere, pathOf, type RemoteFiles, remoteOf } from './remote.js';
import { huggingFaceClasses, labelColumn } from './table.js';
import { flatColumns, imageColumn } from './table-rows.js';

export interface ParquetImageOptions extends LabelOptions {
  imageColumn?: string | undefined;
  remote?: RemoteFiles | undefined;
  /** Whether keys begin with the file's name; default: where there are several files. */
  prefixed?: boolean | undefined;
  /** How the files are opened. Default: as they are now. @throws CodedError */
  open?: ((path: string) => Promise<RandomAccess>) | undefined;
}

/** Images are large: few rows are decompressed at once. */
const ROWS_AT_ONCE = 16;

interface Shard {
  path: string;
  file: RandomAccess;
  footer: ParquetFooter;
  /** From the root to the bytes of the images, and to the paths beside them. */
  bytes: readonly SchemaTree[];
  names: readonly SchemaTree[] | null;
}

/**
 * Opens shards of one table; null where the column of images holds no bytes: it is then a table of paths.
 * @throws DataError `IMAGES_COLUMN`, `IMAGES_NONE`, `LABELS_COLUMN`, `PARQUET_…`; FileError
 */
export async function openParquetImages(
  paths: readonly string[],
  options: ParquetImageOptions & { where: string; name: string; origin: ListingOrigin },
): Promise<ImageListing | null> {
  const shards: Shard[] = [];
  const close = async () => {
    for (const { file } of shards) await file.close();
  };
  return closedOnError({ close }, async () => {
    for (const path of [...paths].sort((a, b) => compareKeys(nameOf(a), nameOf(b)))) {
      const shard = await openShard(path, options);
      if (shard !== null) shards.push(shard);
    }
    if (shards.length < paths.length) {
      await close();
      return null;
    }
    return listing(shards, options, close);
  });
}

async function openShard(path: string, options: ParquetImageOptions): Promise<Shard | null> {
  const { imageColumn: asked, remote, open = (path: string) => openAnywhere(path, remote) } = options;
  const file = await open(path);
  return closedOnError(file, async () => {
    const footer = await readParquetFooter(file);
    const { root } = footer;
    const name = imageColumn(
      root.children.map(({ element }) => element.name),
      asked,
      file.path,
    );
    const leaves = imageLeaves(root, root.children.find(({ element }) => element.name === name)!);
    if (leaves !== null) return { path, file, footer, ...leaves };
    await file.close();
    return null;
  });
}

function imageLeaves(root: SchemaTree, node: SchemaTree): Pick<Shard, 'bytes' | 'names'> | null {
  if (isFlat(node)) return isBinary(node.element) ? { bytes: [root, node], names: null } : null;
  const child = (name: string) => node.children.find(({ element }) => element.name === name);
  const [bytes, path] = [child('bytes'), child('path')];
  if (bytes === undefined || !isFlat(bytes) || !isBinary(bytes.element)) return null;
  return { bytes: [root, node, bytes], names: path !== undefined && isFlat(path) ? [root, node, path] : null };
}

function listing(
  shards: readonly Shard[],
  options: ParquetImageOptions & { where: string; name: string; origin: ListingOrigin },
  close: () => Promise<void>,
): ImageListing {
  const { where, name, origin } = options;
  const count = shards.reduce((sum, { footer }) => sum + footer.rows, 0);
  if (count === 0) throw new DataError('IMAGES_NONE', `${where}: no rows`);
  const [first] = shards as [Shard, ...Shard[]];
  const { names, types } = flatColumns(first.file, first.footer);
  const labels = labelColumn(names, options, where);
  const columns = names
    .filter((column) => column !== labels)
    .map((column) => ({ name: column, type: types.get(column)! }));
  const classes = labels === null ? null : huggingFaceClasses(first.footer, labels, options.classes ?? []);
  const columnsOfPath: CarriedColumn[] =
    first.names === null ? [] : [{ name: `${first.bytes[1]!.element.name}.path`, type: 'string' }];
  const { prefixed = shards.length > 1, remote } = options;
  async function* entries(from = 0): AsyncGenerator<ImageEntry> {
    let left = from;
    for (const shard of shards) {
      const { rows } = shard.footer;
      const prefix = prefixed ? `${nameOf(shard.path)}/` : '';
      if (left < rows) {
        yield* shardEntries(shard, left, {
          prefix,
          columns,
          hasPaths: columnsOfPath.length > 0,
          labels,
          classes,
          areNames: haveOtherNumbers(options.classes),
          remote,
        });
      }
      left = Math.max(0, left - rows);
    }
  }
  return {
    where,
    name,
    count,
    labels: labels === null ? null : 'index',
    columns: [...columns, ...columnsOfPath],
    notices: [],
    origin,
    rowFiles: shards.map(({ path, file, footer, bytes }) => ({
      ...{ file: path, stamp: file.stamp },
      groups: groupsOf(footer, bytes),
    })),
    entries,
    close,
  };
}

function groupsOf({ metadata }: ParquetFooter, leaf: readonly SchemaTree[]) {
  const path = leaf.slice(1).map(({ element }) => element.name);
  const isImages = (of: readonly string[] = []) => of.length === path.length && of.every((name, i) => name === path[i]);
  return metadata.row_groups.map(({ num_rows: rows, columns }) => {
    const images = columns.find(({ meta_data: meta }) => isImages(meta?.path_in_schema));
    return { rows: Number(rows), bytes: Number(images?.meta_data?.total_compressed_size ?? 0) };
  });
}

interface EntryOptions {
  prefix: string;
  columns: readonly CarriedColumn[];
  hasPaths: boolean;
  labels: string | null;
  classes: readonly string[] | null;
  /** As of `labelFrom`. */
  areNames: boolean;
  remote: RemoteFiles | undefined;
}

async function* shardEntries(
  { path, file, footer, bytes, names }: Shard,
  from: number,
  { prefix, columns, hasPaths, labels, classes, areNames, remote }: EntryOptions,
): AsyncGenerator<ImageEntry> {
  const source = new ReadAhead(file);
  const { group, begin } = groupAt(footer, from);
  const column = (leaf: readonly SchemaTree[], isBytes = false) =>
    new FlatColumn(new ParquetColumn(source, footer.metadata, leaf, isBytes), group);
  const flat = (name: string) =>
    column([footer.root, footer.root.children.find(({ element }) => element.name === name)!]);
  const readers = {
    images: column(bytes, true),
    paths: names === null ? null : column(names),
    labels: labels === null ? null : flat(labels),
    carried: columns.map(({ name }) => flat(name)),
  };
  const digits = String(footer.rows - 1).length;
  for (let first = begin; first < footer.rows; first += ROWS_AT_ONCE) {
    const rows = Math.min(ROWS_AT_ONCE, footer.rows - first);
    const [images, paths, labelValues] = await Promise.all([
      readers.images.take(rows),
      readers.paths?.take(rows),
      readers.labels?.take(rows),
    ]);
    const carried = await Promise.all(readers.carried.map((reader) => reader.take(rows)));
    for (let i = Math.max(0, from - first); i < rows; i++) {
      const key = prefix + String(first + i).padStart(digits, '0');
      const label = labelFrom(labelValues?.[i], `${file.path} row ${first + i}`, areNames);
      const values = columns.map(({ type }, at) => carriedValue(type, carried[at]?.[i]));
      yield {
        key,
        label: typeof label === 'number' ? (classes?.[label] ?? label) : label,
        values: hasPaths ? [...values, textOrNull(paths?.[i])] : values,
        read: () => imageBytes(images[i], paths?.[i], path, first + i, remote),
        modified: async () => null,
        stamp: () => stampOfRow(images[i], paths?.[i], path, file),
        pin: async () => pinOfRow(images[i], paths?.[i], path, first + i, file),
      };
    }
  }
}

function groupAt({ metadata }: ParquetFooter, row: number): { group: number; begin: number } {
  let begin = 0;
  for (const [group, { num_rows: rows }] of metadata.row_groups.entries()) {
    if (row < begin + Number(rows)) return { group, begin };
    begin += Number(rows);
  }
  return { group: metadata.row_groups.length, begin };
}

function nameOf(path: string): string {
  return basename(pathOf(path), '.parquet');
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

async function imageBytes(
  bytes: unknown,
  name: unknown,
  path: string,
  row: number,
  remote: RemoteFiles | undefined,
): Promise<Uint8Array> {
  if (bytes instanceof Uint8Array) return bytes;
  if (isName(name)) {
    const url = isUrl(name) ? name : isUrl(path) ? besideUrl(path, name) : null;
    const table = isUrl(name) && isUrl(path) ? path : undefined;
    return url === null ? readImageFile(join(dirname(path), name)) : remoteOf(url, remote).read(url, table);
  }
  throw noImage(path, row);
}

/** Null where the image lies beside the file. */
function pinOfRow(
  bytes: unknown,
  name: unknown,
  file: string,
  row: number,
  { stamp }: RandomAccess,
): ImagePin | Unpinned {
  if (bytes instanceof Uint8Array) {
    return { file, member: String(row), bytes: bytes.byteLength, stamp, modified: null };
  }
  return isName(name) ? null : noImage(file, row);
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== '';
}

function noImage(path: string, row: number): DataError {
  return new DataError('IMAGE_PATH', `${publicUrl(path)} row ${row}: neither bytes nor a path of an image`);
}

async function stampOfRow(bytes: unknown, name: unknown, path: string, file: RandomAccess): Promise<string | null> {
  if (bytes instanceof Uint8Array) return file.stamp;
  return isUrl(path) || isUrl(`${name}`) ? null : fileStamp(join(dirname(path), `${name}`));
}
