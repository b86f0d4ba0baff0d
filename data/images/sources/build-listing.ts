/** From images as a source finds them to a listing: in order, each key once, with labels and typed columns. */
import { nearest, quoted, shown } from '../../../base/index.js';
import type { CarriedColumn, CarriedValue } from '../../carried.js';
import { DataError } from '../../data-error.js';
import { carriedValue, TypeFinder } from '../../rows/carried-values.js';
import { type FolderLabels, folderLabels, type LabelOptions } from './folder-labels.js';
import { haveOtherNumbers, type Label, labelFrom } from './labels.js';
import {
  compareKeys,
  type ImageEntry,
  type ImageListing,
  type ImagePin,
  type ListingOrigin,
  type Unpinned,
} from './listing.js';
import { CLASS } from './webdataset.js';

/** One image as a source finds it. */
export interface FoundImage {
  key: string;
  /** What stands beside it in the source: a value for each of the set's columns, as the file has it. */
  row?: readonly unknown[];
  /** As `ImageEntry.path`. */
  path?: string | undefined;
  read(): Promise<Uint8Array>;
  modified(): Promise<number | null>;
  /** As `ImageEntry.stamp`. Without it the source cannot say. */
  stamp?(): Promise<string | null>;
  /** As `ImageEntry.pin`. Without it the image cannot be found again. */
  pin?(): Promise<ImagePin | Unpinned>;
}

/** An image of another set, under another key or with another row. Images are passed on by it, never copied: they are classes. */
export class FoundAs implements FoundImage {
  readonly #image: FoundImage;

  constructor(
    readonly key: string,
    readonly row: readonly unknown[],
    image: FoundImage,
  ) {
    this.#image = image;
  }

  get path(): string | undefined {
    return this.#image.path;
  }

  read(): Promise<Uint8Array> {
    return this.#image.read();
  }

  modified(): Promise<number | null> {
    return this.#image.modified();
  }

  async stamp(): Promise<string | null> {
    return this.#image.stamp?.() ?? null;
  }

  async pin(): Promise<ImagePin | Unpinned> {
    return this.#image.pin?.() ?? null;
  }
}

export interface FoundSet {
  where: string;
  name: string;
  /** In any order. */
  images: readonly FoundImage[];
  /** Names of the columns beside the images. */
  columns: readonly string[];
  /** Their types, where the source knows types. */
  types?: ReadonlyMap<string, CarriedColumn['type']> | undefined;
  /** The column that holds labels, where the format says so; null where it has none. */
  labelColumn: string | null;
  origin: ListingOrigin;
  notices: readonly string[];
  close(): Promise<void>;
}

const COLUMN = /^column:/;

/** @throws DataError `LABELS_COLUMN`, `LABELS_FOLDER`, `LABEL_INVALID` */
export function buildListing(found: FoundSet, options: LabelOptions): ImageListing {
  const { where, name, notices, close } = found;
  const images = [...found.images].sort((a, b) => compareKeys(a.key, b.key));
  const labelled = labelsOf(found, images, options);
  const columns = typedColumns(found, images, labelled.column);
  function* entries(first = 0): Generator<ImageEntry> {
    let last: string | null = images[first - 1]?.key ?? null;
    for (let index = first; index < images.length; index++) {
      const image = images[index]!;
      const { key, row } = image;
      const problem = key === last ? keyTwice(key, where) : null;
      last = key;
      const values = columns.map(({ place, type }) => carriedValue(type, row?.[place]));
      yield entryOf(image, labelled.labelOf(image, index), values, problem);
    }
  }
  return {
    where,
    name,
    count: images.length,
    labels: labelled.labels,
    columns: columns.map(({ name: column, type }) => ({ name: column, type })),
    origin: found.origin,
    notices: [...notices, ...labelled.notices],
    entries,
    close,
  };
}

