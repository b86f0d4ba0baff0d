/** How many images a batch has. */
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
