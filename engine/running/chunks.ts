/** Cuts a stream of batches into parts that an engine computes at once. */
import type { ModelConfig } from '../../weights/index.js';
import type { ImageBatch } from '../contract/backend.js';
import { rowsOf } from '../contract/batch-parts.js';
import { checkBatch } from '../contract/check-batch.js';

/** Part of an input batch. */
export interface Chunk<T extends ImageBatch> {
  input: T;
  images: ImageBatch;
  /** Number of its first image in the stream. */
  first: number;
  isLast: boolean;
}

/**
 * A batch without images is one chunk, without any.
 *
 * @param first number of the first image
 * @param batchSize images of a size that are computed at once. It is asked for each batch: another engine may have taken over
 * @throws EngineError `BAD_BATCH`, `IMAGE_SIZE`, `IMAGE_TOO_SMALL`, `BATCH_TOO_LARGE`
 */
export async function* chunksOf<T extends ImageBatch>(
  batches: Iterable<T> | AsyncIterable<T>,
  config: ModelConfig,
  first: number,
  batchSize: (height: number, width: number) => number,
): AsyncGenerator<Chunk<T>> {
  let next = first;
  for await (const input of batches) {
    checkBatch(input, config, next);
    const { rows, height, width } = input;
    const size = batchSize(height, width);
    for (let from = 0; from < rows || from === 0; from += size) {
      const to = Math.min(from + size, rows);
      yield { input, images: rowsOf(input, from, to), first: next + from, isLast: to === rows };
    }
    next += rows;
  }
}
