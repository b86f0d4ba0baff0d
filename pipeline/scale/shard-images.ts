/** Embeds the images of one shard, as the plan has them: by its listing, or rows of its files. */

import { createHash } from 'node:crypto';
import { CodedError, shown } from '../../base/index.js';
import {
  DataError,
  IMAGE_NOT_PINNED,
  type ImageEntry,
  type ImageListing,
  openParquetImages,
  openPinned,
  openTableIn,
  type ParquetImageOptions,
  PinnedImages,
  type RemoteFiles,
  SOURCE_CHANGED,
} from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import { writeFileAtomically } from '../../files/index.js';
import {
  fromRow,
  type KnownPlan,
  LISTING_COLUMNS,
  type Plan,
  type PlannedImage,
  type RunPlace,
  ScaleError,
} from '../../scale/index.js';
import {
  type EmbedImagesOptions,
  type EmbedSummary,
  embedArray,
  embedListing,
  rejectedPath,
  remoteFiles,
} from '../embed/index.js';
import { listingOrigin, settingsOf } from './runs.js';

/** Files whose rows are the images of a run, counted for the plan. */
export type PinnedRows = NonNullable<Plan['rows']>;

export async function embedShardImages(
  embedder: Embedder,
  place: RunPlace,
  known: KnownPlan,
  shard: number,
  out: string,
  options: Pick<EmbedImagesOptions, 'cache' | 'onNotice' | 'onProgress'>,
): Promise<EmbedSummary> {
  const { plan } = known;
  const settings = { ...settingsOf(plan), ...options, saveEvery: 0 };
  if (plan.rows === null) {
    return embedListing(embedder, pinnedListing(place, known, shard, remoteFiles(options)), out, settings);
  }
  if (plan.order === 'keys as bytes') {
    const listing = await rowsListing(embedder, plan, plan.rows, shard, remoteFiles(options));
    return embedListing(embedder, listing, out, settings);
  }
  const [file] = plan.rows.files;
  const summary = await embedArray(embedder, file!, plan.shards[shard]!, out, settings);
  // An array has no images that are rejected, and each shard has a list of them.
  await writeFileAtomically(rejectedPath(out), async () => {});
  return summary;
}

/** @param remote is closed with the listing, or after an error @throws DataError `SOURCE_CHANGED`; as `openListing` */
async function rowsListing(
  { config: { classes } }: Pick<Embedder, 'config'>,
  plan: Plan,
  rows: PinnedRows,
  shard: number,
  remote: Remote,
): Promise<ImageListing> {
  const { first, images } = plan.shards[shard]!;
  const needed = filesOf(rows, first, first + images);
  try {
    const opened = await openFiles(plan, needed.files, { prefixed: rows.files.length > 1, remote, classes });
    return {
      ...opened,
      count: images,
      async *entries(from = 0) {
        let left = images - from;
        if (left === 0) return;
        for await (const entry of opened.entries(needed.first + from)) {
          yield pinnedEntry(entry, plan);
          if (--left === 0) return;
        }
      },
      close: () => opened.close().finally(() => remote.close()),
    };
  } catch (error) {
    await remote.close();
    throw error;
  }
}

async function openFiles(
  plan: Plan,
  files: PinnedRows['files'],
  options: Pick<ParquetImageOptions, 'prefixed' | 'classes'> & { remote: Remote },
): Promise<ImageListing> {
  const { where } = plan.source;
  const { labels, imageColumn } = settingsOf(plan);
  const paths = files.map(({ file }) => file);
  const stamps = new Map(files.map(({ file, stamp }) => [file, stamp]));
  const open = (file: string) => openPinned({ file, stamp: stamps.get(file) ?? null }, options.remote);
  const about = { where, name: plan.dataset, origin: listingOrigin(plan) };
  const opened = await openParquetImages(paths, { ...about, labels, imageColumn, ...options, open });
  if (opened !== null) return opened;
  throw new DataError(SOURCE_CHANGED, `${paths[0]}: holds no images now`);
}

