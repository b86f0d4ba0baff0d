/** Images of a listing: each is read and made ready for the model, several at once, in order; threads do the work. */
import { basename } from 'node:path';
import {
  type CarriedColumn,
  type CarriedValue,
  DataError,
  DEFAULT_IMAGE_URL_TEMPLATE,
  entryPlace,
  type FilesSource,
  type ImageEntry,
  type ImageListing,
  imageHeader,
  imageSourceTo,
  labelName,
  MAX_INPUTS,
  openListing,
} from '../../data/index.js';
import type { Embedder, ImageBatch } from '../../engine/index.js';
import { orderedMap } from '../../engine/running/index.js';
import type { CodedError } from '../../errors/index.js';
import { fairBatchSize } from './array-input.js';
import type { EmbedInput, PreparedBatch } from './embed-input.js';
import type { EmbedImagesOptions } from './embed-options.js';
import { type ImageFacts, imageFacts } from './image-facts.js';
import { Ready } from './ready.js';
import { DEFAULT_MAX_REJECTED, isRejection, Rejections } from './rejections.js';
import { remoteFiles } from './remote-files.js';
import { Room } from './room.js';
import { tellStage } from './stages.js';

/** Images under way for each thread of the engine, and some more: while one is decoded, others are read. */
const UNDER_WAY_A_THREAD = 2;
const UNDER_WAY = 8;
/** Bytes of decoded images at once. A larger image is decoded alone. */
const DECODED_BYTES = 2 ** 28;

/**
 * @param out where the events go: the list of rejected images lies beside them
 * @throws as `openListing`; DataError `IMAGES_CHANNELS`, `BAD_OPTION`
 */
export async function openListingInput(
  embedder: Embedder,
  inputs: readonly string[],
  out: string,
  options: EmbedImagesOptions,
): Promise<EmbedInput> {
  const { classes, preprocessing } = embedder.config;
  if (preprocessing.mean.length > 3) {
    throw new DataError('IMAGES_CHANNELS', `${inputs[0]}: image files have 3 channels, the network takes 4`, {
      hint: 'Save the images as an array of all channels, [N, height, width, 4].',
    });
  }
  const { labels, stdin, imageColumn } = options;
  const remote = remoteFiles();
  const opened = await openListing(inputs, { labels, classes, stdin, imageColumn, remote });
  const listing = { ...opened, close: () => opened.close().finally(() => remote.close()) };
  try {
    for (const notice of listing.notices) options.onNotice?.(notice);
    const asked = { ...options, orientation: options.orientation ?? preprocessing.orientation };
    const facts = imageFacts(listing, asked);
    const most = options.maxRejected ?? DEFAULT_MAX_REJECTED;
    const rejections = await Rejections.open(out, listing.where, listing.count, most);
    return listingInput(embedder, listing, rejections, facts, asked);
  } catch (error) {
    await listing.close();
    throw error;
  }
}

function listingInput(
  embedder: Embedder,
  listing: ImageListing,
  rejections: Rejections,
  facts: ImageFacts,
  options: EmbedImagesOptions,
): EmbedInput {
  const ready = new Ready(embedder, listing, options);
  return {
    count: listing.count,
    dataset: options.redactPaths ? basename(listing.name) : listing.name,
    imageUrl: options.redactPaths ? DEFAULT_IMAGE_URL_TEMPLATE : '{key}',
    hasLabels: listing.labels !== null,
    hasTimestamps: facts.hasTimestamps,
    columns: facts.columns,
    source: (eventsPath) => filesSource(listing, eventsPath, options),
    async *batches() {
      yield* batched(
        embedder,
        listing.count,
        facts.columns,
        preparedImages(embedder, listing, rejections, facts, ready),
      );
      await rejections.commit();
      for (const notice of facts.notices()) options.onNotice?.(notice);
    },
    rejected: () => rejections.count,
    async close() {
      await rejections.discard();
      await ready.close();
      await listing.close();
    },
  };
}

function filesSource(
  { origin }: ImageListing,
  eventsPath: string,
  { transform, redactPaths, corruption, orientation, background, allowTruncated, maxPixels }: EmbedImagesOptions,
): FilesSource | null {
  if (origin === null || transform || redactPaths || corruption) return null;
  const [red, green, blue] = background ?? [];
  const decoding: FilesSource['decoding'] = {
    ...(orientation && { orientation }),
    ...(red !== undefined && { background: [red, green!, blue!] }),
    ...(allowTruncated && { allowTruncated }),
    ...(maxPixels !== undefined && { maxPixels }),
  };
  if ('folder' in origin) return { files: { folder: imageSourceTo(origin.folder, eventsPath) || '.' }, decoding };
  if (origin.inputs.length > MAX_INPUTS) return null;
  return { files: { inputs: origin.inputs.map((input) => imageSourceTo(input, eventsPath)) }, decoding };
}

