/** Gathers the images of a listing into batches: images of one size that follow each other. */
import { type CarriedColumn, type CarriedValue, IMAGE_STATISTICS, type ImageEntry } from '../../data/index.js';
import type { Embedder, ImageBatch } from '../../engine/index.js';
import type { PreparedBatch, RejectedImage } from './embed-input.js';
import { fairBatchSize, type SpareBuffers } from './queue.js';

/** One image of a listing that was looked at. */
interface LookedAt {
  /** Its number in the listing. */
  row: number;
  entry: ImageEntry;
  /** What it was in its source before it was read. */
  stamp: string | null;
}

/** One image as the events have it. */
export interface PreparedImage extends LookedAt, ImageBatch {
  target: string | null;
  timestamp: number | null;
  /** A value for each of `IMAGE_STATISTICS`, in their order, or empty. */
  statistics: Float32Array;
  /** A value for each of the input's columns. */
  carried: readonly CarriedValue[];
  isTurned: boolean;
  isClipped: boolean;
}

export interface RefusedImage extends LookedAt {
  rejected: RejectedImage;
}

export type Outcome = PreparedImage | RefusedImage;

/**
 * @param outcomes all images in order
 * @param count images of the whole listing
 * @param spare where the pixels of a batch go
 * @param reuse called with pixels that were copied into a batch
 */
export async function* batched(
  embedder: Embedder,
  count: number,
  columns: readonly CarriedColumn[],
  outcomes: AsyncIterable<Outcome>,
  spare: SpareBuffers,
  reuse: (pixels: ImageBatch) => void,
): AsyncGenerator<PreparedBatch, void, undefined> {
  const gathering = new Gathering(columns, spare, reuse);
  for await (const outcome of outcomes) {
    if ('rejected' in outcome) gathering.refuse(outcome);
    else {
      if (!gathering.takes(outcome)) yield gathering.batch();
      if (gathering.add(outcome) >= fairBatchSize(embedder, count, outcome.height, outcome.width)) {
        yield gathering.batch();
      }
    }
  }
  if (gathering.size > 0) yield gathering.batch();
}

/** The images of the next batch, and those that are rejected among and behind them. */
class Gathering {
  #images: PreparedImage[] = [];
  #refused: RefusedImage[] = [];
  /** Stamps of all images since the last batch, and the number of the first of them. */
  #stamps: (string | null)[] = [];
  #from = 0;
  readonly #columns: readonly CarriedColumn[];
  readonly #spare: SpareBuffers;
  readonly #reuse: (pixels: ImageBatch) => void;

  constructor(columns: readonly CarriedColumn[], spare: SpareBuffers, reuse: (pixels: ImageBatch) => void) {
    this.#columns = columns;
    this.#spare = spare;
    this.#reuse = reuse;
  }

  get size(): number {
    return this.#images.length;
  }

  /** Whether the image has the size of the others. */
  takes({ height, width }: PreparedImage): boolean {
    const [first] = this.#images;
    return first === undefined || (first.height === height && first.width === width);
  }

  refuse(image: RefusedImage): void {
    this.#note(image);
    this.#refused.push(image);
  }

  add(image: PreparedImage): number {
    this.#note(image);
    return this.#images.push(image);
  }

  batch(): PreparedBatch {
    const images = this.#images;
    const seen = images.at(-1)!.row + 1;
    const stamps = this.#stamps.splice(0, seen - this.#from);
    const rejected = this.#refused.filter(({ row }) => row < seen).map((image) => image.rejected);
    this.#refused = this.#refused.filter(({ row }) => row >= seen);
    this.#images = [];
    this.#from = seen;
    const data = this.#spare.take(images.length * images[0]!.data.length);
    const batch = toBatch(images, data, this.#columns);
    for (const image of images) this.#reuse(image);
    return { ...batch, seen, stamps, rejected };
  }

  #note({ row, stamp }: LookedAt): void {
    if (this.#stamps.length === 0) this.#from = row;
    this.#stamps.push(stamp);
  }
}

function toBatch(
  images: readonly PreparedImage[],
  data: Uint8Array,
  columns: readonly CarriedColumn[],
): Omit<PreparedBatch, 'seen' | 'stamps' | 'rejected'> {
  const [first] = images as [PreparedImage, ...PreparedImage[]];
  const { height, width, statistics } = first;
  const length = first.data.length;
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
      IMAGE_STATISTICS.slice(0, statistics.length).map((name, i) => [
        name,
        Float32Array.from(images, (one) => one.statistics[i]!),
      ]),
    ),
    carried: new Map(columns.map(({ name }, column) => [name, images.map((one) => one.carried[column] ?? null)])),
    turned: images.filter(({ isTurned }) => isTurned).length,
    clipped: images.filter(({ isClipped }) => isClipped).length,
  };
}
