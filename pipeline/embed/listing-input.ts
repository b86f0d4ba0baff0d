/** Images of a listing: each is read and made ready for the model, several at once, in order; threads do the work. */
import { basename, sha256 } from '#platform';
import { publicUrl } from '../../base/index.js';
import {
  askDepthOf,
  DataError,
  type DepthRange,
  entryPlace,
  type FilesSource,
  type ImageEntry,
  type ImageListing,
  imageSourceTo,
  type ListingOptions,
  labelName,
  MAX_INPUTS,
  openListing,
} from '../../data/index.js';
import type { Embedder, ImageBatch } from '../../engine/index.js';
import { orderedMap } from '../../files/index.js';
import type { EmbedImagesOptions } from '../options/index.js';
import { type EmbedInput, refuseOptionsOfArrays } from './embed-input.js';
import { type ImageFacts, imageFacts } from './image-facts.js';
import type { RunIdentity } from './parts/parts-folder.js';
import type { StampedImage } from './parts/saved-run.js';
import {
  batched,
  fairBatchSize,
  imagesAhead,
  type Outcome,
  Preparing,
  SpareBuffers,
  tellStage,
  whenFull,
} from './queue.js';
import { DEFAULT_MAX_REJECTED, isRejection, type MaxRejected, Rejections } from './rejections.js';
import { closing, remoteFiles } from './remote-files.js';

const STAMPS_UNDER_WAY = 32;

export async function openListingInput(
  embedder: Embedder,
  inputs: readonly string[],
  out: string,
  options: EmbedImagesOptions,
): Promise<EmbedInput> {
  const listing = await openSourceListing(embedder, inputs, options);
  for (const notice of listing.notices) options.onNotice?.(notice);
  return inputOfListing(embedder, listing, out, options.maxRejected ?? DEFAULT_MAX_REJECTED, options);
}

/** @throws as `openListing`; DataError `BAD_OPTION`, `IMAGES_CHANNELS`, `IMAGE_DEPTH` */
export async function openSourceListing(
  { config: { classes, preprocessing } }: Pick<Embedder, 'config'>,
  inputs: readonly string[],
  options: EmbedImagesOptions,
  { namesOnDisk }: Pick<ListingOptions, 'namesOnDisk'> = {},
): Promise<ImageListing> {
  if (preprocessing.mean.length > 3) {
    const hint = 'Save the images as an array of all channels, [N, height, width, 4].';
    throw new DataError('IMAGES_CHANNELS', `${inputs[0]}: image files have 3 channels, the network takes 4`, { hint });
  }
  refuseOptionsOfArrays(publicUrl(inputs[0] ?? ''), options);
  const { labels, stdin, imageColumn, depth } = options;
  const remote = remoteFiles(options);
  const asked = { labels, classes, stdin, imageColumn, remote, namesOnDisk };
  const opened = await closing(remote, openListing(inputs, asked));
  const listing = { ...opened, close: () => opened.close().finally(() => remote.close()) };
  await closing(listing, askDepthOf(listing, { depth, range: preprocessing.range }));
  return listing;
}

/**
 * @param listing is closed with the input, or after an error @throws DataError `BAD_OPTION`; FileError
 * @param most how many images may be rejected; null if that is judged elsewhere
 */
export async function inputOfListing(
  embedder: Embedder,
  listing: ImageListing,
  out: string,
  most: MaxRejected | null,
  options: EmbedImagesOptions,
): Promise<EmbedInput> {
  try {
    const asked = { ...options, orientation: options.orientation ?? embedder.config.preprocessing.orientation };
    const facts = imageFacts(listing, asked);
    const rejections = await Rejections.open(out, listing.where, listing.count, most);
    const preparing = new Preparing(embedder, { files: listing.count }, asked);
    return listingInput({ embedder, listing, rejections, facts, options: asked, preparing });
  } catch (error) {
    await listing.close();
    throw error;
  }
}

/** All that it takes to read the images of a listing. */
interface Reading {
  embedder: Embedder;
  listing: ImageListing;
  rejections: Rejections;
  facts: ImageFacts;
  options: EmbedImagesOptions;
  preparing: Preparing;
}

