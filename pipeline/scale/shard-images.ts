/** Embeds the images of one shard, as the plan has them: by its listing, or rows of its files. */

import { shown } from '../../base/index.js';
import {
  DataError,
  IMAGE_NOT_PINNED,
  type ImageEntry,
  type ImageListing,
  openParquetImages,
  openPinned,
  type ParquetImageOptions,
  SOURCE_CHANGED,
} from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import { writeFileAtomically } from '../../files/index.js';
import type { KnownPlan, Plan, RunPlace } from '../../scale/index.js';
import {
  type EmbedImagesOptions,
  type EmbedSummary,
  embedArray,
  embedListing,
  rejectedPath,
  remoteFiles,
} from '../embed/index.js';
import { pinnedListing, type Remote } from './pinned-listing.js';
import type { PinnedRows } from './plan-source.js';
import { fullOrigin, listingOrigin, settingsOf } from './runs.js';

/** @throws as `embedShards` */
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

/**
 * @param remote is closed with the listing, or after an error
 * @throws DataError `SOURCE_CHANGED`; as `openListing`
 */
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
  const about = { where, name: plan.dataset, origin: listingOrigin(fullOrigin(plan)) };
  const opened = await openParquetImages(paths, { ...about, labels, imageColumn, ...options, open });
  if (opened !== null) return opened;
  throw new DataError(SOURCE_CHANGED, `${paths[0]}: holds no images now`);
}

/**
 * The files that hold some of the images, and the first of all, whose columns are those of the table.
 * @returns with the number of the first image, counted in these files
 */
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