/** The files with some of the images, and the first of all, for its columns. @returns first image, counted in these */
function filesOf({ files }: PinnedRows, from: number, to: number): { files: PinnedRows['files']; first: number } {
  const needed: PinnedRows['files'] = [];
  let [begin, left] = [0, 0];
  for (const [number, file] of files.entries()) {
    const end = begin + file.rows;
    if (number === 0 || (end > from && begin < to)) needed.push(file);
    else if (end <= from) left += file.rows;
    begin = end;
  }
  return { files: needed, first: from - left };
}

/** An image that lies beside the file is one that the plan has not pinned. */
function pinnedEntry(entry: ImageEntry, { source }: Plan): ImageEntry {
  const read = async () => {
    if ((await entry.pin()) !== null) return entry.read();
    throw new DataError(IMAGE_NOT_PINNED, `${source.where} ${shown(entry.key)}: is in a file beside the table`, {
      hint: 'Plan the files themselves, or a table of their paths.',
    });
  };
  return { ...entry, read };
}

/** A file of the listing holds as many images. */
export const LISTING_ROWS = 65_536;
/** The longest file of as many keys, of as many characters as anyone has. */
const MAX_LISTING_BYTES = 2 ** 30;

export type Remote = RemoteFiles & { close(): Promise<void> };

export function pinnedListing(place: RunPlace, { plan }: KnownPlan, shard: number, remote: Remote): ImageListing {
  const { first, images } = plan.shards[shard]!;
  const { where, labels, columns } = plan.source;
  const pinned = new PinnedImages(remote, plan.source.inputs);
  return {
    where,
    name: plan.dataset,
    count: images,
    labels,
    columns,
    origin: listingOrigin(plan),
    notices: [],
    async *entries(from = 0) {
      for await (const image of plannedImages(place, plan, first + from, first + images)) yield toEntry(image, pinned);
    },
    async close() {
      await pinned.close();
      await remote.close();
    },
  };
}

/** Images `from` up to `to` of the whole listing. @throws ScaleError `LISTING_CHANGED`, `LISTING_MISSING` */
export async function* plannedImages(
  place: RunPlace,
  { listing }: Plan,
  from: number,
  to: number,
): AsyncIterable<PlannedImage> {
  if (listing === null) return;
  const names = LISTING_COLUMNS.map(({ name }) => name);
  for (let number = Math.floor(from / listing.rows); number * listing.rows < to; number++) {
    await checkListing(place, listing.files[number]!);
    const table = await openTableIn(await place.open(listing.files[number]!.name), 'parquet');
    try {
      let row = number * listing.rows;
      for await (const { rows, columns } of table.batches()) {
        const values = names.map((name) => columns.get(name) ?? []);
        for (let i = Math.max(0, from - row); i < rows && row + i < to; i++) {
          yield fromRow(values.map((column) => column[i] ?? null));
        }
        row += rows;
        if (row >= to) break;
      }
    } finally {
      await table.close();
    }
  }
}

async function checkListing(place: RunPlace, { name, sha256 }: NonNullable<Plan['listing']>['files'][number]) {
  const bytes = await place.read(name, MAX_LISTING_BYTES);
  if (bytes === null) throw new ScaleError('LISTING_MISSING', `${place.pathOf(name)}: is missing, the plan names it`);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === sha256) return;
  const message = `${place.pathOf(name)}: has sha256 ${found.slice(0, 12)}, the plan says ${sha256.slice(0, 12)}`;
  const hint = 'It was changed or damaged after the plan was made. Make a new plan.';
  throw new ScaleError('LISTING_CHANGED', message, { hint });
}

function toEntry({ key, pin, label, values }: PlannedImage, pinned: PinnedImages): ImageEntry {
  if (pin instanceof CodedError) {
    const none = async () => null;
    return { key, label, values, read: () => Promise.reject(pin), modified: none, stamp: none, pin: async () => pin };
  }
  return {
    key,
    label,
    values,
    read: () => pinned.read(pin),
    modified: async () => pin.modified,
    stamp: async () => pin.stamp,
    pin: async () => pin,
  };
}
