/** The queue before the engine: images are made ready on threads or here, some ahead, and joined to batches. */

import { cores, tellingOn, threadsHaveFiles } from '#platform';
import {
  areReady,
  type CarriedColumn,
  type CarriedValue,
  type ImageEntry,
  ImagePool,
  type ImageRows,
  type LabelledBatch,
  type PixelBatch,
  type ReadyImage,
  type ReadyRows,
  type ReadySettings,
  readyImage,
  readyRows,
  statisticNames,
} from '../../data/index.js';
import type { Embedder, ImageBatch } from '../../engine/index.js';
import type { EmbedImagesOptions } from '../options/index.js';
import { DepthTally } from './depth-notices.js';
import type { PreparedBatch, RejectedImage } from './embed-input.js';

/** So few files, or pixels of an array, are ready before threads for them have started. */
const FEW_FILES = 48;
const FEW_PIXELS = 2 ** 20;

/** Makes images ready for the model: on threads, or here where that is sooner or the only way. */
export class Preparing {
  readonly #settings: ReadySettings;
  readonly #transform: EmbedImagesOptions['transform'];
  /** Null where all is done in the calling thread. */
  readonly #pool: ImagePool | null;
  readonly #spare = new SpareBuffers();
  /** Whether the engine takes the rows of the array as they are. */
  #areReady = false;
  /** Bytes of the largest file that this thread has read; threads of the pool read those that have a path. */
  largestRead = 0;
  /** The image before, where they are made ready here: only one of them is decoded at a time. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param images how many files there are, or the pixels of an array */
  constructor(
    { config }: Pick<Embedder, 'config'>,
    images: { files: number } | { pixels: number },
    options: EmbedImagesOptions,
  ) {
    const { maxPixels, orientation, background, allowTruncated, depth } = options;
    const { corruption, statistics = true, transform } = options;
    const rule = config.preprocessing;
    const channels = rule.mean.length;
    const decoding = { maxPixels, orientation, background, allowTruncated, depth };
    const { range } = rule;
    this.#settings = { ...decoding, range, corruption, statistics, rule, channels, facts: true };
    this.#transform = transform;
    // A thread cannot be sent a function.
    const isFew = 'files' in images ? images.files < FEW_FILES : images.pixels < FEW_PIXELS;
    // Pixels of an array are already decoded, which is most of the work, and each thread compiles the rest for itself.
    const threads = 'files' in images ? cores() : Math.ceil(cores() / 2);
    this.#pool = isFew || transform !== undefined ? null : new ImagePool({ ...this.#settings, threads });
  }

