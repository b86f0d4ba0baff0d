/** The queue before the engine: how many images a batch has, how many are ready ahead, and when each stage of it ran. */

import { channel } from 'node:diagnostics_channel';
import type { Embedder } from '../../engine/index.js';

/** Fewest images for a thread where images are small; starting one takes as long as embedding about as many. */
const LEAST_A_THREAD = 16;
/** Or this share of a batch: batches of large images, which take long, are of few. */
const LEAST_OF_A_BATCH = 1 / 3;

/**
 * The embedder's batch size for `count` images, or less: all threads get as many batches, of one size, so that the last one does not
 * keep a single thread busy.
 *
 * @param height of the images as they are prepared, as is `width`
 * @throws EngineError as `Embedder.batchSize`
 */
export function fairBatchSize(embedder: Embedder, count: number, height: number, width: number): number {
  const most = embedder.batchSize(height, width);
  const threads = Math.max(1, embedder.threads);
  const least = Math.min(LEAST_A_THREAD, Math.ceil(most * LEAST_OF_A_BATCH));
  const share = Math.max(least, Math.ceil(count / threads));
  return threads === 1 ? Math.min(most, share) : Math.ceil(share / Math.ceil(share / most));
}

/** Images of a listing for each thread of the engine, and some more: while one is decoded, others are read. */
const USUAL_A_THREAD = 2;
const USUAL = 8;
/** More where they are small, so many or so many bytes: the engine takes a while to start. */
const MOST = 64;
const BYTES = 2 ** 26;
/** Batches of an array: while one is prepared, the next is ready and another is being read. */
const BATCHES = 3;

/**
 * Images of a listing that are read and decoded ahead of the engine.
 *
 * @param largestFile bytes of the largest file that the calling thread has read
 */
export function imagesAhead({ config, threads }: Embedder, largestFile: number): number {
  const { size, mean } = config.preprocessing;
  const usual = USUAL + USUAL_A_THREAD * threads;
  // Images that keep sizes of their own may be of any.
  if (size === null) return usual;
  const pixels = size[0] * size[1] * mean.length;
  return Math.max(usual, Math.min(MOST, Math.floor(BYTES / (pixels + largestFile))));
}

/** Calls `full` once: when as many images were given as may be ahead, or all that there are. @returns to be called with each image */
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

/**
 * Buffers of batches that are done, for the next ones. A new buffer for each batch would be left to the garbage collector, which
 * looks at everything that lives before it frees one.
 */
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

const CHANNEL = channel('image-drift:stage');

export interface StageSpan {
  stage: 'read' | 'prepare' | 'write';
  /** `performance.now()`, ms. */
  start: number;
  end: number;
  images: number;
}

/**
 * Reports when each stage of `embedImages` ran, on the diagnostics channel `image-drift:stage`
 * (`node:diagnostics_channel`). Without listeners it costs nothing.
 *
 * The engine reports computing itself, on `image-drift:compute`, because only it knows which thread did it.
 */
export function tellStage(stage: StageSpan['stage'], start: number, images: number): void {
  if (!CHANNEL.hasSubscribers) return;
  CHANNEL.publish({ stage, start, end: performance.now(), images } satisfies StageSpan);
}
