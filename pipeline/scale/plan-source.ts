/** What a plan is made of: images that each have a name, or rows of files. */

import { join, resolve } from 'node:path';
import { publicUrl, shown } from '../../base/index.js';
import {
  DataError,
  fileSetName,
  type ImageEntry,
  type ImageListing,
  isUrl,
  ParquetTableWriter,
  type RowFile,
} from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import { orderedMap, RandomAccessFile } from '../../files/index.js';
import {
  type Ledger,
  LISTING_COLUMNS,
  PLAN,
  type Plan,
  type PlannedImage,
  type RunPlace,
  sumOf,
  toRow,
} from '../../scale/index.js';
import { type EmbedImagesOptions, imageFacts, lookColumns, namedArray, openArray } from '../embed/index.js';
import { LISTING_ROWS, type PinnedRows } from './shard-images.js';

export interface PlanSource {
  where: string;
  about: Pick<Plan['source'], 'where' | 'labels' | 'columns' | 'origin'>;
  dataset: string;
  count: number;
  hasTimestamps: boolean;
  columns: readonly string[];
  order: Plan['order'];
  /** Counts all images, and says where a task finds them. */
  pin(place: RunPlace, ledger: Ledger): Promise<Pick<Plan, 'listing' | 'rows'>>;
  close(): Promise<void>;
}

/** @param what the source or image that no other machine would find */
function cannotPlan(what: string): DataError {
  const hint =
    'A run is planned of files, archives, tables, arrays and prefixes; not of stdin or URLs with a signature.';
  return new DataError('PLAN_SOURCE', `${shown(what)}: no other machine would find this`, { hint });
}

/** Counts the images: those of a group are taken for equally large, as only reading all would tell. */
function pinnedRows(files: readonly RowFile[], ledger: Ledger): PinnedRows {
  return {
    files: files.map(({ file, stamp, groups }) => {
      for (const { rows, bytes } of groups) addRows(ledger, rows, bytes);
      const count = groups.reduce((sum, { rows }) => sum + rows, 0);
      return { file: isUrl(file) ? file : resolve(file), stamp, rows: count };
    }),
  };
}

function addRows(ledger: Ledger, rows: number, bytes: number): void {
  const each = Math.floor(bytes / Math.max(1, rows));
  for (let row = 1; row < rows; row++) ledger.add(each, null);
  if (rows > 0) ledger.add(bytes - each * (rows - 1), null);
}

const READ_AT_ONCE = 64;

/** @throws as `openImages`; DataError `PLAN_SOURCE` */
export async function arrayPlanSource(
  embedder: Embedder,
  path: string,
  options: EmbedImagesOptions,
): Promise<PlanSource> {
  if (isUrl(path) && publicUrl(path) !== path) throw cannotPlan(publicUrl(path));
  const { images, stamp, close } = await openArray(embedder, path, options);
  const { where, labels, count, height, width } = images;
  const bytes = count * height * width * embedder.config.preprocessing.mean.length;
  return {
    where,
    about: { where, labels, columns: [], origin: { array: namedArray(embedder, path, images, options) } },
    dataset: fileSetName(path),
    count,
    hasTimestamps: options.timestamp !== undefined,
    columns: lookColumns(options).map(({ name }) => name),
    order: 'rows',
    async pin(_, ledger) {
      // A task reads its own rows alone, so this is the only time that the checksum of all bytes is looked at.
      for await (const _ of images.batches(READ_AT_ONCE));
      return { listing: null, rows: pinnedRows([{ file: path, stamp, groups: [{ rows: count, bytes }] }], ledger) };
    },
    close,
  };
}

const PINNED_AT_ONCE = 32;

export function listingSource(listing: ImageListing, options: EmbedImagesOptions): PlanSource {
  const { columns, hasTimestamps } = imageFacts(listing, options);
  const { where, labels, origin, rowFiles } = listing;
  return {
    where,
    about: {
      where,
      labels,
      columns: [...listing.columns],
      origin: structuredClone(origin) as Plan['source']['origin'],
    },
    dataset: listing.name,
    count: listing.count,
    hasTimestamps,
    columns: columns.map(({ name }) => name),
    order: 'keys as bytes',
    async pin(place, ledger) {
      if (rowFiles === undefined) {
        return { listing: { rows: LISTING_ROWS, files: await writeListing(place, listing, ledger) }, rows: null };
      }
      if (origin === null) throw cannotPlan(where);
      return { listing: null, rows: pinnedRows(rowFiles, ledger) };
    },
    close: () => listing.close(),
  };
}

type ListingFiles = NonNullable<Plan['listing']>['files'];

async function writeListing(place: RunPlace, listing: ImageListing, ledger: Ledger): Promise<ListingFiles> {
  const files: ListingFiles = [];
  const attempt = await place.begin('plan');
  let writer: ParquetTableWriter | null = null;
  const path = join(attempt.folder, 'listing.parquet');
  const finish = async () => {
    if (writer === null) return;
    await writer.commit();
    writer = null;
    const { sha256 } = await sumOf(await RandomAccessFile.open(path));
    const name = `listing/${String(files.length).padStart(5, '0')}-${sha256.slice(0, 12)}.parquet`;
    await place.create(name, path);
    files.push({ name, sha256 });
  };
  try {
    const pinned = orderedMap(batchesOf(listing), 2, (batch) => plannedImages(batch, listing));
    for await (const images of pinned) {
      for (const image of images) {
        writer ??= await ParquetTableWriter.create(path, LISTING_COLUMNS);
        const full = writer.write(toRow(image));
        if (full !== undefined) await full;
        if ('file' in image.pin) ledger.add(image.pin.bytes, image.pin.member === null ? null : image.pin.file);
        else ledger.add(0, undefined);
        if (writer.rows === LISTING_ROWS) await finish();
      }
    }
    await finish();
    return files;
  } catch (error) {
    await removeListing(place, files);
    throw error;
  } finally {
    await (writer as ParquetTableWriter | null)?.discard();
    await attempt.end();
  }
}

/** Removes the files of a plan that could not be written, unless there is a plan after all, or that is unknown. */
export async function removeListing(place: RunPlace, files: ListingFiles): Promise<void> {
  const planned = await place.size(PLAN).catch(() => 0);
  if (planned !== null) return;
  for (const { name } of files) await place.remove(name).catch(() => undefined);
}

/** Some images at a time: a promise for each of a hundred million would take longer than all else. */
async function* batchesOf(listing: ImageListing): AsyncIterable<ImageEntry[]> {
  let batch: ImageEntry[] = [];
  for await (const entry of listing.entries()) {
    if (batch.push(entry) < PINNED_AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function plannedImages(entries: readonly ImageEntry[], { where }: ImageListing): Promise<PlannedImage[]> {
  const pins = await Promise.all(entries.map((entry) => entry.pin()));
  return entries.map(({ key, label, values }, i) => {
    const pin = pins[i]!;
    if (pin === null) throw cannotPlan(`${where} ${key}`);
    return { key, pin, label, values };
  });
}