  async image(entry: ImageEntry, where: string, row: number): Promise<ReadyImage> {
    const bytes = (threadsHaveFiles ? entry.path : undefined) ?? (await this.#read(entry));
    const file = { bytes, where, row };
    if (this.#pool !== null) return this.#pool.ready(file);
    const transform = this.#transform;
    const change = transform && ((batch: PixelBatch) => transform({ ...batch, firstRow: row, labels: [entry.label] }));
    const image = this.#last.then(() => readyImage(file, this.#settings, change));
    this.#last = image.catch(() => {});
    return image;
  }

  /** Pixels come at once where nothing changes them: the engine need not wait until they are measured. */
  async rows(batch: LabelledBatch, where: string): Promise<{ pixels: ImageBatch; ready: Promise<ReadyRows> }> {
    const { labels, firstRow, ...pixels } = batch;
    const rows: ImageRows = { ...pixels, firstRow, where };
    const pool = this.#pool;
    if (pool === null) {
      const transform = this.#transform;
      const change = transform && ((seen: PixelBatch) => transform({ ...seen, firstRow, labels }));
      const made = readyRows(rows, this.#settings, change);
      return { pixels: made, ready: Promise.resolve(made) };
    }
    this.#areReady = areReady(rows, this.#settings);
    const ready = pool.readyRows(rows);
    if (this.#areReady)
      return {
        pixels: batch,
        ready: ready.then((copy) => {
          pool.reuse(copy);
          return copy;
        }),
      };
    const made = await ready;
    this.#spare.give(batch.data);
    return { pixels: made, ready };
  }

  /** Where images of an array may be read to before they are given to `rows`. */
  room(bytes: number): Uint8Array {
    return this.#spare.take(bytes);
  }

  async #read(entry: ImageEntry): Promise<Uint8Array> {
    const bytes = await entry.read();
    this.largestRead = Math.max(this.largestRead, bytes.length);
    return bytes;
  }

  /** Gives back pixels that are not needed any more, which may then be overwritten. */
  reuse(pixels: { data: Uint8Array }): void {
    if (this.#areReady) this.#spare.give(pixels.data);
    else this.#pool?.reuse(pixels);
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }
}

/** Fewest images for a thread where images are small; starting one takes as long as embedding about as many. */
const LEAST_A_THREAD = 16;
/** Or this share of a batch: batches of large images, which take long, are of few. */
const LEAST_OF_A_BATCH = 1 / 3;

/**
 * The embedder's batch size for `count` images, or less: all threads get as many batches, of one size, so that the last
 * one does not keep a single thread busy. @param height as prepared, as is `width` @throws EngineError
 */
export function fairBatchSize(embedder: Embedder, count: number, height: number, width: number): number {
  const most = embedder.batchSize(height, width);
  const threads = Math.max(1, embedder.threads);
  const least = Math.min(LEAST_A_THREAD, Math.ceil(most * LEAST_OF_A_BATCH));
  const share = Math.max(least, Math.ceil(count / threads));
  return threads === 1 ? Math.min(most, share) : Math.ceil(share / Math.ceil(share / most));
}

/** Batches of the engine that a thread gets at least, before some are handled together. */
const MANY_BATCHES = 32;
/** Handled together, they have so many bytes at most. */
const BYTES_TOGETHER = 2 ** 20;

/**
 * The images of an array that are read, measured and written at a time: those of several batches of the engine where
 * images are small and many, because each time has a price of its own.
 * @param read size of the images in the array @param prepared `[height, width]` that the engine takes @throws EngineError
 */
export function imagesAtATime(
  embedder: Embedder,
  count: number,
  read: { height: number; width: number },
  prepared: readonly [number, number],
): number {
  const most = embedder.batchSize(...prepared);
  const pixels = Math.max(read.height * read.width, prepared[0] * prepared[1]);
  const together = Math.floor(BYTES_TOGETHER / (3 * pixels * most));
  const isMany = count >= MANY_BATCHES * Math.max(1, embedder.threads) * together * most;
  return together > 1 && isMany ? together * most : fairBatchSize(embedder, count, ...prepared);
}

/** Images of a listing for each thread of the engine, and some more: while one is decoded, others are read. */
const USUAL_A_THREAD = 2;
const USUAL = 8;
/** More where they are small, so many or so many bytes: the engine takes a while to start. */
const MOST = 64;
const BYTES = 2 ** 26;
/** Batches of an array: while one is prepared, the next is ready and another is being read. */
const BATCHES = 3;

/** Images of a listing to decode ahead of the engine. @param largestFile bytes, of those this thread has read */
export function imagesAhead({ config, threads }: Embedder, largestFile: number): number {
  const { size, mean } = config.preprocessing;
  const usual = USUAL + USUAL_A_THREAD * threads;
  // Images that keep sizes of their own may be of any.
  if (size === null) return usual;
  const pixels = size[0] * size[1] * mean.length;
  return Math.max(usual, Math.min(MOST, Math.floor(BYTES / (pixels + largestFile))));
}

/** Calls `full` once: at as many images as may be ahead, or all there are. @returns to be called with each image */
export function whenFull(images: number, ahead: () => number, full: () => void): () => void {
  let [given, isFull] = [0, false];
  return () => {
    given++;
    if (isFull || given < Math.min(ahead(), images)) return;
    isFull = true;
    full();
  };
}

/** Batches of an array that are prepared ahead of the engine. @param bytes of a batch */
export function batchesAhead({ threads }: Embedder, bytes: number): number {
  return Math.max(BATCHES, Math.min(BATCHES + threads, Math.floor(BYTES / bytes)));
}

/** Buffers for the next batches: the garbage collector looks at everything that lives before it frees one. */
export class SpareBuffers {
  #spare: Uint8Array[] = [];

  /** What is in it is not defined. */
  take(bytes: number): Uint8Array {
    const found = this.#spare.pop();
    return found?.byteLength === bytes ? found : new Uint8Array(bytes);
  }

  give(buffer: Uint8Array): void {
    if (this.#spare.length < MOST_SPARE) this.#spare.push(buffer);
  }
}

/** More are never under way. */
const MOST_SPARE = 16;

const CHANNEL = tellingOn('image-drift:stage');

export interface StageSpan {
  stage: 'read' | 'prepare' | 'write';
  /** `performance.now()`, ms. */
  start: number;
  end: number;
  images: number;
}

/**
 * Reports when each stage of `embedImages` ran, on the channel `image-drift:stage` (`node:diagnostics_channel`); free
 * without listeners. The engine reports computing itself, on `image-drift:compute`: only it knows which thread did it.
 */
export function tellStage(stage: StageSpan['stage'], start: number, images: number): void {
  if (!CHANNEL.hasSubscribers) return;
  CHANNEL.publish({ stage, start, end: performance.now(), images } satisfies StageSpan);
}

interface LookedAt {
  row: number;
  entry: ImageEntry;
  /** What it was in its source before it was read. */
  stamp: string | null;
}

export interface PreparedImage extends LookedAt, ImageBatch {
  target: string | null;
  timestamp: number | null;
  /** A value for each of `statisticNames`, in their order, or empty. */
  statistics: Float32Array;
  carried: readonly CarriedValue[];
  isTurned: boolean;
  kept: ReadyImage['kept'];
  cutOff: ReadyImage['cutOff'];
}

export interface RefusedImage extends LookedAt {
  rejected: RejectedImage;
}

export type Outcome = PreparedImage | RefusedImage;

/**
 * @param outcomes all images in order @param count images of the whole listing
 * @param spare where the pixels of a batch go @param reuse called with pixels that were copied into a batch
 */
export async function* batched(
  embedder: Embedder,
  count: number,
  columns: readonly CarriedColumn[],
  outcomes: AsyncIterable<Outcome>,
  spare: SpareBuffers,
  reuse: (pixels: ImageBatch) => void,
): AsyncIterable<PreparedBatch> {
  let [images, refused]: [PreparedImage[], RefusedImage[]] = [[], []];
  // Stamps of all images since the last batch, and the number of the first of them.
  const stamps: (string | null)[] = [];
  let from = 0;
  const batch = (): PreparedBatch => {
    const seen = images.at(-1)!.row + 1;
    const data = spare.take(images.length * images[0]!.data.length);
    const rejected = refused.filter(({ row }) => row < seen).map((image) => image.rejected);
    const pixels = pixelsOf(images, data);
    const facts = Promise.resolve({ ...factsOf(embedder, images, columns), seen, rejected });
    const made = { ...pixels, facts, stamps: stamps.splice(0, seen - from) };
    for (const image of images) reuse(image);
    [images, refused, from] = [[], refused.filter(({ row }) => row >= seen), seen];
    return made;
  };
  for await (const outcome of outcomes) {
    if (stamps.length === 0) from = outcome.row;
    stamps.push(outcome.stamp);
    if ('rejected' in outcome) {
      refused.push(outcome);
      continue;
    }
    const { height, width } = outcome;
    const [first = outcome] = images;
    if (first.height !== height || first.width !== width) yield batch();
    if (images.push(outcome) >= fairBatchSize(embedder, count, height, width)) yield batch();
  }
  if (images.length > 0) yield batch();
}

function pixelsOf(images: readonly PreparedImage[], data: Uint8Array): ImageBatch {
  const { height, width, data: first } = images[0]!;
  for (const [i, image] of images.entries()) data.set(image.data, i * first.length);
  return { rows: images.length, height, width, data };
}

function factsOf({ config }: Embedder, images: readonly PreparedImage[], columns: readonly CarriedColumn[]) {
  const names = statisticNames(config.preprocessing.range).slice(0, images[0]!.statistics.length);
  const depth = new DepthTally();
  for (const image of images) depth.add(image.entry.key, image);
  return {
    keys: images.map(({ entry }) => entry.key),
    targets: images.map(({ target }) => target),
    timestamps: images.map(({ timestamp }) => timestamp),
    statistics: new Map(names.map((name, i) => [name, Float32Array.from(images, (one) => one.statistics[i]!)])),
    carried: new Map(columns.map(({ name }, column) => [name, images.map((one) => one.carried[column] ?? null)])),
    turned: images.filter(({ isTurned }) => isTurned).length,
    depth: depth.facts,
  };
}
