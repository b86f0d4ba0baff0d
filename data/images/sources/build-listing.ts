import { nearest, quoted, shown } from '../../../base/index.js';
import type { CarriedColumn } from '../../carried.js';
import { DataError } from '../../data-error.js';
import { carriedValue, TypeFinder } from '../../rows/carried-values.js';
import { FolderKeys, haveOtherNumbers, type LabelOptions, labelFrom } from './labels.js';
import {
  compareKeys,
  type ImageEntry,
  type ImageHandle,
  type ImageListing,
  type Label,
  type ListingOrigin,
} from './listing.js';
import { CLASS } from './webdataset.js';

export interface FoundImage {
  key: string;
  /** What stands beside it in the source: a value for each of the set's columns, as the file has it. */
  row?: readonly unknown[];
  image: ImageHandle;
}

export interface FoundColumns {
  where: string;
  columns: readonly string[];
  /** Their types, where the source knows types. */
  types?: ReadonlyMap<string, CarriedColumn['type']> | undefined;
  /** The column that holds labels, where the format says so; null where it has none. */
  labelColumn: string | null;
}

export interface Piece extends FoundColumns {
  /** In any order. */
  images: readonly FoundImage[];
  /** The folder that keys are relative to, on this disk or at a URL; null where they are relative to something else. */
  folder: string | null;
  notices: readonly string[];
  close(): Promise<void>;
}

export interface FoundSet extends Omit<Piece, 'folder'> {
  name: string;
  origin: ListingOrigin;
}

/** @throws DataError `LABELS_COLUMN`, `LABELS_FOLDER`, `LABEL_INVALID` */
export function buildListing(found: FoundSet, options: LabelOptions): ImageListing {
  const { where, name, origin, close } = found;
  const images = [...found.images].sort((a, b) => compareKeys(a.key, b.key));
  const facts = new ListingFacts(found, options);
  for (const { key, row } of images) facts.add(key, row);
  const { notices, entryOf, ...known } = facts.known();
  function* entries(first = 0): Generator<ImageEntry> {
    let last: string | null = images[first - 1]?.key ?? null;
    for (let index = first; index < images.length; index++) {
      const image = images[index]!;
      yield entryOf(image, image.key === last);
      last = image.key;
    }
  }
  return {
    ...known,
    where,
    name,
    count: images.length,
    origin,
    notices: [...found.notices, ...notices],
    entries,
    close,
  };
}

type PlacedColumn = CarriedColumn & { place: number };

interface Known extends Pick<ImageListing, 'labels' | 'columns' | 'notices'> {
  /** @param isTwice whether the image before it has the same key */
  entryOf(found: FoundImage, isTwice: boolean): ImageEntry;
}

/** Finds out from all images of a listing, one by one, which labels there are and what types the columns have. */
export class ListingFacts {
  readonly #set: FoundColumns;
  readonly #labelPlace: number | null;
  readonly #areNames: boolean;
  readonly #folders: FolderKeys;
  readonly #finders: readonly TypeFinder[];
  #hasName = false;

  /** @throws DataError `LABELS_COLUMN` */
  constructor(set: FoundColumns, options: LabelOptions) {
    this.#set = set;
    this.#labelPlace = labelPlace(set, options.labels);
    const isClass = this.#labelPlace !== null && set.columns[this.#labelPlace] === CLASS;
    // WebDataset's are numbers, which it keeps as text.
    this.#areNames = !isClass && haveOtherNumbers(options.classes);
    this.#folders = new FolderKeys(options);
    this.#finders = set.columns.map(() => new TypeFinder());
  }

  /** @throws DataError `LABEL_INVALID` */
  add(key: string, row: readonly unknown[] = []): void {
    const { types } = this.#set;
    if (types === undefined) for (const [i, finder] of this.#finders.entries()) finder.add(row[i]);
    if (this.#labelPlace === null) this.#folders.add(key);
    else if (typeof this.#label(key, row, this.#labelPlace) === 'string') this.#hasName = true;
  }

  /** @throws DataError `LABELS_FOLDER` */
  known(): Known {
    const place = this.#labelPlace;
    const columns = this.#carried();
    const seen = columns.map(({ name, type }) => ({ name, type }));
    const entry = ({ key, row = [], image }: FoundImage, label: Label, isTwice: boolean) => {
      const values = columns.map(({ place, type }) => carriedValue(type, row[place]));
      return { key, label, values, ...handleOf(image, isTwice ? keyTwice(key, this.#set.where) : null) };
    };
    if (place === null) {
      const { labels, notices, labelOf } = this.#folders.labels(this.#set.where);
      return { labels, notices, columns: seen, entryOf: (found, isTwice) => entry(found, labelOf(found.key), isTwice) };
    }
    return {
      labels: this.#hasName ? 'name' : 'index',
      notices: [],
      columns: seen,
      entryOf: (found, isTwice) => entry(found, this.#label(found.key, found.row ?? [], place), isTwice),
    };
  }

  #label(key: string, row: readonly unknown[], place: number): Label {
    return labelFrom(row[place], `${this.#set.where} ${shown(key)}`, this.#areNames);
  }

  /** Lists, structs and bytes are left out, and so is the column that the labels come from. */
  #carried(): PlacedColumn[] {
    const { columns, types } = this.#set;
    return columns
      .map((name, place) => ({ name, type: types?.get(name) ?? typeFound(this.#finders[place]!), place }))
      .filter(({ type, place }) => place !== this.#labelPlace && type !== 'other');
  }
}

/** Unlike a sample, all values are known here: a column is of a type where each of its values is. */
function typeFound({ type, areTimes }: TypeFinder): CarriedColumn['type'] {
  return type === 'timestamp' && !areTimes ? 'string' : type;
}

/** @param problem why the image cannot be taken; null if it can */
function handleOf(image: ImageHandle, problem: DataError | null): ImageHandle {
  return {
    path: problem === null ? image.path : undefined,
    read: problem === null ? () => image.read() : () => Promise.reject(problem),
    modified: () => image.modified(),
    stamp: () => image.stamp(),
    pin: async () => problem ?? image.pin(),
  };
}

function keyTwice(key: string, where: string): DataError {
  return new DataError('IMAGE_KEY_TWICE', `${where}: the image ${shown(key)} is there twice; the first one is taken`);
}

/** The place of the column that the labels come from; null where they come from none. @throws DataError `LABELS_COLUMN` */
function labelPlace({ where, columns, labelColumn }: FoundColumns, asked: LabelOptions['labels']): number | null {
  const named = asked === undefined ? labelColumn : asked === null || asked === 'folder' ? null : asked;
  if (named === null) return null;
  const column = named.replace(/^column:/, '');
  const place = columns.indexOf(column);
  if (place >= 0) return place;
  const close = nearest(column, columns);
  const there = columns.length === 0 ? 'there are no columns' : `there are ${columns.map(quoted).join(', ')}`;
  throw new DataError('LABELS_COLUMN', `${where}: no column ${quoted(column)} of labels, ${there}`, {
    hint: close === null ? '--labels takes folder, none or the name of a column.' : `Did you mean ${close}?`,
  });
}
