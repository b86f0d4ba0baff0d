import { CodedError } from '../../base/index.js';
import {
  type CarriedColumn,
  type ColumnChoice,
  entryPlace,
  eventFiles,
  type ImageEntry,
  type ImageListing,
  imageHeader,
  NpzFile,
  openListing,
  readableEventFormat,
  statisticColumn,
} from '../../data/index.js';
import { isRejection } from '../embed/rejections.js';
import { remoteFiles } from '../embed/remote-files.js';
import { withEvents } from '../measure/event-batches.js';

export interface ArraysInspection {
  kind: 'arrays';
  arrays: { name: string; dtype: string; shape: readonly number[]; fortran_order: boolean }[];
}

export async function inspectArrays(path: string): Promise<ArraysInspection> {
  return inspectArraysOf(await NpzFile.open(path));
}

/** Closes the file. */
export async function inspectArraysOf(npz: NpzFile): Promise<ArraysInspection> {
  try {
    const arrays = [];
    for (const name of npz.names) {
      const array = await npz.array(name);
      await array.close();
      const { type, shape, fortranOrder } = array.header;
      arrays.push({ name, dtype: type.descr, shape, fortran_order: fortranOrder });
    }
    return { kind: 'arrays', arrays };
  } finally {
    await npz.close();
  }
}

export interface EventsInspection {
  kind: 'events';
  format: string;
  /** Number of rows; null if it takes reading to the end to know. */
  rows: number | null;
  dimensions: number;
  classes: readonly string[];
  /** One for each class where several may hold; null where one does, or the file does not say. */
  thresholds: readonly number[] | null;
  tap: string | null;
  weights_sha256: string | null;
  /** What is known of these weights beyond that; null: nothing. */
  weights_note: string | null;
  columns: string[];
  /** Columns that have no meaning here, and their types. */
  carried: readonly CarriedColumn[];
}

/** @throws DataError, such as `EVENTS_NO_EMBEDDINGS` */
export async function inspectEvents(path: string, choice: ColumnChoice): Promise<EventsInspection> {
  return withEvents(path, choice, async ({ schema, rows }) => {
    const optional: [boolean, string][] = [
      [schema.hasTargets, 'target'],
      [schema.hasImageUrls, 'image_url'],
      [schema.hasTimestamps, 'timestamp'],
      [schema.hasEventIds, 'event_id'],
    ];
    const columns = optional.filter(([has]) => has).map(([, name]) => name);
    const statistics = schema.statistics.map(statisticColumn);
    return {
      kind: 'events',
      format: readableEventFormat((await eventFiles(path))[0] ?? path),
      rows,
      dimensions: schema.dimensions,
      classes: schema.classes,
      thresholds: schema.thresholds ?? null,
      tap: schema.tap,
      weights_sha256: schema.weightsSha256,
      weights_note: schema.weightsNote ?? null,
      columns: ['embeddings', ...schema.classes, ...columns, ...statistics, ...schema.extraTaps.keys()],
      carried: schema.carried ?? [],
    };
  });
}

/** What is in a set of image files: how many there are, and what the first ones are like. */
export interface ImagesInspection {
  kind: 'images';
  images: number;
  /** Images that were opened: the first ones, and what follows is about them. */
  opened: number;
  /** How many have each format; images that cannot be used have none. */
  formats: Readonly<Record<string, number>>;
  /** Smallest and largest, pixels; null where no image could be opened. */
  height: readonly [number, number] | null;
  width: readonly [number, number] | null;
  /** Images with an EXIF orientation. */
  turned: number;
  /** Images of 16 bits a sample. */
  deep: number;
  /** Those of gray, which is cut off at 255 where weights have no range. */
  clipped: number;
  /** The first image that cannot be used, and why; null for none. */
  problem: string | null;
  /** Columns that are carried along, and their types. */
  carried: readonly CarriedColumn[];
  notices: readonly string[];
}

/** Enough to show what is there. */
const OPENED = 100;

/** @param cache folder in which files of URLs are kept. @throws as `openListing` */
export async function inspectImages(path: string, cache?: string): Promise<ImagesInspection> {
  const remote = remoteFiles({ cache });
  try {
    const listing = await openListing([path], { remote });
    try {
      return await look(listing);
    } finally {
      await listing.close();
    }
  } finally {
    await remote.close();
  }
}

async function look(listing: ImageListing): Promise<ImagesInspection> {
  const formats: Record<string, number> = {};
  const [heights, widths]: [number[], number[]] = [[], []];
  let [opened, turned, deep, clipped] = [0, 0, 0, 0];
  let problem: string | null = null;
  for await (const entry of listing.entries()) {
    if (opened === OPENED) break;
    opened++;
    const header = await headerOf(listing, entry);
    if (header instanceof CodedError) problem ??= header.message;
    else {
      formats[header.format] = (formats[header.format] ?? 0) + 1;
      heights.push(header.height);
      widths.push(header.width);
      if (header.orientation !== 1) turned++;
      if (header.isDeep) deep++;
      if (header.isClipped) clipped++;
    }
  }
  const { count: images, columns: carried, notices } = listing;
  const [height, width] = [range(heights), range(widths)];
  return { kind: 'images', images, opened, formats, height, width, turned, deep, clipped, problem, carried, notices };
}

async function headerOf(listing: ImageListing, entry: ImageEntry) {
  try {
    return imageHeader(await entry.read(), entryPlace(listing, entry));
  } catch (error) {
    if (isRejection(error)) return error;
    throw error;
  }
}

function range(values: readonly number[]): [number, number] | null {
  return values.length === 0 ? null : [Math.min(...values), Math.max(...values)];
}