/** @param problem why the image cannot be taken; null if it can */
export function entryOf(
  image: FoundImage,
  label: Label,
  values: readonly CarriedValue[],
  problem: DataError | null,
): ImageEntry {
  const modified = () => image.modified();
  const stamp = async () => image.stamp?.() ?? null;
  const read = problem === null ? () => image.read() : () => Promise.reject(problem);
  const pin = async () => problem ?? image.pin?.() ?? null;
  const path = problem === null ? image.path : undefined;
  return { key: image.key, label, values, path, read, modified, stamp, pin };
}

export function keyTwice(key: string, where: string): DataError {
  return new DataError('IMAGE_KEY_TWICE', `${where}: the image ${shown(key)} is there twice; the first one is taken`);
}

interface Labelled extends Pick<FolderLabels, 'labels' | 'notices'> {
  /** The column that the labels come from: it is carried along no more. */
  column: string | null;
  labelOf(image: FoundImage, index: number): Label;
}

function labelsOf(found: FoundSet, images: readonly FoundImage[], options: LabelOptions): Labelled {
  const place = labelColumnPlace(found.where, found.columns, options.labels, found.labelColumn);
  if (place !== null) return columnLabels(found, images, place, options);
  const { labels, labelOf, notices } = folderLabels(
    images.map(({ key }) => key),
    options,
    found.where,
  );
  return { labels, notices, column: null, labelOf: ({ key }) => labelOf(key) };
}

/**
 * The place of the column that the labels come from; null where they come from none.
 * @param asked as `LabelOptions.labels`
 * @param own the column that holds labels, where the format says so
 * @throws DataError `LABELS_COLUMN`
 */
export function labelColumnPlace(
  where: string,
  columns: readonly string[],
  asked: LabelOptions['labels'],
  own: string | null,
): number | null {
  const named = asked === undefined ? own : asked === null || asked === 'folder' ? null : asked;
  if (named === null) return null;
  const column = named.replace(COLUMN, '');
  const place = columns.indexOf(column);
  if (place >= 0) return place;
  const close = nearest(column, columns);
  const there = columns.length === 0 ? 'there are no columns' : `there are ${columns.map(quoted).join(', ')}`;
  throw new DataError('LABELS_COLUMN', `${where}: no column ${quoted(column)} of labels, ${there}`, {
    hint: close === null ? '--labels takes folder, none or the name of a column.' : `Did you mean ${close}?`,
  });
}

function columnLabels(
  { where, columns }: FoundSet,
  images: readonly FoundImage[],
  place: number,
  { classes }: LabelOptions,
): Labelled {
  const column = columns[place]!;
  // WebDataset's are numbers, which it keeps as text.
  const areNames = column !== CLASS && haveOtherNumbers(classes);
  const labels = images.map(({ key, row }) => labelFrom(row?.[place], `${where} ${shown(key)}`, areNames));
  const labelOf = (_: FoundImage, index: number) => labels[index] ?? null;
  return { labels: labels.some((label) => typeof label === 'string') ? 'name' : 'index', notices: [], column, labelOf };
}

/** The columns that are carried along. Lists, structs and bytes are left out. */
function typedColumns(
  { columns, types }: FoundSet,
  images: readonly FoundImage[],
  labelColumn: string | null,
): (CarriedColumn & { place: number })[] {
  return columns
    .map((name, place) => {
      const type = types?.get(name) ?? textType(images.map(({ row }) => row?.[place]));
      return { name, type, place };
    })
    .filter(({ name, type }) => name !== labelColumn && type !== 'other');
}

function textType(values: readonly unknown[]): CarriedColumn['type'] {
  const finder = new TypeFinder();
  for (const value of values) finder.add(value);
  return typeFound(finder);
}

/** Unlike a sample, all values are known here: a column is of a type where each of its values is. */
export function typeFound({ type, areTimes }: TypeFinder): CarriedColumn['type'] {
  return type === 'timestamp' && !areTimes ? 'string' : type;
}