function listingInput(reading: Reading): EmbedInput {
  const { embedder, listing, rejections, facts, options, preparing } = reading;
  const spare = new SpareBuffers();
  return {
    count: listing.count,
    dataset: options.redactPaths ? basename(listing.name) : listing.name,
    imageUrl: '{key}',
    hasLabels: listing.labels !== null,
    hasTimestamps: facts.hasTimestamps,
    columns: facts.columns,
    source: (eventsPath) => filesSource(listing, eventsPath, options, embedder.config.preprocessing.range),
    identity: () => listIdentity(listing),
    stamps: () => stampsNow(listing),
    async *batches(first) {
      const reuse = (pixels: ImageBatch) => preparing.reuse(pixels);
      yield* batched(embedder, listing.count, facts.columns, outcomes(reading, first), spare, reuse);
      await rejections.judge();
      for (const notice of facts.notices(embedder.config.preprocessing.range)) options.onNotice?.(notice);
    },
    reuse: ({ data }) => spare.give(data),
    async restore(batch) {
      for (const image of batch.rejected) await rejections.add(image);
      facts.restore(batch);
    },
    rejected: () => rejections.count,
    commit: () => rejections.commit(),
    async close() {
      await rejections.discard();
      await preparing.close();
      await listing.close();
    },
  };
}

export function filesSource(
  { origin }: Pick<ImageListing, 'origin'>,
  eventsPath: string,
  { transform, redactPaths, corruption, orientation, background, allowTruncated, depth, maxPixels }: EmbedImagesOptions,
  range: DepthRange | undefined,
): FilesSource | null {
  if (origin === null || transform || redactPaths || corruption) return null;
  const [red, green, blue] = background ?? [];
  const decoding: FilesSource['decoding'] = {
    ...(orientation && { orientation }),
    ...(red !== undefined && { background: [red, green!, blue!] }),
    ...(allowTruncated && { allowTruncated }),
    ...(depth && { depth }),
    ...(maxPixels !== undefined && { maxPixels }),
    ...(range && { range: [...range] }),
  };
  if ('folder' in origin) return { files: { folder: imageSourceTo(origin.folder, eventsPath) || '.' }, decoding };
  if (origin.inputs.length > MAX_INPUTS) return null;
  return { files: { inputs: origin.inputs.map((input) => imageSourceTo(input, eventsPath)) }, decoding };
}

async function* outcomes(reading: Reading, first: number): AsyncIterable<Outcome> {
  const { embedder, listing, rejections, preparing, options } = reading;
  const ahead = () => imagesAhead(embedder, preparing.largestRead);
  const given = whenFull(listing.count - first, ahead, () => warmUp(embedder, listing.count));
  const looked = orderedMap(numbered(listing.entries(first), first), ahead, async ([entry, row]): Promise<Outcome> => {
    const { classes, multiLabel } = embedder.config;
    const target = multiLabel === undefined ? labelName(entry.label, classes, entryPlace(listing, entry)) : null;
    // Before it is read: what changes meanwhile is then another image to whoever compares the stamps.
    const stamp = options.saveEvery === 0 ? null : await entry.stamp();
    given();
    try {
      return { row, entry, stamp, target, ...(await prepareEntry(reading, entry, row)) };
    } catch (error) {
      if (!isRejection(error)) throw error;
      const { code, message, hint } = error;
      return { row, entry, stamp, rejected: { key: entry.key, code, message, hint } };
    }
  });
  for await (const outcome of looked) {
    if ('rejected' in outcome) await rejections.add(outcome.rejected);
    yield outcome;
  }
}

/** While other threads decode the first images, this one arranges the weights. */
function warmUp(embedder: Embedder, count: number): void {
  const { size } = embedder.config.preprocessing;
  if (size === null) return;
  const [height, width] = size;
  try {
    void embedder.warmUp(fairBatchSize(embedder, count, height, width), height, width);
  } catch {
    // The first batch meets the same error, and names its images.
  }
}

async function* numbered(entries: AsyncIterable<ImageEntry> | Iterable<ImageEntry>, first: number) {
  let row = first;
  for await (const entry of entries) yield [entry, row++] as const;
}

async function prepareEntry({ listing, facts, preparing }: Reading, entry: ImageEntry, row: number) {
  const start = performance.now();
  const { pixels, statistics, ...image } = await preparing.image(entry, entryPlace(listing, entry), row);
  tellStage('prepare', start, 1);
  const said = await facts.of({ entry, ...image });
  const { kept, cutOff, orientation } = image;
  return { rows: 1, ...pixels, ...said, statistics, isTurned: orientation !== 1, kept, cutOff };
}

async function* stampsNow(listing: ImageListing): AsyncIterable<StampedImage> {
  const stampOf = async (entry: ImageEntry) => ({ key: entry.key, stamp: await entry.stamp() });
  yield* orderedMap(listing.entries(), STAMPS_UNDER_WAY, stampOf);
}

async function listIdentity(listing: ImageListing): Promise<RunIdentity> {
  const hash = sha256().update(JSON.stringify(listing.columns));
  const text = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);
  for await (const { key, label, values } of listing.entries()) {
    hash.update(`${JSON.stringify([key, label, values], text)}\n`);
  }
  return { images: String(listing.count), 'list of images': hash.digest('hex') };
}