/** One image as the events have it. */
interface PreparedImage extends ImageBatch {
  entry: ImageEntry;
  target: string | null;
  timestamp: number | null;
  statistics: ReadonlyMap<string, number>;
  /** A value for each of the input's columns. */
  carried: readonly CarriedValue[];
  seen: number;
}

/** All images that can be used, in order. The others go to the rejections. */
async function* preparedImages(
  embedder: Embedder,
  listing: ImageListing,
  rejections: Rejections,
  facts: ImageFacts,
  ready: Ready,
): AsyncGenerator<PreparedImage, void, undefined> {
  const room = new Room(DECODED_BYTES);
  const window = UNDER_WAY + UNDER_WAY_A_THREAD * embedder.threads;
  const outcomes = orderedMap(numbered(listing.entries()), window, async ([entry, row]) => {
    const target = labelName(entry.label, embedder.config.classes, entryPlace(listing, entry));
    try {
      return { ...(await prepareEntry(listing, entry, row, room, facts, ready)), target };
    } catch (error) {
      if (isRejection(error)) return { entry, error };
      throw error;
    }
  });
  for await (const outcome of outcomes) {
    if ('error' in outcome) await rejections.add(outcome.entry.key, outcome.error as CodedError);
    else yield outcome;
  }
}

async function* numbered(
  entries: AsyncIterable<ImageEntry> | Iterable<ImageEntry>,
): AsyncGenerator<[ImageEntry, number], void, undefined> {
  let row = 0;
  for await (const entry of entries) yield [entry, row++];
}

async function prepareEntry(
  listing: ImageListing,
  entry: ImageEntry,
  row: number,
  room: Room,
  facts: ImageFacts,
  ready: Ready,
): Promise<Omit<PreparedImage, 'target'>> {
  const where = entryPlace(listing, entry);
  const bytes = await read(entry);
  const header = imageHeader(bytes, where);
  const leave = await room.enter(3 * header.width * header.height);
  try {
    const start = performance.now();
    const { pixels, statistics, ...image } = await ready.image(entry, bytes, where, row);
    tellStage('prepare', start, 1);
    return { rows: 1, ...pixels, entry, ...(await facts.of({ entry, bytes, ...image })), statistics, seen: row + 1 };
  } finally {
    leave();
  }
}

async function read(entry: ImageEntry): Promise<Uint8Array> {
  const start = performance.now();
  const bytes = await entry.read();
  tellStage('read', start, 1);
  return bytes;
}

/** Images of one size that follow each other, as batches. */
async function* batched(
  embedder: Embedder,
  count: number,
  columns: readonly CarriedColumn[],
  images: AsyncIterable<PreparedImage>,
): AsyncGenerator<PreparedBatch, void, undefined> {
  let gathered: PreparedImage[] = [];
  for await (const image of images) {
    const [first] = gathered;
    if (first !== undefined && (first.height !== image.height || first.width !== image.width)) {
      yield toBatch(gathered, columns);
      gathered = [];
    }
    gathered.push(image);
    if (gathered.length < fairBatchSize(embedder, count, image.height, image.width)) continue;
    yield toBatch(gathered, columns);
    gathered = [];
  }
  if (gathered.length > 0) yield toBatch(gathered, columns);
}

function toBatch(images: readonly PreparedImage[], columns: readonly CarriedColumn[]): PreparedBatch {
  const [first] = images as [PreparedImage, ...PreparedImage[]];
  const { height, width, statistics } = first;
  const length = first.data.length;
  const data = new Uint8Array(images.length * length);
  for (const [i, image] of images.entries()) data.set(image.data, i * length);
  return {
    rows: images.length,
    height,
    width,
    data,
    keys: images.map(({ entry }) => entry.key),
    targets: images.map(({ target }) => target),
    timestamps: images.map(({ timestamp }) => timestamp),
    statistics: new Map(
      [...statistics.keys()].map((name) => [name, Float32Array.from(images, (one) => one.statistics.get(name)!)]),
    ),
    carried: new Map(columns.map(({ name }, column) => [name, images.map((one) => one.carried[column] ?? null)])),
    seen: images.at(-1)!.seen,
  };
}
